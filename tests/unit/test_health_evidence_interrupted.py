"""What is proven once stays until something disproves it: no database, a new master, incomplete rounds."""

from dataclasses import replace

import pytest

from boks_exporter.health import DomainHealth, LastRound, ReplicaState, judge_again, judge_continued
from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import DomainSnapshot, Environment, Observed, Role
from boks_exporter.replication import dump, restore
from tests.unit.domain_rounds import INTERVAL, STAMP, Numbers, Watch, answers, healthy_round, listed, silent, snapshot

LEVEL = {7: 100}
AHEAD = {7: 130}
PASSED = {7: 200}


def lead(watch: Watch) -> None:
    """Prove R1 ahead, and let the master pass it."""
    watch.judge(healthy_round(LEVEL, at=0.0, R1=LEVEL, R2=LEVEL))
    assert watch.judge(healthy_round(LEVEL, at=INTERVAL, R1=AHEAD, R2=LEVEL)).host("R1").state is ReplicaState.AHEAD


def client_phase(watch: Watch, at: float, *, has_no_database: bool) -> DomainHealth:
    client = answers("R1", Role.CLIENT, None, at + 1.0)
    environment = Environment("client", has_no_database=has_no_database)
    master, other = answers("M", Role.MASTER, PASSED, at), answers("R2", Role.REPLICA, PASSED, at + 1.0)
    shown = snapshot(
        master, replace(client, environment=environment), other, at=at, second=PASSED, lines=(listed("R2"),)
    )
    return watch.judge(shown)


@pytest.mark.parametrize("is_absent", [True, False], ids=["without a database", "with stale files"])
def test_a_database_that_was_seen_absent_clears_a_lead_with_the_masters_numbers(*, is_absent: bool) -> None:
    """The new copy need not be seen below its level; a client phase alone clears nothing. A restart changes neither."""
    watch = Watch()
    lead(watch)
    client_phase(watch, 2 * INTERVAL, has_no_database=is_absent)
    watch.history = restore(dump(watch.history))
    verdict = watch.judge(healthy_round(PASSED, at=3 * INTERVAL, R1=PASSED, R2=PASSED)).host("R1")
    assert (verdict.state is ReplicaState.OK) is is_absent
    assert bool(verdict.proven) is not is_absent


def test_a_removed_database_that_was_put_back_is_ahead_again() -> None:
    """Nothing is cleared before the host has the master's numbers."""
    watch = Watch()
    lead(watch)
    client_phase(watch, 2 * INTERVAL, has_no_database=True)
    verdict = watch.judge(healthy_round(PASSED, at=3 * INTERVAL, R1={7: 230}, R2=PASSED)).host("R1")
    assert verdict.state is ReplicaState.AHEAD
    verdict = watch.judge(healthy_round({7: 230}, at=4 * INTERVAL, R1={7: 230}, R2={7: 230})).host("R1")
    assert (verdict.state, verdict.promotable) == (ReplicaState.UNKNOWN, False)


def promoted(at: float, new: Numbers, other: Numbers) -> DomainSnapshot:
    """R1 is the master now, M is a client."""
    master, replica = answers("R1", Role.MASTER, new, at), answers("R2", Role.REPLICA, other, at + 1.0)
    return snapshot(
        master, answers("M", Role.CLIENT, None, at + 1.0), replica, at=at, second=new, lines=(listed("R2"),)
    )


def test_a_fuller_copy_that_becomes_the_master_clears_what_another_shares_with_it() -> None:
    """M was restored from a backup: both copies held what it lacks. R2 is judged from R1's fork point."""
    watch = Watch()
    watch.judge(healthy_round(AHEAD, at=0.0, R1=AHEAD, R2=AHEAD))
    back = watch.judge(healthy_round(LEVEL, at=INTERVAL, R1=AHEAD, R2=AHEAD))
    assert {back.host(name).state for name in ("R1", "R2")} == {ReplicaState.AHEAD}
    verdict = watch.judge(promoted(2 * INTERVAL, {7: 140}, {7: 140})).host("R2")
    assert (verdict.state, dict(verdict.proven)) == (ReplicaState.OK, {})


def test_a_copy_that_was_further_ahead_than_the_new_master_keeps_its_lead() -> None:
    """R1 never had the last five updates of R2."""
    watch = Watch()
    watch.judge(healthy_round(AHEAD, at=0.0, R1=AHEAD, R2=AHEAD))
    watch.judge(healthy_round(LEVEL, at=INTERVAL, R1=AHEAD, R2={7: 135}))
    verdict = watch.judge(promoted(2 * INTERVAL, {7: 140}, {7: 140})).host("R2")
    assert verdict.state is not ReplicaState.OK
    assert verdict.proven


@pytest.mark.parametrize(
    ("at", "passed"),
    [(400.0, False), (INTERVAL, False), (400.0, True)],
    ids=["ahead later", "ahead in the next round", "the master passed both"],
)
def test_a_lead_that_the_new_master_need_not_share_stays(at: float, *, passed: bool) -> None:
    """R1 had stale files before R2 got ahead; or the master has passed R1, which may be a new copy by now."""
    watch = Watch()
    watch.judge(healthy_round(LEVEL, at=0.0, R1=AHEAD, R2=AHEAD if passed else LEVEL))
    if passed:
        watch.judge(healthy_round(PASSED, at=at, R1=PASSED, R2=PASSED))
    else:
        watch.judge(healthy_round(LEVEL, at=at, R1=AHEAD, R2={7: 120}))
    new = {7: 210}
    verdict = watch.judge(promoted(at + INTERVAL, new, new)).host("R2")
    assert (verdict.state, verdict.promotable, bool(verdict.proven)) == (ReplicaState.UNKNOWN, False, True)


def test_a_lead_in_a_table_in_which_the_new_master_was_not_ahead_stays() -> None:
    """Its updates are not the new master's."""
    watch = Watch()
    watch.judge(healthy_round({7: 100, 9: 50}, at=0.0, R1={7: 100, 9: 50}, R2={7: 100, 9: 50}))
    watch.judge(healthy_round({7: 100, 9: 50}, at=INTERVAL, R1={7: 100, 9: 60}, R2={7: 130, 9: 50}))
    verdict = watch.judge(promoted(2 * INTERVAL, {7: 140, 9: 60}, {7: 140, 9: 60})).host("R2")
    assert verdict.proven


def test_what_a_host_wrote_as_master_while_another_was_silent_is_kept_when_that_one_is_master_again() -> None:
    """R1 is away when M is back with fewer updates than R1 gave out; M has passed it when R1 is a replica again."""
    watch, fewer, more = Watch(), {7: 102}, {7: 120}
    watch.judge(healthy_round(LEVEL, at=0.0, R1=LEVEL))
    master = answers("R1", Role.MASTER, {7: 105}, INTERVAL)
    watch.judge(snapshot(master, silent("M", INTERVAL), at=INTERVAL, second={7: 105}, lines=()))
    back = answers("M", Role.MASTER, fewer, 2 * INTERVAL), silent("R1", 2 * INTERVAL)
    watch.judge(snapshot(*back, at=2 * INTERVAL, second=fewer, lines=(listed("R1"),)))
    watch.history = restore(dump(watch.history))
    verdict = watch.judge(healthy_round(more, at=3 * INTERVAL, R1=more)).host("R1")
    assert (verdict.state, verdict.promotable, bool(verdict.proven)) == (ReplicaState.UNKNOWN, False, True)


def missing_round(at: float, *, is_whole: bool = True) -> DomainSnapshot:
    """R1 lacks T9. A round that is not whole has the master's list and its second reading, but not the first."""
    numbers: Numbers = {7: 100, 9: 50}
    seen = healthy_round(numbers, at=at, R1={7: 100})
    if is_whole:
        return seen
    outcomes = tuple(
        replace(outcome, sequences=None) if isinstance(outcome, Observed) and outcome.host == "M" else outcome
        for outcome in seen.outcomes
    )
    return replace(seen, outcomes=outcomes, master_readings=seen.master_readings[1:])


def test_a_round_whose_list_was_read_but_not_its_numbers_clears_no_finding() -> None:
    """Seen once, then nothing is known, then seen again: that is twice, and the metric is absent in between."""
    watch = Watch()
    watch.judge(healthy_round({7: 100, 9: 50}, at=0.0, R1={7: 100, 9: 50}))
    late = 10 * INTERVAL
    assert watch.judge(missing_round(late)).host("R1").state is ReplicaState.LOADING
    assert watch.judge(missing_round(late + INTERVAL)).host("R1").state is ReplicaState.DIVERGED
    watch.history = replace(watch.history, evidence={})
    assert watch.judge(missing_round(late + 2 * INTERVAL, is_whole=False)).host("R1").state is ReplicaState.UNKNOWN
    assert watch.judge(missing_round(late + 3 * INTERVAL)).host("R1").state is ReplicaState.DIVERGED


def test_a_master_that_dies_between_its_readings_clears_no_difference() -> None:
    """The table is back with the first reading's number; whether it is ahead is not known."""
    watch = Watch()
    watch.judge(healthy_round({7: 100, 9: 50}, at=0.0, R1={7: 100, 9: 50}))
    for number in range(2):
        verdict = watch.judge(missing_round((10 + number) * INTERVAL)).host("R1")
    assert verdict.state is ReplicaState.DIVERGED
    at = 12 * INTERVAL
    master, copy = answers("M", Role.MASTER, {7: 100, 9: 50}, at), answers("R1", Role.REPLICA, {7: 100, 9: 70}, at + 1)
    dead = watch.judge(snapshot(master, copy, at=at, lines=(listed("R1"),))).host("R1")
    assert (dead.state, dead.promotable, bool(dead.proven)) == (ReplicaState.DIVERGED, False, True)


def test_a_round_that_is_judged_again_counts_once() -> None:
    """A finding that was seen once is not seen twice by a reload, nor by a view that joins two rounds."""
    watch = Watch()
    watch.judge(healthy_round({7: 100, 9: 50}, at=0.0, R1={7: 100, 9: 50}, R2=LEVEL))
    before = watch.history = replace(watch.history, floors={})
    seen = healthy_round({7: 100, 9: 50}, at=10 * INTERVAL, R1={7: 100}, R2={7: 100, 9: 50})
    assert watch.judge(seen).host("R1").state is ReplicaState.UNKNOWN
    recorded = LastRound(before, watch.history)
    reloaded = judge_again(seen.without({"R2"}), recorded, Thresholds())
    assert reloaded.health.host("R1").state is ReplicaState.UNKNOWN
    read = healthy_round({7: 100, 9: 50}, at=11 * INTERVAL, R2={7: 100, 9: 50})
    joined = replace(
        read,
        hosts=seen.hosts,
        outcomes=(*read.outcomes, *(outcome for outcome in seen.outcomes if outcome.host == "R1")),
        master_readings=(*seen.master_readings, *read.master_readings),
        listing=seen.listing,
    )
    assert judge_continued(joined, read, recorded, Thresholds()).health.host("R1").state is ReplicaState.UNKNOWN


def test_a_view_that_joins_two_rounds_keeps_the_age_of_what_is_missing() -> None:
    """The readings of the last round are in the history already, and begin no new one."""
    watch = Watch()
    for number in range(8):
        at = number * INTERVAL
        before, seen = watch.history, healthy_round({7: 100 + number}, at=at, R1=LEVEL, R2={7: 100 + number})
        health = watch.judge(seen)
    assert health.host("R1").state is ReplicaState.LAGGING
    read = replace(healthy_round({7: 108}, at=8 * INTERVAL, R2={7: 108}), hosts=seen.hosts)
    lagging = next(outcome for outcome in seen.outcomes if outcome.host == "R1")
    joined = replace(
        read,
        hosts=seen.hosts,
        outcomes=(*read.outcomes, lagging),
        master_readings=(*seen.master_readings, *read.master_readings),
        listing=seen.listing,
    )
    judged = judge_continued(joined, read, LastRound(before, watch.history), Thresholds())
    assert judged.health.host("R1").state is ReplicaState.LAGGING
    again = judge_again(seen.without({"R2"}), LastRound(before, watch.history), Thresholds())
    assert again.health.host("R1").state is ReplicaState.LAGGING


def test_another_stamp_needs_more_than_the_list_to_end() -> None:
    """A round without the master's numbers says nothing about the stamps."""
    watch = Watch()
    for at in (0.0, 10 * INTERVAL, 11 * INTERVAL):
        stamps = {7: STAMP + 1.0} if at else {7: STAMP}
        copy = answers("R1", Role.REPLICA, LEVEL, at + 1.0, stamps=stamps)
        verdict = watch.judge(
            snapshot(answers("M", Role.MASTER, LEVEL, at), copy, at=at, second=LEVEL, lines=(listed("R1"),))
        ).host("R1")
    assert verdict.state is ReplicaState.DIVERGED
    at = 12 * INTERVAL
    mute = replace(answers("M", Role.MASTER, None, at), sequences=None)
    watch.judge(snapshot(mute, answers("R1", Role.REPLICA, LEVEL, at + 1.0), at=at, lines=(listed("R1"),)))
    assert watch.history.evidence_of("R1").differences
