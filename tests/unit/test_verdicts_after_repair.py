"""Verdicts that the trial against the simulator's truth found wrong, each in its smallest form."""

import pytest

from boks_exporter.health import ReplicaState
from boks_exporter.model import Role
from boks_exporter.replication import History, advance, compare
from tests.unit.domain_rounds import INTERVAL, STAMP, Watch, answers, healthy_round, listed, silent, snapshot

OTHER_STAMP = STAMP - 86400.0


def test_a_replica_that_was_not_read_before_lacks_updates_of_a_known_age() -> None:
    """The past stays although all others have it: R2 was unreachable while it was written."""
    history = History()
    for index, number in enumerate((100, 101, 102, 103)):
        at = index * INTERVAL
        history = advance(
            history,
            snapshot(
                answers("M", Role.MASTER, {7: number}, at),
                answers("R1", Role.REPLICA, {7: number}, at + 1.0),
                silent("R2", at + 1.0),
                at=at,
                lines=(listed("R1"), listed("R2")),
                second={7: number},
            ),
        )
    seen = healthy_round({7: 103}, at=4 * INTERVAL, R1={7: 103}, R2={7: 100})
    comparison = compare(seen, advance(history, seen), exact_to=INTERVAL).replica("R2")
    assert comparison is not None
    assert comparison.lag_at_least_seconds == 121.0 - 30.25
    assert comparison.lag_seconds == pytest.approx(105, abs=1)


def test_a_table_of_another_generation_waits_for_nothing() -> None:
    """Its number stays far below the master's new one, which must not postpone the finding."""
    watch = Watch()
    states = []
    for index in range(12):
        at = index * INTERVAL
        stamps = {7: STAMP if index > 0 else OTHER_STAMP}
        seen = snapshot(
            answers("M", Role.MASTER, {7: 1000 + 50 * index}, at, stamps=stamps),
            answers("R1", Role.REPLICA, {7: 10}, at + 1.0, stamps={7: OTHER_STAMP - 1.0}),
            at=at,
            lines=(listed("R1"),),
            second={7: 1000 + 50 * index},
            stamps=stamps,
        )
        states.append(watch.judge(seen).host("R1").state)
    assert states[-1] is ReplicaState.DIVERGED
    assert states.index(ReplicaState.DIVERGED) * INTERVAL < 240.0


def test_a_table_that_could_not_be_compared_leaves_the_lag_in_seconds_unknown() -> None:
    """After a restore in the middle of a round T7 proves nothing, so T9 alone does not decide."""
    history = advance(History(), healthy_round({7: 100, 9: 50}, R1={7: 100, 9: 50}))
    seen = healthy_round({7: 120, 9: 50}, at=INTERVAL, second={7: 80, 9: 50}, R1={7: 100, 9: 50})
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    assert {table.table: table.lag for table in replica.tables} == {7: None, 9: 0}
    assert (replica.lag_seconds, replica.lag_at_least_seconds) == (None, None)


def test_numbers_that_went_back_next_to_a_second_master_are_not_taken_for_old_ones() -> None:
    """A restore during a split brain: 101 to 110 are given out again, and are as old as their second time."""
    history = advance(History(), healthy_round({7: 100}, R1={7: 100}))
    history = advance(history, healthy_round({7: 110}, at=INTERVAL, R1={7: 100}))
    split = snapshot(
        answers("M", Role.MASTER, {7: 90}, 2 * INTERVAL),
        answers("R2", Role.MASTER, {7: 110}, 2 * INTERVAL + 1.0),
        answers("R1", Role.REPLICA, {7: 90}, 2 * INTERVAL + 1.0),
        at=2 * INTERVAL,
    )
    history = advance(history, split)
    seen = healthy_round({7: 115}, at=3 * INTERVAL, R1={7: 100})
    (replica,) = compare(seen, advance(history, seen), exact_to=INTERVAL).replicas
    assert replica.lag == 15
    assert replica.lag_at_least_seconds is not None
    assert replica.lag_at_least_seconds < INTERVAL


def test_a_new_generation_of_a_table_has_not_gone_back() -> None:
    """Its numbers begin at 1 on every host; that is no loading."""
    watch = Watch()
    new = {7: STAMP + 86400.0}
    for index, (number, stamps) in enumerate(((100, None), (100, None), (3, new), (5, new))):
        at = index * INTERVAL
        health = watch.judge(
            snapshot(
                answers("M", Role.MASTER, {7: number}, at, stamps=stamps),
                answers("R1", Role.REPLICA, {7: number - 1}, at + 1.0, stamps=stamps),
                at=at,
                lines=(listed("R1"),),
                second={7: number},
                stamps=stamps,
            )
        )
        assert health.host("R1").state is ReplicaState.OK, health.host("R1")


def test_a_new_generation_has_not_gone_back_though_the_master_was_never_seen_with_the_old_one() -> None:
    watch = Watch()
    old = answers("R1", Role.REPLICA, {7: 100, 9: 50}, 1.0)
    watch.judge(snapshot(silent("M", 0.0), old, last_master="M"))
    new = {7: STAMP + 86400.0}
    health = watch.judge(
        snapshot(
            answers("M", Role.MASTER, {7: 5, 9: 51}, INTERVAL, stamps=new),
            answers("R1", Role.REPLICA, {7: 4, 9: 50}, INTERVAL + 1.0, stamps=new),
            at=INTERVAL,
            lines=(listed("R1"),),
            second={7: 5, 9: 51},
            stamps=new,
        )
    )
    assert health.host("R1").state is ReplicaState.OK, health.host("R1")


def test_a_table_of_another_generation_has_no_age() -> None:
    """Its number is compared, but the figure in seconds is that of the tables that can be."""
    history = advance(History(), healthy_round({7: 100, 9: 50}, R1={7: 100, 9: 50}))
    stamps = {7: OTHER_STAMP}
    for index in range(1, 6):
        at = index * INTERVAL
        seen = snapshot(
            answers("M", Role.MASTER, {7: 100 + index, 9: 50}, at),
            answers("R1", Role.REPLICA, {7: 90, 9: 50}, at + 1.0, stamps=stamps),
            at=at,
            lines=(listed("R1"),),
            second={7: 100 + index, 9: 50},
        )
        history = advance(history, seen)
    (replica,) = compare(seen, history, exact_to=INTERVAL).replicas
    assert (replica.lag, replica.lag_seconds, replica.lag_at_least_seconds) == (15, 0.0, 0.0)
    assert replica.stamp_mismatch_tables == (7,)
