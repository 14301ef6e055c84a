"""Whose the durations of a row with blank cells are, by where they stand.

The exact spacing of `boksdiag list` is not known: the one published output lost its blanks. So nothing is counted from
the left margin here. Where the columns are is learned from the output itself, from the labels of its header and from a
row that has nothing blank. A cell belongs to the column whose left or right edge it shares, else to the only column
that it stands under. A name that is too long pushes the rest of its row to the right; the count and the status tell by
how much.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from boks_exporter.parsing.list_header import COUNT, PACKET, STATUS, SYNC, Column, Span, labels_of
from boks_exporter.parsing.list_rows import AGES, Row, row_of

_WORD: Final = re.compile(r"\S+")
_RUN_OF_BLANKS: Final = re.compile(r"\S\s\s+\S")
_NONE: Final = -1
_CELLS: Final = 6
_SHAPES: Final = bytes.maketrans(b"123456789ABCEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0" * 9 + b"D" * 51)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the durations of a row stand, and its anchors: the status and, if it has one, the count."""

    ages: tuple[Span, ...]
    anchors: tuple[tuple[Column, Span], ...]

    def columns(self) -> list[tuple[Column, Span]]:
        """Say where the columns are, if this is a row that has nothing blank."""
        return [*enumerate(self.ages), *self.anchors]


def places_in(line: str, row: Row) -> Places:
    """Find where the parts of a row stand in its line."""
    spans = [match.span() for match in _WORD.finditer(line)]
    anchors = [(STATUS, (spans[row.status_word][0], spans[-1][1]))]
    if row.count_word is not None:
        anchors.append((COUNT, spans[row.count_word]))
    ages = tuple((spans[first][0], spans[after - 1][1]) for first, after in row.age_words)
    return Places(ages, tuple(anchors))


class Ruler:
    """The edges of the columns, as far as the output has shown them."""

    def __init__(self, columns: Iterable[tuple[Column, Span]] = ()) -> None:
        self._columns: list[tuple[Column, Span]] = []
        self._starts: dict[int, Column] = {}
        self._ends: dict[int, Column] = {}
        self.learn(columns)

    def __repr__(self) -> str:
        """Show what it has learned."""
        return f"Ruler({self._columns})"

    def learn(self, columns: Iterable[tuple[Column, Span]]) -> None:
        """Add what a header or a complete row shows; an edge that two columns claim belongs to none."""
        for column, (start, end) in columns:
            self._columns.append((column, (start, end)))
            self._starts[start] = column if self._starts.get(start, column) == column else _NONE
            self._ends[end] = column if self._ends.get(end, column) == column else _NONE

    def columns_of(self, places: Places) -> tuple[Column, ...] | None:
        """Name the columns of a row's durations; None if they fit nowhere, or in more than one way."""
        return self.by_edges(places) or self.by_edges_pushed(places) or self.by_overlap(places)

    def by_edges(self, places: Places, pushed_by: int = 0) -> tuple[Column, ...] | None:
        """Fit the edges of a row that is pushed to the right; one of its anchors at least must fit as well."""
        if any(self._column_at(span, pushed_by) == column for column, span in places.anchors):
            return _in_order([self._column_at(span, pushed_by) for span in places.ages])
        return None

    def by_edges_pushed(self, places: Places) -> tuple[Column, ...] | None:
        """Fit the edges of a row that is pushed by as much as one of its anchors is."""
        distances = {
            place[side] - span[side]
            for anchor, place in places.anchors
            for column, span in self._columns
            for side in (0, 1)
            if column == anchor
        }
        found = {self.by_edges(places, distance) for distance in distances} - {None}
        return found.pop() if len(found) == 1 else None

    def by_overlap(self, places: Places) -> tuple[Column, ...] | None:
        """Take the columns that the durations stand under, in a row that is not pushed."""
        if any(self._column_over(span) == column for column, span in places.anchors):
            return _in_order([self._column_over(span) for span in places.ages])
        return None

    def _column_at(self, span: Span, pushed_by: int) -> Column:
        """Name the column that has this left or this right edge; none if the two disagree."""
        start, end = self._starts.get(span[0] - pushed_by), self._ends.get(span[1] - pushed_by)
        if start is None:
            return _NONE if end is None else end
        return start if end is None or end == start else _NONE

    def _column_over(self, span: Span) -> Column:
        over = {column for column, (start, end) in self._columns if start < span[1] and span[0] < end}
        return over.pop() if len(over) == 1 else _NONE


def shape_of(line: str) -> str:
    """Blot out what a row of durations, count and status says, and keep where it says it.

    Every digit becomes 0 and every letter D, which is a unit of days as well, so that the shape is a row with the same
    cells. Shapes recur from round to round while the rows do not: what is worked out for one need not be again.
    """
    return line.encode().translate(_SHAPES).decode() if line.isascii() else line


@lru_cache(maxsize=64)
def learned_from(headers: tuple[str, ...], complete: str) -> Ruler:
    """Learn the columns from the header and from a complete row, or its shape.

    If the row fits under the header when pushed, the header is right and the row has a long name. If it does not fit at
    all, the header's labels share no edge with the cells, and the row alone is believed.
    """
    ruler = Ruler(label for line in headers if _keeps_blanks(line) for label in labels_of(line.expandtabs()))
    line = complete.expandtabs()
    row = row_of(line.split(), below_header=True)
    if row is None:
        return ruler
    places = places_in(line, row)
    if ruler.by_edges(places) is None:
        return ruler if ruler.by_edges_pushed(places) else Ruler(places.columns())
    ruler.learn(places.columns())
    return ruler


@lru_cache(maxsize=256)
def gap_of(shape: str, ruler: Ruler) -> slice | None:
    """Find the gap between packet and sync in a row of this shape; None unless it has just these two."""
    row = row_of(shape.split(), below_header=True)
    if row is None or columns_of(shape, row, ruler) != (PACKET, SYNC):
        return None
    packet, sync = places_in(shape, row).ages
    return slice(packet[1], sync[0])


def columns_of(line: str, row: Row, ruler: Ruler) -> tuple[Column, ...] | None:
    """Name the columns of a row's durations; None where they cannot be told, as when blanks have been collapsed."""
    columns = _columns_by_tabs(line, row) if "\t" in line else None
    line = line.expandtabs()
    if columns is not None or not _keeps_blanks(line):
        return columns
    return ruler.columns_of(places_in(line, row))


def _columns_by_tabs(line: str, row: Row) -> tuple[Column, ...] | None:
    """Take one tab between each two cells at its word, with nothing between two tabs as a blank cell (U)."""
    cells = line.strip().split("\t")
    filled = tuple(column for column, cell in enumerate(cells[1 : 1 + AGES]) if cell.strip())
    return filled if len(cells) == _CELLS and len(filled) == len(row.ages) else None


def _keeps_blanks(line: str) -> bool:
    """Tell whether a line has its blanks: with a cell left blank there must be a run of them."""
    return _RUN_OF_BLANKS.search(line) is not None


def _in_order(columns: list[Column]) -> tuple[Column, ...] | None:
    """Accept columns of durations only from left to right, each once."""
    rising = all(left < right for left, right in pairwise(columns))
    return tuple(columns) if rising and columns[0] >= PACKET and columns[-1] <= SYNC else None
