"""What was printed is read back: generated rows, in columns and with collapsed blanks."""

import re
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.model import ReplicaLine, ReplicaList, ReportedStatus, SequenceReport, TableSequence
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from tests.unit.hypothesis_budget import tried

QUICK = tried(50)
HEADERS = ("SERVER", "SINCE LAST", "SINCE LAST", "SINCE LAST", "COUNT", "LAST")
SECOND_HEADERS = ("", "PCKT", "FAIL", "SYNC", "", "STATUS")
SHORT_NAMES = st.sampled_from(["REPHOST5", "r", "Rep-2", "7of9", "192.0.2.7", "db_3", "T7", "OK", "d", "x1D"])
NAMES = SHORT_NAMES | st.builds(
    "{}-{}{}".format, SHORT_NAMES, st.integers(0, 10**12), st.sampled_from(["", ".example.net"])
)
AGES = st.one_of(
    st.integers(0, 3599), st.integers(0, 86_399), st.integers(0, 9999 * 86_400), st.integers(0, 100_000 * 86_400)
)
COUNTS = st.one_of(st.integers(0, 10**6), st.integers(0, 2**64))
KNOWN_STATUSES = st.sampled_from(["OK", "DOWN", "LOADING", "ok", "Loading"])
STATUSES = KNOWN_STATUSES | st.sampled_from(["SYNCING", "OK?", "NOT OK", "HALF-DEAD"])


def printed(seconds: float | None) -> str:
    """Print a duration as boksdiag does."""
    if seconds is None:
        return ""
    days, rest = divmod(int(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    if days:
        return f"{days}D {hours}:{clock}"
    return f"{hours}:{clock}" if hours else clock


def cells(row: ReplicaLine) -> list[str]:
    ages = (printed(row.since_packet), printed(row.since_failure), printed(row.since_sync))
    return [row.server, *ages, "" if row.packets is None else str(row.packets), row.raw_status]


def aligned(table: Sequence[Sequence[str]], widths: Sequence[int], *, right: bool = False) -> str:
    """Set cells in columns; a cell that is too wide pushes the rest of its row."""
    sides = ["<"] + [">" if right else "<"] * 4 + ["<"]
    return "".join(
        " ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip() + "\n"
        for row in table
    )


def widths_of(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) + 1 for column in zip(*table, strict=True)]


@st.composite
def rows(
    draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES, statuses: st.SearchStrategy[str] = STATUSES
) -> ReplicaLine:
    """Draw a row as the list may hold it; an unknown status comes with a packet's age and a count."""
    raw_status = draw(statuses)
    status = {"OK": ReportedStatus.OK, "DOWN": ReportedStatus.DOWN, "LOADING": ReportedStatus.LOADING}.get(
        raw_status.upper(), ReportedStatus.OTHER
    )
    packet, failure, sync = (draw(st.none() | AGES) for _ in range(3))
    count = draw(COUNTS)
    if status is ReportedStatus.OTHER and packet is failure is sync is None:
        packet = draw(AGES)
    return ReplicaLine(draw(names), packet, failure, sync, count, status, raw_status)


@st.composite
def sound_rows(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES) -> ReplicaLine:
    """Draw a row that has its packet and its sync, as every published one does."""
    row = draw(rows(names))
    return replace(row, since_packet=draw(AGES), since_sync=draw(AGES))


@QUICK
@given(st.lists(rows(), min_size=1, max_size=8), st.booleans())
def test_rows_in_columns_below_two_header_lines_are_read_back(lines: list[ReplicaLine], right: bool) -> None:
    """Below a header with both lines, any cell may be blank, to the left or to the right of its column."""
    table = [list(HEADERS), list(SECOND_HEADERS), *map(cells, lines)]
    assert parse_list(aligned(table, widths_of(table), right=right)) == ReplicaList(tuple(lines))


@QUICK
@given(sound_rows(), st.lists(rows(NAMES, KNOWN_STATUSES), min_size=1, max_size=8), st.booleans())
def test_rows_in_columns_without_header_are_read_back(
    complete: ReplicaLine, lines: list[ReplicaLine], right: bool
) -> None:
    """Without a header, one row that has nothing blank shows the columns to all others."""
    whole = [replace(complete, since_failure=complete.since_failure or 7.0), *lines]
    table = [*map(cells, whole)]
    assert parse_list(aligned(table, widths_of([*table, list(HEADERS)]), right=right)) == ReplicaList(tuple(whole))


@QUICK
@given(sound_rows(SHORT_NAMES), st.lists(sound_rows(), min_size=1, max_size=8))
def test_names_that_are_too_long_push_their_row_and_change_nothing(
    complete: ReplicaLine, lines: list[ReplicaLine]
) -> None:
    """A row that a long name has pushed to the right is read like the others."""
    whole = [replace(complete, since_failure=7.0), *lines]
    table = [list(HEADERS), list(SECOND_HEADERS), *map(cells, whole)]
    widths = [12, *widths_of(table)[1:]]
    assert parse_list(aligned(table, widths)) == ReplicaList(tuple(whole))


@QUICK
@given(st.lists(sound_rows(), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n", "  \n"]))
def test_rows_with_collapsed_blanks_are_read_back(lines: list[ReplicaLine], end: str) -> None:
    """Where runs of blanks have been collapsed, three durations are all three, and two are packet and sync."""
    header = " ".join(HEADERS)
    text = end.join([header, *(re.sub(r" +", " ", " ".join(cells(row))) for row in lines), ""])
    assert parse_list(text) == ReplicaList(tuple(lines))


@QUICK
@given(st.lists(rows(), min_size=1, max_size=8))
def test_rows_with_tabs_are_read_back(lines: list[ReplicaLine]) -> None:
    """With a tab between each two cells, nothing between two tabs is a blank cell."""
    text = "\n".join("\t".join(row) for row in (HEADERS, *map(cells, lines)))
    assert parse_list(text) == ReplicaList(tuple(lines))


@QUICK
@given(
    st.lists(
        st.builds(
            TableSequence,
            st.integers(0, 9999),
            st.integers(0, 2**64),
            st.integers(0, 2**64),
            st.integers(86_400, 99_999 * 86_400).map(float),
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda row: row.table,
    ),
    st.booleans(),
    st.sampled_from("dD"),
)
def test_tables_are_read_back(tables: list[TableSequence], columns: bool, unit: str) -> None:
    """Tables come back in their order, in columns or with single blanks, up to 2**64 and T9999."""
    table = [
        [f"T{row.table}", printed(row.stamp).replace("D", unit), str(row.sequence), f"({row.parenthesised})"]
        for row in tables
    ]
    stamped = [[*row[:1], *padded(row[1]), *row[2:]] for row in table]
    widths = widths_of(stamped) if columns else [1] * 5
    text = "".join(
        " ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) + "\n" for row in stamped
    )
    assert parse_sequence(text) == SequenceReport(tuple(tables))


def padded(stamp: str) -> list[str]:
    """Add hours to a stamp without them."""
    days, clock = stamp.split()
    return [days, clock if clock.count(":") > 1 else f"0:{clock}"]
