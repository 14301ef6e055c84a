"""Reasons for a domain without its one master, for masters, and for hosts with unexpected replies."""

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.health import ReplicaState
from boks_exporter.model import Environment, Role, Section, SectionFault
from tests.unit.domain_rounds import (
    NUMBERS,
    Watch,
    answers,
    healthy_round,
    judge_one_shot,
    listed,
    of_replica,
    silent,
    snapshot,
    summary,
)

HEALTHY = answers("R1", Role.REPLICA, NUMBERS)


FAULT = SectionFault(Section.SEQUENCE, FailureReason.TIMEOUT, "sequence was cut by the gate's time limit on the host")


T7 = "T7 (host group to host)"


def test_without_a_master_replicas_are_compared_with_one_another() -> None:
    """Whom to promote is the question then."""
    health = judge_one_shot(
        snapshot(
            silent("M"),
            answers("R1", Role.REPLICA, {7: 100}),
            answers("R2", Role.REPLICA, {7: 99}),
            answers("R3", Role.REPLICA, None),
        )
    )
    assert [(verdict.state, verdict.reason) for verdict in health.hosts[1:]] == [
        (ReplicaState.UNKNOWN, "no master answers; no reachable server is more advanced"),
        (ReplicaState.UNKNOWN, "no master answers; 1 update behind the most advanced reachable server"),
        (ReplicaState.UNKNOWN, "no master answers"),
    ]


def test_a_copy_that_was_ahead_before_the_master_died_is_reported_as_such() -> None:
    watch = Watch()
    watch.judge(healthy_round({7: 100}, R1={7: 150}, R2={7: 100}))
    health = watch.judge(
        snapshot(
            silent("M", 600.0),
            answers("R1", Role.REPLICA, {7: 150}, 601.0),
            answers("R2", Role.REPLICA, {7: 100}, 601.0),
            at=600.0,
        )
    )
    assert summary(health.host("R1")) == (
        ReplicaState.AHEAD,
        f"ahead of the master by 50 updates in {T7}, last proven at 00:00 UTC and not disproved since",
        (),
    )
    assert summary(health.host("R2"))[1] == "no master answers; no reachable server is more advanced"


def test_two_masters_accuse_each_other() -> None:
    """Which master's numbers are right is unknown."""
    health = judge_one_shot(
        snapshot(answers("M", Role.MASTER, NUMBERS, 0.0), answers("N", Role.MASTER, NUMBERS, 1.0), HEALTHY)
    )
    assert [(verdict.state, verdict.reason) for verdict in health.hosts] == [
        (ReplicaState.UNKNOWN, "reports to be master, as does N"),
        (ReplicaState.UNKNOWN, "reports to be master, as does M"),
        (ReplicaState.UNKNOWN, "M, N all report to be master; no reachable server is more advanced"),
    ]


def test_the_master_is_ok_if_everything_could_be_read() -> None:
    """Its own verdict rests on its role, its numbers and its list."""
    whole = judge_one_shot(snapshot(answers("M", Role.MASTER, NUMBERS), lines=()))
    part = judge_one_shot(snapshot(answers("M", Role.MASTER, None, faults=(FAULT,))))
    assert summary(whole.hosts[0]) == (ReplicaState.OK, "is the master", ())
    assert summary(part.hosts[0]) == (
        ReplicaState.UNKNOWN,
        "sequence was cut by the gate's time limit on the host",
        ("is the master, but not everything could be read",),
    )


@pytest.mark.parametrize(
    ("boksinit", "word"), [("king", "BOKSINIT is 'king'"), (None, "BOKSINIT is missing")], ids=["strange", "missing"]
)
def test_an_unknown_role_is_reported_with_its_word(boksinit: str | None, word: str) -> None:
    """A listed host counts as a replica whatever role it reports."""
    verdict = of_replica(answers("R1", Role.UNKNOWN, None, environment=Environment(boksinit)))
    assert summary(verdict) == (ReplicaState.UNKNOWN, f"{word}, expected master, server or client", ())
    fault = SectionFault(Section.ROLE, FailureReason.EXIT_STATUS, "role ended with 1")
    unread = of_replica(answers("R1", Role.UNKNOWN, None, faults=(fault,)), listed("R1"))
    assert (*summary(unread), unread.is_replica) == (ReplicaState.UNKNOWN, "role ended with 1", (), True)


def test_a_table_that_only_the_replica_has_is_not_ok() -> None:
    """The copy may hold updates that the master never had."""
    verdict = of_replica(answers("R1", Role.REPLICA, {**NUMBERS, 54: 1}), listed("R1"))
    assert summary(verdict) == (
        ReplicaState.UNKNOWN,
        "T54 could not be compared: R1 has it, the master does not",
        ("has T54, which the master does not have",),
    )
    assert not verdict.promotable


def test_who_was_a_replica_is_one_while_it_does_not_answer() -> None:
    """An unreachable master or client does not become a replica, a listed unknown host does."""
    watch = Watch()
    watch.judge(snapshot(answers("M", Role.MASTER, NUMBERS, 0.0), HEALTHY, answers("C", Role.CLIENT, None), lines=()))
    lines = (listed("X"),)
    gone = snapshot(
        answers("M", Role.MASTER, NUMBERS, 30.0), silent("R1"), silent("C"), silent("X"), at=30.0, lines=lines
    )
    assert [(verdict.host, verdict.is_replica) for verdict in watch.judge(gone).hosts] == [
        ("M", False),
        ("R1", True),
        ("C", False),
        ("X", True),
    ]
    dead = snapshot(silent("M"), silent("R1"), at=60.0, last_master="M")
    assert [verdict.is_replica for verdict in watch.judge(dead).hosts] == [False, True]
