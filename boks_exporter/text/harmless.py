"""Removal of control characters from text that is shown on a terminal or a page."""

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def harmless(text: str) -> str:
    """Replace control characters, line breaks, invisible characters and those that change the text's direction."""
    return _CONTROL.sub(" ", text)
