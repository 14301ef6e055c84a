"""The sentence that the person on call reads, for every verdict."""

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.health import ReplicaState
from boks_exporter.model import Garbled, ReplicaLine, Role, Section, SectionFault
from tests.unit.domain_rounds import (
    NUMBERS,
    STAMP,
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


def test_ok_rests_on_the_list_and_on_the_numbers() -> None:
    """Both proofs are named."""
    assert summary(of_replica(HEALTHY, listed("R1"))) == (ReplicaState.OK, "listed as OK, nothing ahead", ())


@pytest.mark.parametrize(
    ("numbers", "under_way"),
    [({7: 99, 9: 50}, "1 update"), ({7: 10, 9: 50}, "90 updates")],
)
def test_updates_under_way_are_no_fault(numbers: dict[int, int], under_way: str) -> None:
    """A few missing updates in a one-shot poll are counted as in flight."""
    verdict = of_replica(answers("R1", Role.REPLICA, numbers), listed("R1"))
    assert summary(verdict) == (ReplicaState.OK, f"listed as OK, nothing ahead, {under_way} in flight", ())


def test_a_table_that_the_master_has_just_got_is_neither_ok_nor_a_fault() -> None:
    """It may be in flight, but it was not read on both servers."""
    watch = Watch()
    watch.judge(healthy_round({7: 100}, R1={7: 100}))
    health = watch.judge(healthy_round({7: 101, 44: 1, 48: 1}, at=30.0, R1={7: 100}))
    assert summary(health.host("R1")) == (
        ReplicaState.UNKNOWN,
        "lacks T44 (users to LDAP), T48 (user to GID), which the master has; in flight, as far as is known",
        (),
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "cannot be polled (timeout): no answer within 20 s"),
        ((listed("R1"),), "cannot be polled (timeout): no answer within 20 s; the master lists it as OK"),
        (
            (listed("R1", "RESTING"),),
            "cannot be polled (timeout): no answer within 20 s; the master lists it as RESTING",
        ),
        (
            (listed("R1", "DOWN"),),
            "cannot be polled (timeout): no answer within 20 s; the master lists it as DOWN too",
        ),
    ],
)
def test_a_host_that_does_not_answer_is_unreachable_and_the_list_counts(
    lines: tuple[ReplicaLine, ...], reason: str
) -> None:
    """Unreachable proves nothing about BoKS, so the master's list is shown too."""
    verdict = of_replica(silent("R1"), *lines)
    assert (verdict.state, verdict.reason) == (ReplicaState.UNREACHABLE, reason)


def test_a_reply_that_is_none_is_a_host_that_cannot_be_looked_at() -> None:
    """The detail names what was received instead."""
    garbled = Garbled("R1", 1.0, 1.5, FailureReason.PARSE, "the reply is not the gate's", "hello")
    assert of_replica(garbled, listed("R1")).reason == (
        "cannot be polled (parse): the reply is not the gate's; the master lists it as OK"
    )


def test_down_is_reported_with_the_silence_and_whether_it_answers() -> None:
    """The published line: last packet 2:59 ago, last failure later than that."""
    assert summary(of_replica(HEALTHY, listed("R1", "DOWN", packet=179.0, failure=133.0))) == (
        ReplicaState.DOWN,
        "the master lists it as DOWN, though it answers; last packet 2 min 59 s before",
        ("the last failed update (2 min 13 s before) came after the last packet",),
    )
    silence = of_replica(silent("R1"), listed("R1", "DOWN", packet=None))
    assert silence.evidence == ("the master lists it as DOWN",)


def test_ahead_names_the_worst_table_and_counts_the_others() -> None:
    """A person can go on with the number and the table's unofficial name."""
    both = of_replica(answers("R1", Role.REPLICA, {7: 107, 9: 51}), listed("R1"))
    one = of_replica(answers("R1", Role.REPLICA, {7: 101, 9: 50}), listed("R1"))
    three = judge_one_shot(healthy_round({7: 1, 9: 1, 50: 1}, R1={7: 3, 9: 3, 50: 9})).host("R1")
    assert summary(both) == (
        ReplicaState.AHEAD,
        "ahead of the master by 7 updates in T7 (host group to host) and by as much or less in 1 other",
        (),
    )
    assert one.reason == "ahead of the master by 1 update in T7 (host group to host)"
    assert three.reason == "ahead of the master by 8 updates in T50 and by as much or less in 2 others"


def test_lagging_shows_amount_table_and_age() -> None:
    """The age is what is proven."""
    watch = Watch()
    watch.judge(healthy_round(NUMBERS, R1={7: 90, 9: 49}))
    health = watch.judge(healthy_round(NUMBERS, at=150.0, R1={7: 90, 9: 49}))
    assert summary(health.host("R1")) == (
        ReplicaState.LAGGING,
        (
            "behind the master by 10 updates in T7 (host group to host) and by as much or less in 1 other; "
            "the oldest is at least 2 min 30 s old"
        ),
        (),
    )


def test_very_many_missing_updates_are_lag_even_at_a_one_shot_poll() -> None:
    """Without ages, an amount that cannot be under way."""
    health = judge_one_shot(healthy_round({7: 5000}, R1={7: 3000}))
    assert summary(health.host("R1")) == (
        ReplicaState.LAGGING,
        "behind the master by 2000 updates in T7 (host group to host)",
        (),
    )


def test_ahead_and_lagging_together_is_diverged_with_both_as_evidence() -> None:
    """A copy that has what the master never had and lacks what it has is no copy."""
    watch = Watch()
    watch.judge(healthy_round(NUMBERS, R1={7: 90, 9: 55}))
    health = watch.judge(healthy_round(NUMBERS, at=150.0, R1={7: 90, 9: 55}))
    behind = "behind the master by 10 updates in T7 (host group to host); the oldest is at least 2 min 30 s old"
    assert summary(health.host("R1")) == (
        ReplicaState.DIVERGED,
        f"ahead in T9 (host to host group) and {behind}",
        ("ahead of the master by 5 updates in T9 (host to host group)", behind),
    )


def test_a_missing_table_is_diverged() -> None:
    health = judge_one_shot(healthy_round({7: 1, 9: 1, 14: 1, 15: 1, 99: 1}, R1={7: 1}))
    assert summary(health.host("R1")) == (
        ReplicaState.DIVERGED,
        (
            "lacks T9 (host to host group), T14 (HTTPS certificates), T15 (IP address to host) and 1 more, "
            "which the master has"
        ),
        (),
    )


def test_another_stamp_is_diverged_and_its_numbers_prove_nothing() -> None:
    """Numbers of another generation are neither ahead nor behind."""
    verdict = of_replica(answers("R1", Role.REPLICA, {7: 9000, 9: 50}, stamps={7: STAMP + 1}), listed("R1"))
    assert summary(verdict) == (
        ReplicaState.DIVERGED,
        "another generation than the master's (the stamp differs) of T7 (host group to host)",
        (),
    )


def test_loading_is_loading_whatever_it_lacks() -> None:
    """That it lags meanwhile is no news."""
    verdict = of_replica(answers("R1", Role.REPLICA, {7: 3}), listed("R1", "LOADING"))
    assert summary(verdict) == (ReplicaState.LOADING, "the master lists it as loading its copy", ())


def test_numbers_that_went_back_are_a_copy_that_loads_again() -> None:
    """The list is read before the replica, so it may still show OK."""
    watch = Watch()
    watch.judge(healthy_round(NUMBERS, R1=NUMBERS))
    health = watch.judge(healthy_round(NUMBERS, at=30.0, R1={7: 3}))
    assert summary(health.host("R1")) == (
        ReplicaState.LOADING,
        "its numbers went back since the last poll: it reloads its copy or was restored",
        (),
    )


def test_a_replica_that_the_master_does_not_list_is_unlisted() -> None:
    """It gets no updates, even if it lacks none yet."""
    assert summary(of_replica(HEALTHY)) == (ReplicaState.UNLISTED, "is a replica, but M does not list it", ())


def test_an_unknown_status_is_not_read_as_ok() -> None:
    assert summary(of_replica(HEALTHY, listed("R1", "RESTING"))) == (
        ReplicaState.UNKNOWN,
        "the master lists it with the status 'RESTING', whose meaning is not known",
        (),
    )


def test_a_client_where_the_master_expects_a_replica_is_a_finding() -> None:
    """Logins are expected of it, so it counts as a replica; without a line it is a client and ok."""
    client = answers("R1", Role.CLIENT, None)
    unlike = of_replica(client, listed("R1"))
    assert summary(unlike) == (
        ReplicaState.UNKNOWN,
        "reports to be a client, but M lists it as a replica (OK)",
        (),
    )
    assert unlike.is_replica
    down = of_replica(client, listed("R1", "DOWN", packet=3600.0))
    assert summary(down) == (
        ReplicaState.DOWN,
        "the master lists it as DOWN, though it answers; last packet 1 h 0 min before",
        ("reports to be a client, but M lists it as a replica (DOWN)",),
    )
    plain = of_replica(client)
    assert (*summary(plain), plain.is_replica) == (ReplicaState.OK, "is a client", (), False)


FAULT = SectionFault(Section.SEQUENCE, FailureReason.TIMEOUT, "sequence was cut by the gate's time limit on the host")


def test_a_section_that_brought_nothing_is_reported() -> None:
    """A hanging boksdiag leaves the verdict unknown and is named as the cause."""
    assert summary(of_replica(answers("R1", Role.REPLICA, None, faults=(FAULT,)), listed("R1"))) == (
        ReplicaState.UNKNOWN,
        "sequence was cut by the gate's time limit on the host",
        (),
    )


def test_what_is_missing_for_a_proof_is_named() -> None:
    """Which reading failed, or that the list did."""
    master = answers("M", Role.MASTER, NUMBERS, 0.0)
    lines = (listed("R1"),)
    assert (
        judge_one_shot(snapshot(master, HEALTHY, second=NUMBERS)).host("R1").reason
        == "the master's list could not be read"
    )
    assert judge_one_shot(snapshot(master, HEALTHY, lines=lines)).host("R1").reason == (
        "the master's numbers could not be read after the replica's"
    )
    late = answers("M", Role.MASTER, NUMBERS, 0.9)
    assert judge_one_shot(snapshot(late, HEALTHY, second=NUMBERS, lines=lines)).host("R1").reason == (
        "the master's numbers could not be read before the replica's"
    )
    assert judge_one_shot(snapshot(late, HEALTHY, lines=lines)).host("R1").reason == (
        "the master lists it as OK, but its numbers could not be compared"
    )
    assert judge_one_shot(snapshot(master, answers("R1", Role.REPLICA, None), lines=lines)).host("R1").reason == (
        "the master lists it as OK, but its numbers could not be compared"
    )
