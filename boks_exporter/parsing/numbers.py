"""Parser of numbers: ASCII digits, no sign, up to 2**64."""

from typing import Final

LARGEST: Final = 2**64
"""BoKS's own width is unknown (U); a number wider than 64 bits is rejected."""

_DIGITS: Final = 20


def number(word: str) -> int | None:
    """Parse a word as a number; None if it is not one.

    `int` would also accept `+5`, `1_000` and Arabic digits, and would raise for ten thousand digits.
    """
    if len(word) > _DIGITS or not (word.isdecimal() and word.isascii()):
        return None
    value = int(word)
    return value if value <= LARGEST else None
