"""Parser of `boksdiag sequence`: the update number of every database table.

```
T7 13678d 8:33:46 5053 (5053)
```

Evidence (K1456): `T<n>`, the number before the parentheses and the shape of the line are read verbatim (H), from one
master of one release. The number in parentheses is undocumented (U) and equals the first in every sample: it is kept,
never judged, and may be missing. That the stamp is a time since 1970 is inferred (L): a stamp of any other shape is
None, and the line is read without it. The lines that the published output replaced by dots are unknown (U): lines of
any other form are kept as unread.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.model import Seconds, SequenceReport, TableSequence
from boks_exporter.parsing.durations import days_and_time, duration_at
from boks_exporter.parsing.fast_construction import table_sequence
from boks_exporter.parsing.table_mentions import is_like_a_row, tables_in
from boks_exporter.parsing.text_lines import Lines, UnreadLines, lines_of, nothing_recognised, number, stumbled

_EXPECTED: Final = "a line such as 'T7 13678d 8:33:46 5053 (5053)'"
_EXPECTED_REST: Final = "a stamp and a sequence number such as '13678d 8:33:46 5053 (5053)'"
_TABLE: Final = re.compile(r"[Tt]([0-9]{1,4})")
_STARTS_LIKE_A_TABLE: Final = re.compile(r"\s*[Tt][0-9]+")
_SIGN: Final = re.compile(r"^\s*[Tt][0-9]")

# The published shape, with numbers that cannot exceed 64 bits; `any_row` reads every other shape.
_COMMON: Final = re.compile(
    r"T([0-9]{1,4})[ ]{1,16}([0-9]{1,6}d[ ]{1,16}[0-9]{1,2}:[0-9]{2}:[0-9]{2})"
    r"[ ]{1,16}([0-9]{1,19})[ ]{1,16}\(([0-9]{1,19})\)"
)


def parse_sequence(text: str) -> SequenceReport:
    """Parse the output of one `boksdiag sequence`.

    A table with two different rows has no number: neither line is proven, and both are unread. A row that is repeated
    is read once. A line without parentheses is unread where others have them: `T7 13678d 8:33:46 50` may have been cut
    from 5053. So is the only table of an output, since no other shows that this form has none.
    """
    lines = lines_of(text, _SIGN)
    rows = [*map(_common_row, lines.texts)]
    found = {at: row for at, line in enumerate(lines.texts) if (row := rows[at] or any_row(line))}
    read = found if _has_no_parentheses(found.values()) else _with_parentheses(found)
    tables = _uncontradicted(read.values())
    unread_lines = UnreadLines(lines)
    shown: set[int] = set()
    for at, line in enumerate(lines.texts):
        row = read.get(at)
        if row is not None and row.table in tables and row.table not in shown:
            shown.add(row.table)
        elif row is not None and row.table in tables:
            unread_lines.add(lines.numbers[at], line)  # a repeated row, which hides nothing
        elif line.strip():
            unread_lines.add(lines.numbers[at], line, is_row=is_like_a_row(line), tables=tables_in(line))
    if not tables:
        raise _nothing_recognised(lines)
    return SequenceReport(tuple(tables.values()), unread_lines.all())


def _has_no_parentheses(rows: Iterable[TableSequence]) -> bool:
    """Whether the rows of several tables agree that this form has none; a single one may have been cut."""
    rows = tuple(rows)
    return len({row.table for row in rows}) > 1 and all(row.parenthesised is None for row in rows)


def _with_parentheses(rows: Mapping[int, TableSequence]) -> dict[int, TableSequence]:
    return {at: row for at, row in rows.items() if row.parenthesised is not None}


def _uncontradicted(rows: Iterable[TableSequence]) -> dict[int, TableSequence]:
    """Index the rows by table, without the tables that have different rows."""
    tables: dict[int, TableSequence] = {}
    contradicted = {row.table for row in rows if tables.setdefault(row.table, row) != row}
    return {table: row for table, row in tables.items() if table not in contradicted}


def _common_row(line: str) -> TableSequence | None:
    match = _COMMON.match(line)
    if match is None or line[match.end() :].strip():
        return None
    table, stamp, sequence, parenthesised = match.groups()
    value = int(sequence)
    return table_sequence(
        int(table), value, value if parenthesised == sequence else int(parenthesised), _stamp_in_seconds(stamp)
    )


@lru_cache(maxsize=1024)
def _stamp_in_seconds(stamp: str) -> Seconds | None:
    """Parse a stamp; cached, because it is the same on all servers and hardly ever changes (K1456, L)."""
    return days_and_time(*stamp.split())


def any_row(line: str) -> TableSequence | None:
    """Parse a line from its right end: parentheses if any, the number before them, then table and stamp."""
    before, parenthesised = _without_parentheses(line.strip())
    words = before.split()
    match = _TABLE.fullmatch(words[0]) if len(words) > 1 else None
    if match is None or (sequence := number(words[-1])) is None:
        return None
    stamp = words[1:-1]
    if stamp and number(stamp[-1]) is not None and parenthesised != sequence:
        return None  # `T7 5053 5060`: either of the two may be the sequence, or both are one number in groups
    if any("(" in word or _TABLE.fullmatch(word) for word in stamp):
        return None  # two rows on one line
    return TableSequence(int(match[1]), sequence, parenthesised, _stamp_of(stamp))


def _without_parentheses(line: str) -> tuple[str, int | None]:
    before, _, inside = line.removesuffix(")").rpartition("(")
    value = number(inside.strip()) if line.endswith(")") and before else None
    return (line, None) if value is None else (before, value)


def _stamp_of(words: list[str]) -> Seconds | None:
    duration = duration_at(words, 0) if words else None
    return duration[0] if duration and duration[1] == len(words) else None


def _nothing_recognised(lines: Lines) -> ParseError:
    """Point after the table of the first line that names one, else at the first line."""
    for at, line in lines.numbered():
        match = _STARTS_LIKE_A_TABLE.match(line)
        if match:
            rest = line[match.end() :]
            column = match.end() + len(rest) - len(rest.lstrip())
            return stumbled(at, line, min(column, len(line.rstrip())), _EXPECTED_REST)
    return nothing_recognised(lines, _EXPECTED)
