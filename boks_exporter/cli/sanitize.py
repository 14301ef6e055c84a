"""Removal of control characters from text that is printed on a terminal."""

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def harmless(text: str) -> str:
    """Replace control characters, line breaks and characters that change the text's direction."""
    return _CONTROL.sub(" ", text)
