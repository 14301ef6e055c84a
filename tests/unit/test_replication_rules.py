"""One rule at a time: brackets, what is kept from round to round, and which replicas are read once more."""

from dataclasses import replace

import pytest

from boks_exporter.model import (
    DomainSnapshot,
    Host,
    Listed,
    Listing,
    MasterReading,
    Observed,
    ReplicaReading,
    Role,
    SequenceReport,
    UnreadEntry,
    UnreadLine,
)
from boks_exporter.replication import (
    Condition,
    DiscoveredHost,
    History,
    NotCompared,
    Obstacle,
    ReplicaComparison,
    TableComparison,
    advance,
)
from boks_exporter.replication.brackets import Bracket, brackets
from boks_exporter.replication.closer import undecided_replicas
from boks_exporter.replication.common_forms import ROUNDS, counted
from boks_exporter.replication.discovered import hosts_of, keep_discovered, keep_unresolved, not_named_for
from boks_exporter.replication.evidence import FORGET_AFTER_SECONDS, carried_on
from boks_exporter.replication.renamed_hosts import recorded_hosts, renamed
from tests.unit.domain_rounds import NUMBERS, STAMP, answers, healthy_round, listed, reading, report, silent, snapshot

MASTER, R1 = answers("M", Role.MASTER, {7: 100}, 0.0), answers("R1", Role.REPLICA, {7: 100}, 10.0)


def around(*readings: MasterReading) -> dict[int, Bracket]:
    """Bracket R1's reading from 10 s to 10.25 s."""
    return dict(brackets(replace(snapshot(MASTER, R1), master_readings=readings), R1))


@pytest.mark.parametrize(
    ("readings", "bracket"),
    [
        ((), None),
        ((reading({7: 90}, 5.0),), (90, None)),
        ((reading({7: 90}, 9.75),), (90, None)),
        ((reading({7: 90}, 9.76),), None),
        ((reading({7: 90}, 10.24),), None),
        ((reading({7: 90}, 10.25),), (None, 90)),
        ((reading({7: 90}, 5.0), reading({7: 95}, 8.0), reading({7: 99}, 11.0), reading({7: 120}, 15.0)), (95, 99)),
        ((reading({7: 120}, 15.0), reading({7: 99}, 11.0), reading({7: 95}, 8.0), reading({7: 90}, 5.0)), (95, 99)),
        ((reading({7: 90}, 5.0, host="N"), reading({7: 91}, 11.0)), (None, 91)),
        ((reading({7: 90}, 5.0), reading({7: 90}, 11.0)), (90, 90)),
        ((reading({7: 90}, 5.0), reading({7: 89}, 11.0)), None),
        ((reading({7: 90}, 5.0), reading({7: 90}, 11.0, stamps={7: STAMP + 1})), None),
        ((reading({7: 90}, 5.0), reading({9: 1}, 11.0)), (90, None)),
    ],
)
def test_the_nearest_readings_bracket_a_number(
    readings: tuple[MasterReading, ...], bracket: tuple[int | None, int | None] | None
) -> None:
    found = around(*readings).get(7)
    assert (found and (found.lower, found.upper)) == bracket
    assert found is None or found.stamp == STAMP


@pytest.mark.parametrize(
    ("sequence", "lag", "lag_possible", "ahead", "ahead_possible"),
    [(80, 10, 19, 0, 0), (90, 0, 9, 0, 0), (95, 0, 4, 0, 5), (99, 0, 0, 0, 9), (100, 0, 0, 1, 10)],
)
def test_a_bracket_proves_the_ends_of_both_bounds(
    sequence: int, lag: int, lag_possible: int, ahead: int, ahead_possible: int
) -> None:
    whole = Bracket(90, 99, STAMP)
    assert (whole.lag(sequence), whole.lag_possible(sequence)) == (lag, lag_possible)
    assert (whole.ahead(sequence), whole.ahead_possible(sequence)) == (ahead, ahead_possible)
    assert whole.written == 9
    lower, upper = Bracket(90, None, STAMP), Bracket(None, 99, STAMP)
    assert (lower.lag(sequence), lower.lag_possible(sequence)) == (lag, None)
    assert (lower.ahead(sequence), lower.ahead_possible(sequence)) == (None, ahead_possible)
    assert (upper.lag(sequence), upper.lag_possible(sequence)) == (None, lag_possible)
    assert (upper.ahead(sequence), upper.ahead_possible(sequence)) == (ahead, None)
    assert (lower.written, upper.written) == (None, None)


# -- findings that last ------------------------------------------------------------------------------------------------

KEY = ("R1", Condition.MISSING)


@pytest.mark.parametrize(
    ("found", "now", "kept"),
    [
        (True, 30.0, 30.0),
        (False, 30.0, None),
        (None, 30.0, 0.0),
        (None, FORGET_AFTER_SECONDS, 0.0),
        (None, FORGET_AFTER_SECONDS + 0.1, None),
        (True, FORGET_AFTER_SECONDS + 0.1, FORGET_AFTER_SECONDS + 0.1),
    ],
)
def test_a_finding_goes_on_ends_or_is_forgotten(*, found: bool | None, now: float, kept: float | None) -> None:
    other = ("R2", Condition.STAMP)
    assert carried_on({KEY: 0.0, other: now}, {KEY: found}, now) == {
        **({} if kept is None else {KEY: kept}),
        other: now,
    }
    assert carried_on({}, {KEY: found}, now) == ({KEY: now} if found else {})


# -- forms of lines ----------------------------------------------------------------------------------------------------

BANNER, ROW = UnreadLine(1, "BoKS 6.5 on 3 servers"), UnreadLine(2, "T9 13678d 0:00:00 5O", is_row=True)


def with_lines(seen: DomainSnapshot, *lines: UnreadLine, of: str) -> DomainSnapshot:
    """Add lines to the numbers of some servers."""

    def more(shown: SequenceReport) -> SequenceReport:
        return replace(shown, unread_lines=lines)

    outcomes = tuple(
        replace(each, sequences=more(each.sequences))
        if isinstance(each, Observed) and each.sequences and each.host in of
        else each
        for each in seen.outcomes
    )
    readings = tuple(
        replace(each, sequences=more(each.sequences)) if each.host in of else each for each in seen.master_readings
    )
    return replace(seen, outcomes=outcomes, master_readings=readings)


@pytest.mark.parametrize(
    ("seen", "known", "expected"),
    [
        (with_lines(healthy_round(NUMBERS, R1=NUMBERS), BANNER, of="MR1"), 0, 1),
        (with_lines(healthy_round(NUMBERS, R1=NUMBERS), BANNER, of="MR1"), ROUNDS, ROUNDS),
        (with_lines(healthy_round(NUMBERS, R1=NUMBERS), BANNER, of="R1"), 5, None),
        (with_lines(healthy_round(NUMBERS, R1=NUMBERS), BANNER, of="M"), 5, None),
        (with_lines(healthy_round(NUMBERS), BANNER, of="M"), 5, 5),
        (with_lines(snapshot(silent("M"), R1), BANNER, of="R1"), 5, 5),
        (with_lines(snapshot(MASTER, answers("C", Role.CLIENT, NUMBERS)), BANNER, of="MC"), 5, 5),
    ],
    ids=["all", "for long", "a replica", "the master", "no replica", "no master", "a client"],
)
def test_a_form_is_counted_while_all_servers_print_it(seen: DomainSnapshot, known: int, expected: int | None) -> None:
    forms = counted({BANNER.form: known} if known else {}, seen)
    assert forms.get(BANNER.form) == expected


def test_a_row_is_no_form() -> None:
    assert counted({}, with_lines(healthy_round(NUMBERS, R1=NUMBERS), ROW, of="MR1")) == {}


# -- discovered hosts --------------------------------------------------------------------------------------------------

FOUND = Host("R9", "192.0.2.9", port=2222, discovered=True)
LISTED = listed("R9")


def round_with(*lines: str, unread: bool = False, has_list: bool = True) -> DomainSnapshot:
    hosts = (Host("M", "192.0.2.1"), FOUND)
    seen = snapshot(MASTER, silent("R9"), hosts=hosts, lines=tuple(map(listed, lines)) if has_list else None)
    entries = (UnreadEntry(UnreadLine(3, "?????")),) if unread else ()
    return replace(seen, listing=seen.listing and replace(seen.listing, unread=entries))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (round_with("R9"), DiscoveredHost("192.0.2.9", 2222, 0.25, LISTED)),
        (round_with("R9", unread=True), DiscoveredHost("192.0.2.9", 2222, 0.25, LISTED)),
        (round_with("R8"), DiscoveredHost("192.0.2.7", 22, -30.0, LISTED, 0.25)),
        (round_with("R8", unread=True), DiscoveredHost("192.0.2.7", 22, -30.0, LISTED)),
        (round_with(has_list=False), DiscoveredHost("192.0.2.7", 22, -30.0, LISTED)),
    ],
    ids=["named", "named next to an unread line", "not named", "perhaps in an unread line", "no list"],
)
def test_a_discovered_host_is_kept_with_its_last_line(seen: DomainSnapshot, expected: DiscoveredHost) -> None:
    before = DiscoveredHost("192.0.2.7", 22, -30.0, LISTED)
    assert keep_discovered({"R9": before, "GONE": before}, seen) == {"R9": expected}
    first = keep_discovered({}, round_with(has_list=False))["R9"]
    assert first == DiscoveredHost("192.0.2.9", 2222, seen.finished_at)
    since = replace(before, unnamed_since=-5.0)
    assert keep_discovered({"R9": since}, round_with("R8"))["R9"] == since


def test_hosts_that_lists_have_not_named_for_long() -> None:
    known = {
        name: DiscoveredHost("192.0.2.9", 2222, 0.0, None, at) for name, at in (("A", 0.0), ("B", 0.1), ("C", None))
    }
    assert not_named_for(known, ["A", "B", "C", "D"], 100.0, 100.0) == {"A"}
    assert hosts_of(known)[0] == Host("A", "192.0.2.9", port=2222, discovered=True)


def test_servers_that_match_no_host_are_those_of_the_last_list() -> None:
    assert keep_unresolved({"OLD": 1.0}, round_with("R9", "R8")) == {"R8": 0.25}
    assert keep_unresolved({"OLD": 1.0}, round_with(has_list=False)) == {"OLD": 1.0}


def test_a_list_without_its_master_or_hosts() -> None:
    listing = Listing("M", 0.0, (Listed(LISTED, "R9"),), (UnreadEntry(BANNER, ("R9", "R1")),))
    left = listing.without({"R9"})
    assert left is not None
    assert ([entry.host for entry in left.entries], left.unread[0].hosts) == ([None], ("R1",))
    assert listing.without({"M"}) is None


# -- closer readings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "limit", "closer", "is_open"),
    [
        (100, 1, None, False),
        (101, 1, None, True),
        (103, 1, None, True),
        (104, 1, None, False),
        (104, 2, None, True),
        (105, 2, None, False),
        (101, 1, 101, True),
        (101, 1, 100, False),
        (101, 1, 104, False),
    ],
)
def test_a_replica_is_read_once_more_while_no_reading_shows_whether_it_is_ahead(
    number: int, limit: int, closer: int | None, *, is_open: bool
) -> None:
    """The master had 100 before and 103 after; one update more than it ever had is ahead."""
    seen = healthy_round({7: 100}, second={7: 103}, R1={7: number})
    if closer is not None:
        again = ReplicaReading("R1", 1.3, 1.4, report({7: closer}))
        seen = replace(seen, closer_readings=(again, replace(again, host="R2", sequences=report({7: 100}))))
    assert undecided_replicas(seen, limit) == (("R1",) if is_open else ())


@pytest.mark.parametrize("table", [0, 7])
def test_a_table_of_any_number_is_read_once_more(table: int) -> None:
    """T0, too, is a table."""
    seen = healthy_round({table: 100}, second={table: 103}, R1={table: 101})
    assert undecided_replicas(seen, 1) == ("R1",)


def test_only_a_table_of_the_masters_generation_can_be_decided() -> None:
    other = answers("R1", Role.REPLICA, {7: 101, 9: 1}, stamps={7: STAMP + 1})
    assert undecided_replicas(snapshot(MASTER, other, second={7: 103}), 1) == ()
    assert undecided_replicas(snapshot(MASTER, answers("R1", Role.CLIENT, {7: 101}), second={7: 103}), 1) == ()


# -- names -------------------------------------------------------------------------------------------------------------


def test_everything_that_is_known_moves_to_a_new_name() -> None:
    history = advance(History(), healthy_round({7: 100}, R1={7: 99}, R2={7: 100}))
    history = replace(history, gone_back=frozenset({"R1"}), lasting={KEY: 1.0}, failing={"R1": 2.0})
    moved = renamed(history, {"R1": "rep1", "M": "main"})
    assert (moved.master, set(moved.gone_back), dict(moved.failing)) == ("main", {"rep1"}, {"rep1": 2.0})
    assert moved.lasting == {("rep1", Condition.MISSING): 1.0}
    assert moved.roles == {"main": Role.MASTER, "rep1": Role.REPLICA, "R2": Role.REPLICA}
    assert moved.floors == {"rep1": {7: 99}, "R2": {7: 100}}
    assert recorded_hosts(moved) == {"main", "rep1", "R2"}
    assert recorded_hosts(History()) == frozenset()
    assert renamed(replace(history, master=None), {"M": "main"}).master is None


# -- what one comparison says of all tables ----------------------------------------------------------------------------


def test_a_bound_of_all_tables_is_known_where_each_is() -> None:
    table = TableComparison(7, 100, lag=0, ahead=0, lag_possible=2, ahead_possible=3)
    whole = ReplicaComparison("R1", 0.0, (table,))
    unread = replace(whole, not_compared=(NotCompared(9, "R1", Obstacle.UNREAD),))
    half = replace(whole, tables=(table, TableComparison(8, 1)))
    assert [(each.lag_possible, each.ahead_possible) for each in (whole, unread, half)] == [(2, 3), *[(None, None)] * 2]


def test_only_a_replica_whose_numbers_were_read_has_gone_back() -> None:
    history = advance(History(), snapshot(MASTER, R1))
    assert history.stamps.keys() == {"R1"}
    unread, lower = replace(R1, sequences=None), answers("R1", Role.REPLICA, {7: 99}, 20.0)
    assert advance(history, snapshot(MASTER, unread)).gone_back == frozenset()
    assert advance(history, snapshot(MASTER, lower)).gone_back == {"R1"}


def test_a_discovered_host_that_has_a_new_name_is_configured() -> None:
    known = DiscoveredHost("r9.example.net", 22, 1.0)
    history = History(discovered={"R8": known, "R9": known})
    assert renamed(history, {"R9": "rep9"}).discovered.keys() == {"R8"}
