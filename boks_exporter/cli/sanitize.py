"""Text from hosts made harmless for a terminal."""

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def harmless(text: str) -> str:
    """Replace what could move a cursor, change colours, turn the line around or begin a new one."""
    return _CONTROL.sub(" ", text)
