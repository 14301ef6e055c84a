"""Cleaning of text that a host sends: no control, format or bidirectional characters, and a limited length."""

import unicodedata
from typing import Final

MESSAGE_CHARACTERS: Final = 400
_REMOVED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of Unicode: C0 and C1 controls, bidirectional and other format characters, line separators."""


def cleaned(text: str, limit: int = MESSAGE_CHARACTERS) -> str:
    """Return one line of printable text; characters that a terminal acts on become `?`."""
    start = text[: limit + 1]
    line = "".join("?" if unicodedata.category(each) in _REMOVED and each not in "\t\n\r" else each for each in start)
    line = " ".join(line.split())
    return line if len(text) <= limit else f"{line[:limit]}…"
