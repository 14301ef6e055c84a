"""Splitting of raw text into lines, and the errors where nothing in it could be parsed.

Lines end at LF alone. `str.splitlines` would also cut at form feeds and Unicode separators, which a host may print
within a line; a CR before the LF counts as a trailing blank.

A host may send half a million lines of rubbish in one reply, and parsing them would block the event loop. So of a flood
only the lines with the sign of a row are read, up to a number that no normal output reaches, and the first lines
whatever they are; the others are counted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count, islice
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import TableNumber, UnreadLine

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


_ESCAPES: Final = re.compile(
    r"""\x1b\[[0-?]*[ -/]*[@-~]              # CSI: colours, cursor
      | \x1b\][^\n\x07\x1b]*(?:\x07|\x1b\\)  # OSC: window titles; never across a line end, which would drop lines
      | \x1b[()*+][0-9A-Z]                   # character sets
      | \x1b[0-9=><@-Z\\^_a-z]?              # two-character sequences; a lone ESC
      | \x00""",
    re.VERBOSE,
)
_EXCERPT: Final = 60

MOST_READ: Final = 10_000
"""Lines of one output that are read; more are a flood. `T9999` is the last table that is read (K1456)."""

KEPT_RAW: Final = 1_000
"""Unread lines that are kept with their text; the others are counted."""


@dataclass(slots=True)
class Lines:
    """The lines to be read, each with its number; `skipped` stands for those of a flood that are not."""

    numbers: Sequence[int]
    texts: list[str]
    skipped: UnreadLine | None = None

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Iterate over the lines with their numbers."""
        return zip(self.numbers, self.texts, strict=True)


def lines_of(text: str, sign: re.Pattern[str]) -> Lines:
    """Split a text into lines, without terminal escapes and NULs, and with blanks for non-breaking ones.

    `sign` matches in every line that the parser could read; it must match in linear time.
    """
    if "\x1b" in text or "\x00" in text:
        text = _ESCAPES.sub("", text)
    if not text.isascii():
        text = text.replace("\xa0", " ")
    texts = text.split("\n")
    return Lines(range(1, len(texts) + 1), texts) if len(texts) <= MOST_READ else _of_flood(texts, sign)


def _of_flood(texts: list[str], sign: re.Pattern[str]) -> Lines:
    """Choose what to read: the first lines, and those with the sign."""
    filled = compress(count(), map(str.strip, texts))
    chosen = {*islice(filled, KEPT_RAW), *islice(compress(count(), map(sign.search, texts)), MOST_READ)}
    left = filled_in(texts) - len(chosen)
    first = next((at for at in filled if at not in chosen), 0)
    ats = sorted(chosen)
    return Lines(
        numbers=[at + 1 for at in ats],
        texts=[texts[at] for at in ats],
        skipped=UnreadLine(first + 1, texts[first].rstrip(), left) if left else None,
    )


def filled_in(texts: list[str]) -> int:
    """Count the lines that are not blank."""
    return len(texts) - texts.count("") - sum(map(str.isspace, texts))


def stumbled(number: int, line: str, column: int, expected: str) -> ParseError:
    """Make the error for a line that could not be read from `column` on, which counts from 0."""
    rest = line[column : column + _EXCERPT + 1].rstrip()
    found = repr(rest if len(rest) <= _EXCERPT else rest[:_EXCERPT] + "…") if rest else "the end of the line"
    return ParseError(line=number, column=column + 1, expected=expected, found=found)


def nothing_recognised(lines: Lines, expected: str) -> ParseError:
    """Make the error for a text without any readable line, at the first line that is not blank."""
    for number, line in lines.numbered():
        if line.strip():
            return stumbled(number, line, len(line) - len(line.lstrip()), expected)
    return ParseError(line=1, column=1, expected=expected, found="an empty text")


class UnreadLines:
    """The unread lines of one output; the last entry stands for all whose text is not kept."""

    def __init__(self, lines: Lines | None = None) -> None:
        """Start with the lines of a flood that were skipped."""
        self._kept: list[UnreadLine] = []
        self._first_other = lines.skipped if lines else None
        self._others = self._first_other.stands_for if self._first_other else 0

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._kept or self._others)

    def add(self, number: int, line: str, *, is_row: bool = False, tables: tuple[TableNumber, ...] = ()) -> None:
        """Add a line, without trailing blanks."""
        if len(self._kept) < KEPT_RAW:
            self._kept.append(UnreadLine(number, line.rstrip(), is_row=is_row, tables=tables))
            return
        if self._first_other is None:
            self._first_other = UnreadLine(number, line.rstrip())
        self._others += 1

    def add_filled(self, first: int, texts: list[str]) -> None:
        """Add the lines that are not blank, of which there may be half a million, numbered from `first` on."""
        filled = compress(enumerate(texts, first), map(str.strip, texts))
        before = len(self._kept) + self._others
        for number, line in islice(filled, KEPT_RAW + 1):
            self.add(number, line)
        self._others = before + filled_in(texts) - len(self._kept)

    def all(self) -> tuple[UnreadLine, ...]:
        """All lines in the order of the text, except for the last entry of a flood."""
        other = self._first_other
        return (*self._kept, UnreadLine(other.line, other.text, self._others)) if other else tuple(self._kept)
