"""Collection of unread lines: the first ones with their text, the others counted, none dropped."""

from itertools import compress, islice

from boks_exporter.model import TableNumber, UnreadLine
from boks_exporter.parsing.text_lines import KEPT_RAW, Lines, filled_in


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
