"""Single samples whose value or absence depends on one fact."""

from dataclasses import replace

import pytest

from boks_exporter.exposition import DomainView, ExpositionOptions, TableLag, Tables, status_report
from boks_exporter.exposition.failover_activity import Operations, Window
from boks_exporter.exposition.page import Renderer, render
from boks_exporter.exposition.text_format import number_text
from boks_exporter.health import HostTimeline, StateSpan, Timeline
from boks_exporter.model import Host, Role, SequenceReport, TableSequence, UnreadLine
from tests.unit.exposition_views import BEGUN, HOSTS, INFO, PUBLISHED, STAMP, busy, published, seen, sequences, view
from tests.unit.test_exposition_samples import shown

WORST = ExpositionOptions(tables=Tables.WORST)


def of_two(numbers: SequenceReport | None, options: ExpositionOptions = WORST) -> DomainView:
    """Show a master with the published numbers, and a replica with these."""
    hosts = (Host("MASTER", "m"), Host("R1", "r"))
    replica = replace(seen("R1", Role.REPLICA, None, BEGUN + 1), sequences=numbers)
    return view(hosts, [seen("MASTER", Role.MASTER, PUBLISHED, BEGUN), replica], second=PUBLISHED, options=options)


@pytest.mark.parametrize(
    ("numbers", "tables"),
    [
        (sequences(PUBLISHED), set()),
        (sequences({**PUBLISHED, 7: 5000}), {"T7"}),
        (sequences({**PUBLISHED, 9: 8000}), {"T9"}),
        (sequences({7: 5053, 9: 7919}), {"T15"}),
        (sequences({**PUBLISHED, 54: 1}), {"T54"}),
        (sequences(PUBLISHED, STAMP + 1), {"T7", "T9", "T15"}),
        (None, set()),
    ],
    ids=["equal", "behind", "ahead", "missing", "extra", "another stamp", "no numbers"],
)
def test_the_worst_tables_are_those_that_differ_in_any_way(numbers: SequenceReport | None, tables: set[str]) -> None:
    assert {labels[1] for labels in shown("boks_table_sequence", of_two(numbers))} == tables


def test_the_worst_tables_of_a_domain_without_a_master_are_none() -> None:
    alone = view((Host("R1", "r"),), [seen("R1", Role.REPLICA, PUBLISHED, BEGUN)], options=WORST)
    assert shown("boks_table_sequence", alone) == {}


def test_a_difference_that_is_not_known_is_no_zero() -> None:
    everything = of_two(sequences({**PUBLISHED, 54: 1}), ExpositionOptions(table_lag=TableLag.ALL))
    assert shown("boks_replica_table_lag_sequences", everything) == {("R1", f"T{table}"): 0.0 for table in PUBLISHED}


def test_a_table_without_a_stamp_has_a_number_only() -> None:
    rows = (TableSequence(7, 5, 5, None), TableSequence(9, 6, 6, STAMP))
    alone = view((Host("R1", "r"),), [replace(seen("R1", Role.REPLICA, None, BEGUN), sequences=SequenceReport(rows))])
    assert shown("boks_table_sequence", alone) == {("R1", "T7"): 5, ("R1", "T9"): 6}
    assert {labels[1] for labels in shown("boks_table_stamp_timestamp_seconds", alone)} == {"T9"}


def test_ignored_and_unread_lines_are_counted_apart() -> None:
    lines = (UnreadLine(1, "Welcome"), UnreadLine(2, "flood", stands_for=40), UnreadLine(3, "known", ignored="banner"))
    alone = view((Host("R1", "r"),), [seen("R1", Role.REPLICA, PUBLISHED, BEGUN, unread_lines=lines)])
    assert shown("boks_host_unrecognised_lines", alone) == {("R1",): 41}
    assert shown("boks_host_ignored_lines", alone) == {("R1",): 1}


def test_freeze_and_maintenance() -> None:
    window = Window(host="REPHOST", started_at=BEGUN, until=BEGUN + 60, owner="anna", reason="disk")
    known = replace(published(), operations=Operations(frozen_until=BEGUN + 30, windows=(window,)))
    idle = replace(published(), operations=Operations())
    assert shown("boks_failover_freeze_active", known) == {(): 1}
    assert shown("boks_failover_freeze_active", idle) == {(): 0}
    active = shown("boks_maintenance_active", known)
    assert {host for (host,), value in active.items() if value} == {"REPHOST"}
    assert len(active) == len(HOSTS)


# -- pages one after the other -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "numbers",
    [{**PUBLISHED, 7: 5054}, {8: 5053, 9: 7919, 15: 1865}, {7: 5053, 9: 7919}],
    ids=["another number", "another table", "a table less"],
)
def test_a_kept_page_shows_what_changed(numbers: dict[int, int]) -> None:
    hosts = (Host("R1", "r"),)
    before, after = (view(hosts, [seen("R1", Role.REPLICA, each, BEGUN)]) for each in (PUBLISHED, numbers))
    renderer = Renderer()
    assert renderer.render((before,), INFO) == render((before,), INFO)
    assert renderer.render((after,), INFO) == render((after,), INFO)


@pytest.mark.parametrize("views", [(published(), published()), (busy(), published())], ids=["equal", "different"])
def test_of_a_domain_that_is_shown_twice_the_first_counts(views: tuple[DomainView, ...]) -> None:
    lines = [row.rpartition(" ")[0] for row in render(views, INFO).classic.decode().splitlines() if row[0] != "#"]
    assert len(lines) == len(set(lines))
    assert render(views, INFO).classic.count(b"boks_domain_masters{") == 1


def test_a_name_that_no_page_can_hold_is_replaced_whatever_stands_next_to_it() -> None:
    page = render([view((Host("R\0", "r", site="delft"),), [])], INFO).classic
    assert b"\0" not in page
    assert b'host="R?"' in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0"),
        (-1234567.0, "-1234567.0"),
        (123456.5, "123456.5"),
        (1234567.5, "1.2345675e+06"),
        (1000000, "1e+06"),
        (True, "1.0"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_a_number(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(("begun_at", "is_exact"), [(-7200.0, True), (-3630.0, False), (None, True)])
def test_the_beginning_of_a_state_is_exact_unless_it_was_there_in_the_first_interval(
    begun_at: float | None, *, is_exact: bool
) -> None:
    past = HostTimeline((StateSpan(BEGUN - 3600, "unreachable"),))
    timeline = Timeline(hosts={"REPHOST": past}, begun_at=None if begun_at is None else BEGUN + begun_at)
    (domain,) = status_report([replace(published(), timeline=timeline)])["domains"]
    hosts = {each["host"]: each for each in domain["hosts"]}
    assert (hosts["REPHOST"]["since_timestamp_seconds"], hosts["REPHOST"]["since_is_exact"]) == (BEGUN - 3600, is_exact)
    assert (hosts["MASTER"]["since_timestamp_seconds"], hosts["MASTER"]["since_is_exact"]) == (None, False)
