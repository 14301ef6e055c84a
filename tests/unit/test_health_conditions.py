"""Amount, age and number of rounds from which a finding counts."""

import pytest

from boks_exporter.health import ReplicaState, Thresholds
from boks_exporter.model import DomainSnapshot, Role
from boks_exporter.replication.evidence import FORGET_AFTER_SECONDS
from tests.unit.domain_rounds import (
    STAMP,
    Numbers,
    Watch,
    answers,
    healthy_round,
    judge_one_shot,
    listed,
    silent,
    snapshot,
)

OK, LAGGING, AHEAD = ReplicaState.OK, ReplicaState.LAGGING, ReplicaState.AHEAD
DIVERGED, UNKNOWN, LOADING = ReplicaState.DIVERGED, ReplicaState.UNKNOWN, ReplicaState.LOADING


def states(watch: Watch, rounds: list[tuple[float, Numbers, Numbers]]) -> list[ReplicaState]:
    """Judge R1 round after round; each is its time, the master's numbers and R1's."""
    return [watch.judge(healthy_round(master, at=at, R1=numbers)).host("R1").state for at, master, numbers in rounds]


# -- lag --------------------------------------------------------------------------------------------------------------


def test_a_replica_lags_from_the_age_on_that_is_proven() -> None:
    """It was there at 0.25 s: a replica read at 119 s has lacked it for 118.75 s, and at 122 s for 121.75 s."""
    rounds = [(0.0, {7: 101}, {7: 100}), (118.0, {7: 101}, {7: 100}), (121.0, {7: 101}, {7: 100})]
    assert states(Watch(Thresholds(lag_seconds=120.0)), rounds) == [OK, OK, LAGGING]
    assert states(Watch(Thresholds(lag_seconds=121.75)), rounds) == [OK, OK, LAGGING]
    assert states(Watch(Thresholds(lag_seconds=121.76)), rounds) == [OK, OK, OK]


def test_a_replica_that_follows_late_never_lags() -> None:
    """It lacks something in each round and nothing for long, at any write rate."""
    rounds = [(index * 30.0, {7: index * 15000}, {7: max(0, index - 3) * 15000}) for index in range(20)]
    assert set(states(Watch(), rounds)) == {OK}


def test_amount_and_age_must_meet_in_one_table() -> None:
    """Ten missing in one table and an old one in another are two small things, not one big one."""
    limits = Thresholds(lag_sequences=10)
    rounds: list[tuple[float, Numbers, Numbers]] = [
        (0.0, {7: 101, 9: 10}, {7: 100, 9: 10}),
        (300.0, {7: 101, 9: 20}, {7: 100, 9: 10}),
    ]
    assert states(Watch(limits), rounds) == [OK, OK]
    assert states(Watch(limits), [*rounds, (450.0, {7: 101, 9: 20}, {7: 100, 9: 10})]) == [OK, OK, LAGGING]


def test_a_one_shot_poll_counts_only_very_many() -> None:
    """It knows no ages."""
    assert judge_one_shot(healthy_round({7: 1000}, R1={7: 1})).host("R1").state is OK
    assert judge_one_shot(healthy_round({7: 1000}, R1={7: 0})).host("R1").state is LAGGING
    limits = Thresholds(lag_sequences_at_once=10, lag_sequences=50)
    assert judge_one_shot(healthy_round({7: 100}, R1={7: 51}), limits).host("R1").state is OK
    assert judge_one_shot(healthy_round({7: 100}, R1={7: 50}), limits).host("R1").state is LAGGING


def test_a_one_shot_poll_of_a_busy_master_allows_for_what_it_writes() -> None:
    """1000 written within the 1.75 s of the round: 60000 missing are two minutes of writing, 5000 are seconds."""
    assert judge_one_shot(healthy_round({7: 100_000}, second={7: 101_000}, R1={7: 95_000})).host("R1").state is OK
    assert judge_one_shot(healthy_round({7: 100_000}, second={7: 101_000}, R1={7: 30_000})).host("R1").state is LAGGING
    unclosed = snapshot(
        answers("M", Role.MASTER, {7: 5000}, 0.0), answers("R1", Role.REPLICA, {7: 1}), lines=(listed("R1"),)
    )
    assert judge_one_shot(unclosed).host("R1").state is LAGGING


# -- ahead ------------------------------------------------------------------------------------------------------------


def test_one_update_ahead_is_enough_at_one_poll() -> None:
    """It cannot be explained by timing, so it need not be seen twice."""
    assert states(Watch(), [(0.0, {7: 100}, {7: 101})]) == [AHEAD]
    assert states(Watch(Thresholds(ahead_sequences=2)), [(0.0, {7: 100}, {7: 101})]) == [OK]


# -- tables and stamps ------------------------------------------------------------------------------------------------


def test_a_missing_table_counts_when_it_is_seen_twice() -> None:
    """Once, it only keeps the replica from being called OK."""
    watch = Watch()
    assert states(watch, [(0.0, {7: 1, 9: 1}, {7: 1, 9: 1})]) == [OK]
    watch.history = watch.history.shifted(-600.0)
    # A table that vanishes may be a copy that begins to load, which the list, read before, does not show yet.
    assert states(watch, [(30.0, {7: 1, 9: 1}, {7: 1}), (60.0, {7: 1, 9: 1}, {7: 1})]) == [LOADING, DIVERGED]
    assert states(watch, [(120.0, {7: 1, 9: 1}, {7: 1, 9: 1})]) == [OK]


def test_what_was_seen_once_is_reported_as_seen_once() -> None:
    watch = Watch(Thresholds(missing_seconds=0.0, stamp_seconds=0.0))
    missing = watch.judge(healthy_round({7: 1, 9: 1}, R1={7: 1})).host("R1")
    assert missing.reason == "lacks T9 (host to host group), which the master has; seen once"
    stamped = watch.judge(other_stamp(at=30.0)).host("R1")
    assert stamped.reason == (
        "another generation than the master's (the stamp differs) of T7 (host group to host); seen once"
    )


def other_stamp(*, at: float, replica: float = STAMP + 1, master: float = STAMP) -> DomainSnapshot:
    """Make a round in which the stamps differ."""
    return snapshot(
        answers("M", Role.MASTER, {7: 1}, at, stamps={7: master}),
        answers("R1", Role.REPLICA, {7: 1}, at + 1, stamps={7: replica}),
        second={7: 1},
        stamps={7: master},
        lines=(listed("R1"),),
        at=at,
    )


def test_a_new_table_of_the_master_is_waited_for() -> None:
    """Two minutes, by default, before a replica without it is called diverged; it is not OK meanwhile."""
    rounds: list[tuple[float, Numbers, Numbers]] = [(0.0, {7: 1}, {7: 1})]
    rounds += [(at, {7: 1, 9: 1}, {7: 1}) for at in (30.0, 60.0, 90.0, 120.0, 150.0, 180.0)]
    assert states(Watch(), rounds) == [OK, *[UNKNOWN] * 5, DIVERGED]


def test_a_table_that_comes_back_is_a_new_one() -> None:
    """The master did not have it for a time, whatever it had before."""
    rounds: list[tuple[float, Numbers, Numbers]] = [(at, {7: 1, 9: 1}, {7: 1, 9: 1}) for at in (0.0, 30.0)]
    rounds += [(at, {7: 1}, {7: 1}) for at in (300.0, 330.0)]
    rounds += [(at, {7: 1, 9: 1}, {7: 1}) for at in (360.0, 390.0, 420.0, 450.0, 480.0, 510.0)]
    assert states(Watch(), rounds) == [*[OK] * 4, *[UNKNOWN] * 5, DIVERGED]


def test_a_replica_that_lags_is_not_called_diverged_for_a_table_that_came_later() -> None:
    """It lacks the table because it lacks everything since."""
    rounds: list[tuple[float, Numbers, Numbers]] = [(0.0, {7: 10}, {7: 1}), (30.0, {7: 11, 9: 1}, {7: 1})]
    rounds += [(at, {7: 12, 9: 1}, {7: 1}) for at in (180.0, 210.0, 240.0, 270.0, 300.0)]
    assert set(states(Watch(), rounds)[2:]) == {LAGGING}


def test_an_old_table_is_missed_even_by_a_replica_that_lags() -> None:
    """The table was there in the first round, so no lag explains that it is missing."""
    watch = Watch()
    states(watch, [(0.0, {7: 1, 9: 1}, {7: 1})])
    watch.history = watch.history.shifted(-3600.0)
    rounds = [(at, {7: 10, 9: 1}, {7: 1}) for at in (30.0, 60.0)]
    assert states(watch, rounds) == [UNKNOWN, DIVERGED]


def test_another_stamp_counts_when_it_is_seen_twice_and_is_never_called_ahead() -> None:
    """The master has had its own stamp for long, so the replica's is the odd one."""
    watch = Watch(Thresholds(stamp_seconds=0.0))
    assert [watch.judge(other_stamp(at=at)).host("R1").state for at in (0.0, 30.0)] == [UNKNOWN, DIVERGED]


def test_a_master_that_changes_its_stamp_is_waited_for() -> None:
    """Until the replicas have the new generation their numbers prove nothing."""
    watch = Watch()
    watch.judge(other_stamp(at=0.0, replica=STAMP))
    looks = [watch.judge(other_stamp(at=at, replica=STAMP, master=STAMP + 5)).host("R1") for at in (30.0, 60.0, 90.0)]
    assert {look.state for look in looks} == {UNKNOWN}
    assert looks[0].reason == (
        "another generation than the master's (the stamp differs) of T7 (host group to host); "
        "the master has not had its own for long"
    )
    assert watch.judge(other_stamp(at=120.0, replica=STAMP + 5, master=STAMP + 5)).host("R1").state is OK


def test_a_replica_that_loads_is_excused() -> None:
    """What it lacks while loading is not recorded."""
    watch = Watch(Thresholds(missing_seconds=0.0))
    loading = (listed("R1", "LOADING"),)
    for at in (0.0, 30.0, 60.0):
        assert watch.judge(healthy_round({7: 1, 9: 1}, at=at, lines=loading, R1={7: 1})).host("R1").state is LOADING
    assert states(watch, [(90.0, {7: 1, 9: 1}, {7: 1}), (120.0, {7: 1, 9: 1}, {7: 1})]) == [UNKNOWN, DIVERGED]


def test_without_the_list_it_is_unknown_whether_a_replica_loads() -> None:
    """A replica that lacks tables is judged only next to its line, or next to a list without one."""
    watch = Watch(Thresholds(missing_seconds=0.0))
    for at in (0.0, 30.0, 60.0):
        master = answers("M", Role.MASTER, {7: 1, 9: 1}, at)
        seen = snapshot(master, answers("R1", Role.REPLICA, {7: 1}, at + 1), second={7: 1, 9: 1}, at=at)
        assert watch.judge(seen).host("R1").reason == "the master's list could not be read"
    unlisted = [watch.judge(healthy_round({7: 1, 9: 1}, at=at, lines=(), R1={7: 1})).host("R1") for at in (90.0, 120.0)]
    assert [verdict.state for verdict in unlisted] == [ReplicaState.UNLISTED, DIVERGED]


def test_a_round_that_cannot_judge_neither_confirms_nor_clears() -> None:
    """A lost round between two findings leaves them two; a long outage makes the next one the first."""
    limits = Thresholds(missing_seconds=0.0)
    for gap, expected in ((60.0, DIVERGED), (FORGET_AFTER_SECONDS + 90.0, UNKNOWN)):
        watch = Watch(limits)
        assert states(watch, [(0.0, {7: 1, 9: 1}, {7: 1})]) == [UNKNOWN]
        watch.judge(snapshot(silent("M", 30.0), answers("R1", Role.REPLICA, {7: 1}, 31.0), at=30.0))
        watch.judge(snapshot(silent("M", gap - 5), answers("R1", Role.REPLICA, {7: 1}, gap - 4), at=gap - 5))
        assert states(watch, [(gap, {7: 1, 9: 1}, {7: 1})]) == [expected]


def test_slow_polling_confirms_as_well() -> None:
    """With an interval longer than the memory of findings, the round before still counts."""
    rounds: list[tuple[float, Numbers, Numbers]] = [(at, {7: 1, 9: 1}, {7: 1}) for at in (0.0, 3600.0, 7200.0)]
    assert states(Watch(), rounds) == [UNKNOWN, UNKNOWN, DIVERGED]


@pytest.mark.parametrize("interval", [10.0, 30.0, 300.0])
def test_a_table_that_vanishes_is_found_in_the_second_round(interval: float) -> None:
    """However long the rounds are apart."""
    watch = Watch()
    states(watch, [(0.0, {7: 1, 9: 1}, {7: 1, 9: 1})])
    watch.history = watch.history.shifted(-600.0)
    rounds = [(interval * n, {7: 1, 9: 1}, {7: 1}) for n in (1, 2)]
    assert states(watch, rounds)[-1] is DIVERGED
