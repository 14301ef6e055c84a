"""Single rows of both commands that differ from the published ones in one respect."""

import pytest

from boks_exporter.model import ReplicaLine, ReportedStatus, TableSequence, UnreadLine
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.list_rows import is_like_a_row

HEADER = "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST"
ROW = "REPHOST5 00:49 523D 5:19:20 04:49 1853521 OK"
STAMP = 13678 * 86400.0 + 8 * 3600 + 33 * 60 + 46


def listed(line: str) -> ReplicaLine | UnreadLine | None:
    """Read a line of a list below its header; None where it is neither a row nor unread."""
    found = parse_list(f"{HEADER}\n{line}\n")
    shown: tuple[ReplicaLine | UnreadLine, ...] = (*found.lines, *found.unread_lines)
    return next(iter(shown), None)


@pytest.mark.parametrize(
    ("line", "ages", "packets", "status"),
    [
        ("REPHOST3 00:49 04:50 726768 OK", (49.0, None, 290.0), 726768, "OK"),
        ("REPHOST3 00:49 04:50 726768 STALE", (49.0, None, 290.0), 726768, "STALE"),
        ("REPHOST3 00:49 04:50 02:13 -", (49.0, 290.0, 133.0), None, "-"),
        ("REPHOST3 00:49 726768 STALE", (None, None, None), 726768, "STALE"),
        ("REPHOST3 00:49 04:50 - OK", (49.0, 290.0, None), None, "OK"),
        ("REPHOST3 00:49 never 04:50 12 ok", (49.0, None, 290.0), 12, "ok"),
        ("REPHOST3 00:49 04:50 726768 not OK", (49.0, None, 290.0), 726768, "not OK"),
        ("REPHOST3 loading", (None, None, None), None, "loading"),
    ],
)
def test_a_row(
    line: str, ages: tuple[float | None, float | None, float | None], packets: int | None, status: str
) -> None:
    known = {"OK": ReportedStatus.OK, "LOADING": ReportedStatus.LOADING}.get(status.upper(), ReportedStatus.OTHER)
    assert listed(line) == ReplicaLine("REPHOST3", *ages, packets, known, status)


@pytest.mark.parametrize(
    "line",
    [
        "REPHOST3 00:49 STALE",
        "REPHOST3: 00:49 04:50 726768 OK",
        "REPHOST3 00:49 04:50 726768",
        "REPHOST3 00:49 04:50 -",
        "REPHOST3 00:49 04:50 726768 OK R2 02:59 02:13",
        "REPHOST3 00:49 04:50 726768 OK 5",
        "REPHOST3 00:49 04:50 (726768) OK",
        "00:49 04:50 726768 STALE",
    ],
    ids=[
        *(
            "one number and a strange word",
            "a colon",
            "no status",
            "a blank last",
            "times of a second row",
            "a number of a second row",
        ),
        *("parentheses", "no name"),
    ],
)
def test_what_is_no_whole_row_is_not_read_as_one(line: str) -> None:
    found = listed(line)
    assert isinstance(found, UnreadLine) or (found is not None and found.since_packet is None)


@pytest.mark.parametrize(
    ("line", "is_row"),
    [
        ("MASTERA ?????", True),
        ("REPHOST3 ?????", True),
        ("REPHOST3 00:49", True),
        ("MASTERA 00:49", True),
        ("REPHOST3 00:4? 7 8?", True),
        ("MASTERA 1 2?", True),
        ("MASTERA 1?", True),
        ("MASTERA 1", False),
        ("REPHOST3 n/a NEVER", True),
        ("REPHOST3 -", True),
        ("REPHOST3", True),
        ("Total 5", False),
        ("Total -", False),
        ("total - -", True),
        ("Total: 5 5", False),
        ("* - -", False),
        ("Printed 2026-11-30 04:01 UTC", False),
        ("Printed 11-30 04:01 12 at the end", True),
        ("Printed 11-30 04:01 at the end", False),
        ("MASTERA ?? ?? ?? at the end", True),
        ("replicas in the list", False),
        ("All replicas OK", False),
        ("MASTERA is DOWN again", True),
    ],
)
def test_an_unread_line_that_may_be_a_row_is_marked(line: str, *, is_row: bool) -> None:
    assert listed(line) == UnreadLine(2, line, is_row=is_row)


def test_a_line_without_a_word_is_not_like_a_row() -> None:
    assert not is_like_a_row([])


@pytest.mark.parametrize(
    ("header", "is_one"),
    [
        (HEADER, True),
        ("SERVER  SINCE LAST  SINCE LA", True),
        ("SERVER SINCE", True),
        ("SERVER SI", False),
        ("SERVER", False),
        ("PCKT FAIL SYNC - STATUS", True),
        ("PCKT FAIL", True),
        ("pckt -", False),
        ("PCKT", False),
        ("PCKT FAIL of all servers", False),
        (HEADER + "." * (500 - len(HEADER)), True),
        (HEADER + "." * (501 - len(HEADER)), False),
    ],
)
def test_a_header(header: str, *, is_one: bool) -> None:
    unread = () if is_one else (header,)
    assert tuple(line.text for line in parse_list(f"{header}\n{ROW}\n").unread_lines) == unread


@pytest.mark.parametrize("line", ["---- ----", "=====+====", " | - "])
def test_an_underline_belongs_to_the_header_above_it(line: str) -> None:
    assert parse_list(f"{HEADER}\n{line}\n{ROW}\n").unread_lines == ()
    assert [each.text for each in parse_list(f"{line}\n{ROW}\n").unread_lines] == [line.rstrip()]


# -- boksdiag sequence -------------------------------------------------------------------------------------------------

T7 = TableSequence(7, 5053, 5053, STAMP)


def table(line: str) -> TableSequence | tuple[int, ...]:
    """Read a line next to a whole row of T1, else the tables that it is noted to hide."""
    found = parse_sequence(f"T1 13678d 8:33:46 1 (1)\n{line}\n")
    if len(found.tables) > 1:
        return found.tables[1]
    (unread,) = found.unread_lines
    return unread.tables


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("T7 13678d 8:33:46 5053 (5053)", T7),
        ("T7 13678d 8:33:46 5053 (5053) \r", T7),
        ("  t7  13678D  8:33:46  5053  ( 5053 )", T7),
        ("T7 13678d 8:33:46 5053 (5054)", TableSequence(7, 5053, 5054, STAMP)),
        ("T7 5053 5053 (5053)", TableSequence(7, 5053, 5053, None)),
        ("T7 yesterday 5053 (5053)", TableSequence(7, 5053, 5053, None)),
        ("T7 5053 (5053)", TableSequence(7, 5053, 5053, None)),
        ("T7 13678d 8:33:46 5053 (5053) LOCKED", (7,)),
        ("T7 13678d 8:33:46 5053", (7,)),
        ("T7 13678d 8:33:46 5 053 (5053)", (7,)),
        ("T7 13678d 8:33:46 5053 (5053) T9 13178d 11:05:23 7919 (7919)", (7, 9)),
        ("T7 13678d 8:33:46 5053 T9 13178d 11:05:23 7919 (7919)", (7, 9)),
        ("T7 (5053)", (7,)),
        ("X7 13678d 8:33:46 5053 (5053)", ()),
        ("T7", (7,)),
    ],
)
def test_a_line_of_a_table(line: str, expected: TableSequence | tuple[int, ...]) -> None:
    assert table(line) == expected


def test_two_tables_on_one_line_without_parentheses_have_no_number() -> None:
    rows = "T1 13678d 8:33:46 1\nT2 13678d 8:33:46 2\n"
    found = parse_sequence(f"{rows}T7 13678d 8:33:46 5053 T9 13178d 11:05:23 7919\n")
    assert [row.table for row in found.tables] == [1, 2]
    assert [line.tables for line in found.unread_lines] == [(7, 9)]


@pytest.mark.parametrize(
    ("line", "is_row"),
    [("Tabelle 7 13678d 8:33:46 5053 (5053)", True), ("* T7 is locked", True), ("Total 5053 (5053)", False)],
)
def test_an_unread_line_that_may_be_a_table_is_marked(line: str, *, is_row: bool) -> None:
    (unread,) = parse_sequence(f"T1 13678d 8:33:46 1 (1)\n{line}\n").unread_lines
    assert unread == UnreadLine(2, line, is_row=is_row, tables=(7,) if "T7" in line else ())
