"""Control and invisible characters, and their removal from text that is shown on a terminal or a page."""

import re
from typing import Final

UNSEEN: Final = (
    r"\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""DEL, C1, and the characters that change the direction or the visibility of text, for a class of a pattern."""
_CONTROL: Final = re.compile(rf"[\x00-\x1f\ud800-\udfff{UNSEEN}]+")


def harmless(text: str) -> str:
    """Replace control characters, line breaks, invisible characters and those that change the text's direction."""
    return _CONTROL.sub(" ", text)
