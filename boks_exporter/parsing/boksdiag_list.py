"""Parser of `boksdiag list`: the master's status of each replica.

```
SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST
REPHOST5 00:49 523D 5:19:20 04:49 1853521 OK
REPHOST3 00:49 04:50 726768 OK
```

Evidence: the columns and their meaning, `OK` and `DOWN` are read verbatim (K1256, K1456; H), from one release, in a
page that collapsed the blanks. Inferred (L): the header's second line, the spelling of `LOADING`, that a row with two
durations has no failure, and that blanks align the cells at all. Unknown (U): the spacing, further status words, which
are OTHER and kept raw, and any other output, which is kept as unread lines.
"""

import re
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import ReplicaLine, ReplicaList
from boks_exporter.parsing.list_columns import Ruler, columns_of, gap_of, ruler_from, shape_of
from boks_exporter.parsing.list_header import MEASURED, is_header, is_underline
from boks_exporter.parsing.list_rows import (
    AGES,
    common_row,
    first_unread_word,
    has_status,
    is_like_a_row,
    partial_row,
    row_of,
)
from boks_exporter.parsing.text_lines import Lines, UnreadLines, lines_of, nothing_recognised, stumbled

_EXPECTED: Final = "a header such as 'SERVER SINCE LAST ...' or a row such as 'REPHOST5 00:49 04:49 1853521 OK'"
_SIGN: Final = re.compile(
    r"""(?=[0-9oldpfsc])  # changes no result; rejects most lines in a fraction of the time
        (?:[0-9]d?\s+\S | (?:ok|loading|down)\s*$ | last | pckt | packet | fail | sync | count | status | server)
      | ^\s*[-=+|][-=+|\s]*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""A number followed by something, a known status at the end of the line, a label of the header, or its underline."""

_HEADERS: Final = 8  # one output does not have more different header lines
_EXPECTED_REST: Final = "a duration such as '00:49' or '523D 5:19:20', a count or a status"


def parse_list(text: str) -> ReplicaList:
    """Parse the output of one `boksdiag list`; a header alone is the list of a domain without replicas."""
    lines = lines_of(text, _SIGN)
    reading = _Reading(lines, only_ascii=text.isascii())
    reading.read()
    rows = tuple(filter(None, reading.rows))
    if not (rows or reading.headers):
        raise _nothing_recognised(lines)
    return ReplicaList(rows, reading.unread_lines.all())


class _Reading:
    """The lines of one output. Rows with blank cells are read by their words first, and then by their columns."""

    def __init__(self, lines: Lines, *, only_ascii: bool) -> None:
        self.lines = lines.texts
        self.numbers = lines.numbers
        split = str.split if only_ascii else _words_of_ascii
        self.rows: list[ReplicaLine | None] = [*map(common_row, map(split, lines.texts))]
        self.headers: list[str] = []
        self.unread_lines = UnreadLines(lines)

    def read(self) -> None:
        """Read the lines that are not common rows, then assign the durations of rows with blank cells to columns."""
        without_failure: list[int] = []
        with_blanks: list[int] = []
        lacking = [index for index, row in enumerate(self.rows) if row is None or row.since_failure is None]
        for index in lacking:
            if self.rows[index] is None:
                if self._is_row_with_blanks(index):
                    with_blanks.append(index)
            else:
                (with_blanks if "\t" in self.lines[index] else without_failure).append(index)
        if without_failure or with_blanks:
            self._place(without_failure, with_blanks)

    def _is_row_with_blanks(self, index: int) -> bool:
        line = self.lines[index]
        if is_header(line):
            self.headers.append(line)
            return False
        row = row_of(line.split(), below_header=bool(self.headers))
        if row is not None:
            self.rows[index] = row.fact(row.ages_by_number())
            return 0 < len(row.ages) < AGES
        if line and not line.isspace() and not (self.headers and is_underline(line)):
            self.rows[index] = partial = partial_row(line.split())
            is_row = partial is None and (is_like_a_row(line.split()) or has_status(line))
            self.unread_lines.add(self.numbers[index], line, is_row=is_row)
        return False

    def _place(self, without_failure: list[int], with_blanks: list[int]) -> None:
        """Read rows again by their columns.

        Most rows of a healthy domain are common ones without a failure. A row that is blank between packet and sync,
        where the last such row was blank, has none either; this test is much cheaper than measuring each row.
        """
        headers = tuple(dict.fromkeys(self.headers))[:_HEADERS]
        ruler = ruler_from(headers, self._complete_shape())
        gap = slice(0)
        for index in without_failure:
            if not self.lines[index][gap].isspace():
                proven = gap_of(shape_of(self.lines[index][:MEASURED]), ruler)
                if proven is None:
                    self._read_by_columns(index, ruler)
                gap = proven or slice(0)
        for index in with_blanks:
            self._read_by_columns(index, ruler)

    def _complete_shape(self) -> str:
        """Find a row without blank cells, which shows the positions of all columns."""
        for line, row in zip(self.lines, self.rows, strict=True):
            if row and None not in {row.since_packet, row.since_failure, row.since_sync, row.packets}:
                return shape_of(line[:MEASURED])
        return ""

    def _read_by_columns(self, index: int, ruler: Ruler) -> None:
        line = self.lines[index]
        row = row_of(line.split(), below_header=True)
        columns = columns_of(line, row, ruler) if row else None
        if row and columns:
            self.rows[index] = row.fact(row.ages_by_column(columns))


def _words_of_ascii(line: str) -> list[str]:
    return line.split() if line.isascii() else []


def _nothing_recognised(lines: Lines) -> ParseError:
    """Point at the first unreadable word of a line that begins like a row, else at the first line."""
    for at, line in lines.numbered():
        words = line.split()
        unread = first_unread_word(words)
        if unread is not None:
            column = 0
            for word in words[:unread]:
                column = line.index(word, column) + len(word)
            rest = line[column:]
            return stumbled(at, line, column + len(rest) - len(rest.lstrip()), _EXPECTED_REST)
    return nothing_recognised(lines, _EXPECTED)
