"""Columns of the durations in rows of `boksdiag list` with blank cells.

The exact spacing of `boksdiag list` is not known: the one published output lost its blanks. So no position is fixed:
the columns are found in the output itself, from the labels of its header and from a row without blank cells. A cell
belongs to the column whose left or right edge it shares, else to the only column that it overlaps. A name that is too
long shifts the rest of its row to the right; the count and the status show by how much.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from boks_exporter.parsing.list_header import COUNT, PACKET, STATUS, SYNC, Column, Span, labels_of
from boks_exporter.parsing.list_rows import AGES, ListRow, row_of

_WORD: Final = re.compile(r"\S+")
_RUN_OF_BLANKS: Final = re.compile(r"\S\s\s+\S")
_NONE: Final = -1
_CELLS: Final = 6
_SHAPES: Final = bytes.maketrans(b"123456789ABCEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0" * 9 + b"D" * 51)


@dataclass(frozen=True, slots=True)
class Places:
    """Positions of a row's durations and of its anchors: the status and, if it has one, the count."""

    ages: tuple[Span, ...]
    anchors: tuple[tuple[Column, Span], ...]

    def columns(self) -> list[tuple[Column, Span]]:
        """Return the positions of the columns, for a row without blank cells."""
        return [*enumerate(self.ages), *self.anchors]


def places_in(line: str, row: ListRow) -> Places:
    """Find the positions of a row's parts in its line."""
    spans = [match.span() for match in _WORD.finditer(line)]
    anchors = [(STATUS, (spans[row.status_word][0], spans[-1][1]))]
    if row.count_word is not None:
        anchors.append((COUNT, spans[row.count_word]))
    ages = tuple((spans[first][0], spans[after - 1][1]) for first, after in row.age_words)
    return Places(ages, tuple(anchors))


class Ruler:
    """The edges of the columns, as far as known from the output."""

    def __init__(self, columns: Iterable[tuple[Column, Span]] = ()) -> None:
        self._columns: list[tuple[Column, Span]] = []
        self._starts: dict[int, Column] = {}
        self._ends: dict[int, Column] = {}
        self.add(columns)

    def __repr__(self) -> str:
        """Show the columns."""
        return f"Ruler({self._columns})"

    def add(self, columns: Iterable[tuple[Column, Span]]) -> None:
        """Add the columns of a header or of a complete row; an edge that two columns share belongs to neither."""
        for column, (start, end) in columns:
            self._columns.append((column, (start, end)))
            self._starts[start] = column if self._starts.get(start, column) == column else _NONE
            self._ends[end] = column if self._ends.get(end, column) == column else _NONE

    def columns_of(self, places: Places) -> tuple[Column, ...] | None:
        """Return the columns of a row's durations; None if none fit, or if they fit in more than one way."""
        return self.by_edges(places) or self.by_edges_shifted(places) or self.by_overlap(places)

    def by_edges(self, places: Places, shifted_by: int = 0) -> tuple[Column, ...] | None:
        """Match the edges of a row shifted to the right; at least one of its anchors must match as well."""
        if any(self._column_at(span, shifted_by) == column for column, span in places.anchors):
            return _in_order([self._column_at(span, shifted_by) for span in places.ages])
        return None

    def by_edges_shifted(self, places: Places) -> tuple[Column, ...] | None:
        """Match edges in a row that is shifted by as much as one of its anchors."""
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
        """Match the columns that the durations overlap, in a row that is not shifted."""
        if any(self._column_over(span) == column for column, span in places.anchors):
            return _in_order([self._column_over(span) for span in places.ages])
        return None

    def _column_at(self, span: Span, shifted_by: int) -> Column:
        """Find the column that has this left or this right edge; none if the two disagree."""
        start, end = self._starts.get(span[0] - shifted_by), self._ends.get(span[1] - shifted_by)
        if start is None:
            return _NONE if end is None else end
        return start if end is None or end == start else _NONE

    def _column_over(self, span: Span) -> Column:
        over = {column for column, (start, end) in self._columns if start < span[1] and span[0] < end}
        return over.pop() if len(over) == 1 else _NONE


def shape_of(line: str) -> str:
    """Replace every digit by 0 and every letter by D, and keep the positions.

    D is a unit of days as well, so that the shape is a row with the same cells. Shapes recur from round to round while
    the rows do not, so that results for shapes can be cached.
    """
    return line.encode().translate(_SHAPES).decode() if line.isascii() else line


@lru_cache(maxsize=64)
def ruler_from(headers: tuple[str, ...], complete: str) -> Ruler:
    """Find the columns from the header and from a complete row, or its shape.

    If the row fits under the header when shifted, the header is right and the row has a long name. If it does not fit
    at all, the header's labels share no edge with the cells, and only the row is used.
    """
    ruler = Ruler(label for line in headers if _keeps_blanks(line) for label in labels_of(line.expandtabs()))
    line = complete.expandtabs()
    row = row_of(line.split(), below_header=True)
    if row is None:
        return ruler
    places = places_in(line, row)
    if ruler.by_edges(places) is None:
        return ruler if ruler.by_edges_shifted(places) else Ruler(places.columns())
    ruler.add(places.columns())
    return ruler


@lru_cache(maxsize=256)
def gap_of(shape: str, ruler: Ruler) -> slice | None:
    """Find the gap between packet and sync in a row of this shape; None unless it has exactly these two."""
    row = row_of(shape.split(), below_header=True)
    if row is None or columns_of(shape, row, ruler) != (PACKET, SYNC):
        return None
    packet, sync = places_in(shape, row).ages
    return slice(packet[1], sync[0])


def columns_of(line: str, row: ListRow, ruler: Ruler) -> tuple[Column, ...] | None:
    """Return the columns of a row's durations; None where they are not known, as when blanks were collapsed."""
    columns = _columns_by_tabs(line, row) if "\t" in line else None
    line = line.expandtabs()
    if columns is not None or not _keeps_blanks(line):
        return columns
    return ruler.columns_of(places_in(line, row))


def _columns_by_tabs(line: str, row: ListRow) -> tuple[Column, ...] | None:
    """Split at tabs, one between each two cells; an empty cell is a blank one (U)."""
    cells = line.strip().split("\t")
    filled = tuple(column for column, cell in enumerate(cells[1 : 1 + AGES]) if cell.strip())
    return filled if len(cells) == _CELLS and len(filled) == len(row.ages) else None


def _keeps_blanks(line: str) -> bool:
    """Whether a line has its blanks: next to a blank cell there must be a run of them."""
    return _RUN_OF_BLANKS.search(line) is not None


def _in_order(columns: list[Column]) -> tuple[Column, ...] | None:
    """Accept columns of durations only from left to right, each once."""
    rising = all(left < right for left, right in pairwise(columns))
    return tuple(columns) if rising and columns[0] >= PACKET and columns[-1] <= SYNC else None
