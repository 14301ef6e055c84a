"""The short cuts of the list and sequence parsers give what the long ways give."""

from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.model import ReplicaLine, ReportedStatus, TableSequence
from boks_exporter.parsing.durations import days_and_time, duration_at, time_alone
from boks_exporter.parsing.fast_construction import replica_line, table_sequence
from boks_exporter.parsing.list_columns import Ruler, columns_of, gap_of, ruler_from, shape_of
from boks_exporter.parsing.list_header import COUNT, FAILURE, PACKET, STATUS, SYNC
from boks_exporter.parsing.list_rows import common_row, row_of
from tests.unit.hypothesis_budget import tried

LINE = ("REPHOST5", 49.0, 45206360.0, 289.0, 1853521, ReportedStatus.OK, "OK")
TABLE = (7, 5053, 5053, 1181810026.0)


@pytest.mark.parametrize(
    ("quick", "slow"),
    [(replica_line(*LINE), ReplicaLine(*LINE)), (table_sequence(*TABLE), TableSequence(*TABLE))],
    ids=["ReplicaLine", "TableSequence"],
)
def test_a_fact_that_was_filled_open_is_the_fact(quick: object, slow: object) -> None:
    """It has the type, the value, the hash, the text and the refusal of changes of one from the constructor."""
    assert type(quick) is type(slow)
    assert quick == slow
    assert hash(quick) == hash(slow)
    assert repr(quick) == repr(slow)
    for field in fields(type(slow)):  # type: ignore[arg-type]  # both are dataclasses
        with pytest.raises(FrozenInstanceError):
            setattr(quick, field.name, None)


WORDS = st.one_of(
    st.sampled_from(
        ["REPHOST", "r-2.example.net", "x:", "7", "00:49", "04:61", "5:19:20", "523D", "9d", "OK", "ok", "DOWN"]
    ),
    st.sampled_from(["LOADING", "-", "never", "1853521", "18446744073709551617", "+5", "1_0", "(5)", "\u0665", "OK?"]),
    st.text("0123456789:Dd.-", min_size=1, max_size=6),
)


@tried(100)
@given(st.lists(WORDS, max_size=8))
def test_a_common_row_is_what_any_row_would_be(words: list[str]) -> None:
    """Whatever the short way takes, the long way reads in the same way."""
    ascii_words = words if all(map(str.isascii, words)) else []
    quick = common_row(ascii_words)
    if quick is not None:
        slow = row_of(ascii_words, below_header=False)
        assert slow is not None
        assert quick == slow.fact(slow.ages_by_number())


def test_common_rows_are_taken_the_short_way() -> None:
    """The rows that nearly all are need no long way."""
    rows = [
        "REPHOST5 00:49 523D 5:19:20 04:49 1853521 OK",
        "REPHOST3 00:49 04:50 726768 OK",
        "REPHOST 02:59 02:13 11:44 148342 DOWN",
        "REPHOST 02:59 1:02:13 1:11:44 148342 LOADING",
    ]
    assert [row for row in rows if common_row(row.split()) is None] == []


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("00:00", 0),
        ("00:49", 49),
        ("5:09", 309),
        ("59:59", 3599),
        ("1:00:00", 3600),
        ("23:59:59", 86_399),
        ("999:00:00", 3_596_400),
        ("1000:00:00", None),
        ("60:00", None),
        ("00:60", None),
        ("1:60:00", None),
        ("0:1", None),
        (":49", None),
        ("-0:49", None),
        ("\u0660\u0660:49", None),
        ("", None),
    ],
)
def test_times_are_read_or_refused(word: str, seconds: float | None) -> None:
    """Minutes and seconds stop at 59, hours at 999."""
    assert time_alone(word) == seconds


@pytest.mark.parametrize(
    ("days", "time", "seconds"),
    [
        ("0D", "0:00:00", 0),
        ("523D", "5:19:20", 45_206_360),
        ("523d", "05:19:20", 45_206_360),
        ("1D", "19:20", 87_560),
        ("2000D", "0:00:01", 172_800_001),
        ("007d", "0:00:00", 604_800),
        ("999999d", "23:59:59", 86_399_999_999),
        ("1000000d", "0:00:00", None),
        ("1D", "24:00:00", None),
        ("D", "0:00:00", None),
        ("-1D", "0:00:00", None),
        ("1W", "0:00:00", None),
        ("1D", "", None),
    ],
)
def test_days_and_times_are_read_or_refused(days: str, time: str, seconds: float | None) -> None:
    """Days have one to six digits and either unit; the hours next to them stop at 23."""
    assert days_and_time(days, time) == seconds
    assert duration_at([days, time], 0) == (None if seconds is None else (seconds, 2))


HEADER = (
    "SERVER    SINCE LAST  SINCE LAST    SINCE LAST  COUNT   LAST",
    "          PCKT        FAIL          SYNC                STATUS",
)
COMPLETE = "REPHOST5  00:49       523D 5:19:20  04:49       185352  OK"
NO_FAILURE = "REPHOST3  00:49                     04:50       726768  OK"


def test_a_shape_keeps_the_positions_of_its_row() -> None:
    """Digits and letters are blotted out, all else is kept; a line with other characters is its own shape."""
    assert shape_of(COMPLETE) == "DDDDDDD0  00:00       000D 0:00:00  00:00       000000  DD"
    assert shape_of("r\u00e9p 1") == "r\u00e9p 1"


@pytest.mark.parametrize("headers", [HEADER, HEADER[:1], HEADER[1:], ()])
def test_the_gap_between_packet_and_sync_is_found_by_shape(headers: tuple[str, ...]) -> None:
    """The gap is where the failure's column is blank."""
    gap = gap_of(shape_of(NO_FAILURE), ruler_from(headers, shape_of(COMPLETE)))
    assert gap == slice(15, 36)
    assert NO_FAILURE[gap].isspace()


def test_no_gap_is_found_where_the_columns_show_otherwise() -> None:
    """A row of packet and failure has no such gap, nor has a row without columns."""
    packet_and_failure = "REPHOST3  00:49       04:50                     726768  OK"
    ruler = ruler_from(HEADER, shape_of(COMPLETE))
    assert gap_of(shape_of(packet_and_failure), ruler) is None
    assert gap_of(shape_of("REPHOST3 00:49 04:50 726768 OK"), ruler) is None
    assert gap_of("", ruler) is None


def test_a_header_that_shares_no_edge_with_the_cells_is_ignored() -> None:
    """Where the labels are centred over the cells, the complete row alone tells the columns."""
    centred = "SERVER      SINCE LAST     SINCE LAST    SINCE LAST    COUNT     LAST"
    ruler = ruler_from((centred,), COMPLETE)
    assert repr(ruler) == (
        f"Ruler([({PACKET}, (10, 15)), ({FAILURE}, (22, 34)), ({SYNC}, (36, 41)), "
        f"({STATUS}, (56, 58)), ({COUNT}, (48, 54))])"
    )


def test_an_edge_that_two_columns_claim_belongs_to_none() -> None:
    """A ruler that contradicts itself names no column rather than a wrong one."""
    line = "REPHOST3  00:49               OK"
    row = row_of(line.split(), below_header=True)
    assert row is not None
    anchors = [(STATUS, (30, 32)), (SYNC, (20, 26))]
    assert columns_of(line, row, Ruler([(PACKET, (10, 15)), *anchors])) == (PACKET,)
    assert columns_of(line, row, Ruler([(PACKET, (10, 15)), (FAILURE, (10, 19)), *anchors])) is None
