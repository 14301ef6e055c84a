"""What the master's list and the lines that could not be read imply for a host."""

from dataclasses import replace

import pytest

from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.model import DomainSnapshot, Environment, Observed, Role, SequenceReport, UnreadEntry, UnreadLine
from tests.unit.domain_rounds import (
    NUMBERS,
    Watch,
    answers,
    healthy_round,
    judge_one_shot,
    listed,
    silent,
    snapshot,
)

OK, UNKNOWN, UNLISTED, LAGGING = ReplicaState.OK, ReplicaState.UNKNOWN, ReplicaState.UNLISTED, ReplicaState.LAGGING
MASTER = answers("M", Role.MASTER, NUMBERS, 0.0)
R1, R2 = answers("R1", Role.REPLICA, NUMBERS), answers("R2", Role.REPLICA, NUMBERS)
CUT = UnreadLine(4, "R1   00:49 136D 22:2", is_row=True)
NOTE = UnreadLine(4, "2 replicas reported")
FLOOD = UnreadLine(4, "boksdiag: retrying", stands_for=300)


def with_unread(seen: DomainSnapshot, *entries: UnreadEntry) -> DomainSnapshot:
    """Add lines to the master's list that could not be read."""
    assert seen.listing is not None
    return replace(seen, listing=replace(seen.listing, unread=entries))


@pytest.mark.parametrize(
    ("status", "expected"),
    [("OK", OK), ("DOWN", UNKNOWN)],
)
def test_a_master_in_its_own_list(status: str, expected: ReplicaState) -> None:
    verdict = judge_one_shot(snapshot(MASTER, lines=(listed("M", status),))).hosts[0]
    assert (verdict.state, "DOWN" in verdict.reason) == (expected, status == "DOWN")


def test_a_master_without_a_list_or_without_numbers_is_not_ok() -> None:
    no_list = judge_one_shot(snapshot(MASTER)).hosts[0]
    no_numbers = judge_one_shot(snapshot(answers("M", Role.MASTER, None), lines=())).hosts[0]
    assert (no_list.state, no_numbers.state) == (UNKNOWN, UNKNOWN)
    assert no_list.reason != no_numbers.reason


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (UnreadLine(2, "T9 13678d 0:00:00 5O", is_row=True, tables=(9,)), UNKNOWN),
        (UnreadLine(2, "T? 13678d 0:00:00 50", is_row=True), UNKNOWN),
        (FLOOD, UNKNOWN),
        (NOTE, OK),
        (UnreadLine(2, "largest table: T9", tables=(9,)), OK),
    ],
    ids=["a row", "a row of any table", "a flood", "a note", "a note that names a table"],
)
def test_a_row_of_the_masters_numbers_that_could_not_be_read(line: UnreadLine, state: ReplicaState) -> None:
    numbers = SequenceReport(MASTER.sequences.tables if MASTER.sequences else (), (line,))
    assert judge_one_shot(snapshot(replace(MASTER, sequences=numbers), lines=())).hosts[0].state is state


@pytest.mark.parametrize(
    ("entry", "of_a_list", "of_an_empty_list"),
    [
        (UnreadEntry(CUT), UNKNOWN, UNKNOWN),
        (UnreadEntry(FLOOD), UNKNOWN, UNKNOWN),
        (UnreadEntry(NOTE), OK, UNKNOWN),
        (UnreadEntry(CUT, ("R1",)), OK, OK),
    ],
    ids=["a row", "a flood", "a note", "a row of a known host"],
)
def test_a_row_of_the_masters_list_that_could_not_be_read(
    entry: UnreadEntry, of_a_list: ReplicaState, of_an_empty_list: ReplicaState
) -> None:
    """In a list without any row that was read, every unread line may be one."""
    with_rows = with_unread(snapshot(MASTER, R1, lines=(listed("R1"),)), entry)
    empty = with_unread(snapshot(MASTER, R1, lines=()), entry)
    assert (judge_one_shot(with_rows).hosts[0].state, judge_one_shot(empty).hosts[0].state) == (
        of_a_list,
        of_an_empty_list,
    )


def test_a_replica_without_a_line_may_be_in_one_that_could_not_be_read() -> None:
    """Then neither that it is not listed nor what it lacks is proven."""
    lacking = snapshot(MASTER, answers("R1", Role.REPLICA, {7: 100}), R2, second=NUMBERS, lines=(listed("R2"),))
    unlisted = judge_one_shot(lacking).host("R1")
    assert (unlisted.state, len(unlisted.evidence)) == (ReplicaState.DIVERGED, 1)
    unread = judge_one_shot(with_unread(lacking, UnreadEntry(CUT))).host("R1")
    assert (unread.state, repr(CUT.text) in unread.reason, unread.evidence) == (UNKNOWN, True, ())
    named = judge_one_shot(with_unread(lacking, UnreadEntry(CUT, ("R1",)), UnreadEntry(NOTE))).host("R1")
    assert named.reason != unread.reason
    assert repr(CUT.text) in named.reason


def test_a_client_that_an_unreadable_line_names_is_expected_to_be_a_replica() -> None:
    seen = snapshot(MASTER, answers("R1", Role.CLIENT, None), second=NUMBERS, lines=())
    verdict = judge_one_shot(with_unread(seen, UnreadEntry(CUT, ("R1",)))).host("R1")
    assert (verdict.is_replica, verdict.role, "M" in verdict.reason) == (True, Role.CLIENT, True)
    assert not judge_one_shot(with_unread(seen, UnreadEntry(CUT, ("R2",)))).host("R1").is_replica


def test_a_silent_host_that_was_master_is_no_replica_because_the_new_master_lists_it() -> None:
    watch = Watch()
    watch.judge(healthy_round(NUMBERS, N=NUMBERS))
    after = snapshot(silent("M", 30.0), answers("N", Role.MASTER, NUMBERS, 31.0), at=30.0, lines=(listed("M"),))
    assert not watch.judge(after).host("M").is_replica


def test_without_a_master_what_could_not_be_compared_is_no_reason() -> None:
    unread = SequenceReport(R1.sequences.tables if R1.sequences else (), (replace(CUT, tables=(14,)),))
    seen = replace(R1, sequences=unread)
    (_, verdict) = judge_one_shot(snapshot(silent("M"), seen)).hosts
    assert (verdict.state, verdict.reason) == (UNKNOWN, "no master answers")
    assert verdict.evidence == ("T14 (HTTPS certificates) could not be compared: R1 printed 'R1   00:49 136D 22:2'",)


def test_a_size_of_shared_memory_that_only_the_replica_shows_is_no_reason() -> None:
    replica = answers("R1", Role.REPLICA, NUMBERS, environment=Environment("server", 16000))
    seen: Observed = replace(MASTER, environment=Environment("master"))
    verdict = judge_one_shot(snapshot(seen, replica, second=NUMBERS, lines=(listed("R1"),))).host("R1")
    assert (verdict.promotable, verdict.promotable_reasons) == (True, ())


def test_a_master_is_named_among_those_that_change_the_role_only_where_it_reports_to_be_one() -> None:
    """A replica that answers meanwhile is none of them."""
    seen = snapshot(MASTER, answers("N", Role.MASTER, NUMBERS, 1.0), R1, are_simultaneous=False)
    health = judge_one_shot(seen)
    assert health.state is DomainState.ROLE_CHANGING
    assert [f"{name} at" in health.reason for name in ("M", "N", "R1")] == [True, True, False]


def test_masters_that_are_seen_first_in_one_round_have_no_past() -> None:
    """A term that began earlier is shown with its time."""
    two = snapshot(MASTER, answers("N", Role.MASTER, NUMBERS, 1.0))
    watch = Watch()
    assert " since " not in watch.judge(two).reason
    later = snapshot(answers("M", Role.MASTER, NUMBERS, 30.0), answers("N", Role.MASTER, NUMBERS, 31.0), at=30.0)
    assert "M since 00:00 UTC, N since 00:00 UTC" in watch.judge(later).reason


def test_a_table_that_the_configuration_leaves_out_is_one_that_a_new_master_may_lack() -> None:
    row = UnreadLine(2, "T14 13678d 0:00:00 5O", is_row=True, tables=(14,), ignored="known here")
    seen = replace(R1, sequences=SequenceReport(R1.sequences.tables if R1.sequences else (), (row,)))
    verdict = judge_one_shot(snapshot(MASTER, seen, second=NUMBERS, lines=(listed("R1"),))).host("R1")
    assert (verdict.state, verdict.promotable) == (OK, None)
