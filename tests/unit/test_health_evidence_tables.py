"""Evidence of missing tables, of other stamps, and of readings that came too late."""

import json

from boks_exporter.health import ReplicaState
from boks_exporter.model import Role
from boks_exporter.replication import dump, restore
from tests.unit.domain_rounds import (
    INTERVAL,
    STAMP,
    Watch,
    answers,
    healthy_round,
    listed,
    reading,
    silent,
    snapshot,
)
from tests.unit.test_health_evidence import DIVERGED, LOADING, LOADS, OK, UNKNOWN, Rounds, passed

# -- missing tables and stamps ----------------------------------------------------------------------------------------


def without_t9() -> Rounds:
    """R1 has lost a table that the master has had for minutes."""
    rounds = Rounds()
    assert {rounds.judge_r1(100, 100, 100).state for _ in range(5)} == {OK}
    assert [rounds.judge(100, 100, {7: 100}).state for _ in range(2)] == [LOADING, DIVERGED]
    return rounds


def test_a_missing_table_stays_a_finding_while_it_cannot_be_judged() -> None:
    """No numbers of the master or no list: neither of them disproves anything."""
    rounds = without_t9()
    rounds.restart()
    at = rounds.at + INTERVAL
    master = answers("M", Role.MASTER, None, at)
    blind = snapshot(master, answers("R1", Role.REPLICA, {7: 100}, at + 1.0), at=at, lines=(listed("R1"),))
    assert rounds.watch.judge(blind).host("R1").state is DIVERGED
    unlisted = answers("M", Role.MASTER, {7: 100, 9: 50}, at + 30.0)
    replica = answers("R1", Role.REPLICA, {7: 100}, at + 31.0)
    no_list = snapshot(unlisted, replica, at=at + 30.0, second={7: 100, 9: 50})
    assert rounds.watch.judge(no_list).host("R1").state is DIVERGED


def test_a_missing_table_that_arrives_with_the_masters_number_is_cleared() -> None:
    rounds = without_t9()
    assert rounds.judge(100, 100, {7: 100, 9: 20}).state is ReplicaState.LAGGING
    assert rounds.judge(100, 100, {7: 100, 9: 50}).state is OK


def test_a_master_that_takes_over_the_copys_generation_clears_nothing() -> None:
    """The copy was not transferred: whose contents are right is not known."""
    watch = Watch()

    def look(at: float, master: float) -> ReplicaState:
        one = answers("M", Role.MASTER, {7: 100}, at, stamps={7: master})
        copy = answers("R1", Role.REPLICA, {7: 100}, at + 1.0, stamps={7: STAMP})
        seen = snapshot(one, copy, at=at, second={7: 100}, stamps={7: master}, lines=(listed("R1"),))
        return watch.judge(seen).host("R1").state

    assert {look(at, STAMP) for at in (0.0, 30.0)} == {OK}
    states = [look(30.0 * n, STAMP + 5) for n in range(2, 8)]
    assert (states[0], states[-1]) == (UNKNOWN, DIVERGED)
    assert look(240.0, STAMP) is UNKNOWN


def test_loading_is_shown_while_a_diverged_copy_is_rebuilt() -> None:
    rounds = passed()
    rounds.judge_r1(110, 110, 113)
    assert rounds.judge_r1(120, 120, 5, *LOADS).state is LOADING
    assert rounds.judge_r1(120, 120, 120, *LOADS).state is LOADING
    assert rounds.judge_r1(120, 120, 120).state is OK


def test_a_reading_of_a_master_that_dies_between_its_readings_clears_nothing() -> None:
    rounds = Rounds()
    rounds.judge_r1(100, 101, 103)
    at = rounds.at + INTERVAL
    master = answers("M", Role.MASTER, {7: 101, 9: 50}, at)
    copy = answers("R1", Role.REPLICA, {7: 103, 9: 50}, at + 1.0)
    rounds.watch.judge(snapshot(master, copy, at=at, lines=(listed("R1"),)))
    assert rounds.watch.history.is_apart("R1")
    assert reading({7: 1}, at).host == "M"


def test_a_document_of_an_older_version_keeps_its_copies_apart() -> None:
    """It held no more than the fact; the first whole comparison decides."""
    watch = Watch()
    watch.history = restore('{"master":"M","tables":{},"floors":{},"roles":{"R1":"replica"},"apart":{"R1":60.0}}')
    dead = snapshot(silent("M", 90.0), answers("R1", Role.REPLICA, {7: 150}, 91.0), at=90.0)
    assert watch.judge(dead).host("R1").promotable is False
    assert watch.judge(healthy_round({7: 150}, at=120.0, R1={7: 150})).host("R1").state is OK


def test_what_the_master_of_an_older_versions_document_had_is_evidence_when_it_is_a_replica_again() -> None:
    """M had 150 and R1 100 when R1 was promoted after an upgrade; equal numbers prove nothing about M later."""
    watch = Watch()
    watch.judge(healthy_round({7: 150}, at=0.0, R1={7: 100}))
    document = json.loads(dump(watch.history))
    old = {key: document[key] for key in ("master", "tables", "floors", "roles")} | {"apart": {}}
    watch.history = restore(json.dumps(old))
    promoted = answers("R1", Role.MASTER, {7: 100}, 30.0)
    watch.judge(snapshot(silent("M", 30.0), promoted, at=30.0, second={7: 100}, lines=()))
    later, back = answers("R1", Role.MASTER, {7: 200}, 60.0), answers("M", Role.REPLICA, {7: 200}, 61.0)
    verdict = watch.judge(snapshot(later, back, at=60.0, second={7: 200}, lines=(listed("M"),))).host("M")
    assert (verdict.state, verdict.promotable) == (ReplicaState.UNKNOWN, False)
    assert verdict.reason.startswith("wrote 50 updates in T7")
