"""Which words are numbers: ASCII digits, no sign, up to 2**64."""

from typing import Final

LARGEST: Final = 2**64
"""BoKS's own width is unknown (U); nothing wider than 64 bits is believed."""

_DIGITS: Final = 20


def number(word: str) -> int | None:
    """Read a word as a number; None if it is none.

    `int` alone would also take `+5`, `1_000`, Arabic digits and, by raising, ten thousand digits.
    """
    if len(word) > _DIGITS or not (word.isdecimal() and word.isascii()):
        return None
    value = int(word)
    return value if value <= LARGEST else None
