"""The verdict on a whole domain."""

from dataclasses import replace

from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.model import Host, ReplicaList, Role
from tests.unit.domain_rounds import answers, healthy_round, judge_one_shot, listed, silent, snapshot

NUMBERS = {7: 100}
MASTER = answers("M", Role.MASTER, NUMBERS, 0.0)
R1 = answers("R1", Role.REPLICA, NUMBERS)


def test_a_healthy_domain_is_ok() -> None:
    """The reason names the master and counts the replicas."""
    two = judge_one_shot(healthy_round(NUMBERS, R1=NUMBERS, R2=NUMBERS))
    assert (two.state, two.reason) == (DomainState.OK, "M is master, 2 replicas are ok")
    one = judge_one_shot(healthy_round(NUMBERS, R1=NUMBERS))
    assert (one.state, one.reason) == (DomainState.OK, "M is master, 1 replica is ok")
    alone = judge_one_shot(snapshot(MASTER, lines=()))
    assert (alone.state, alone.reason) == (DomainState.OK, "M is master, 0 replicas are ok")


def test_a_faulty_host_degrades_the_domain_and_is_named() -> None:
    """At most three are named, the rest is counted."""
    lines = tuple(listed(f"R{index}", "DOWN") for index in range(1, 6))
    replicas = {f"R{index}": NUMBERS for index in range(1, 6)}
    health = judge_one_shot(healthy_round(NUMBERS, lines=lines, **replicas))
    assert (health.state, health.reason) == (
        DomainState.DEGRADED,
        "R1 is down, R2 is down, R3 is down and 2 more",
    )
    assert health.counts[ReplicaState.DOWN] == 5
    assert health.counts[ReplicaState.OK] == 0
    assert set(health.counts) == set(ReplicaState)


def test_a_listed_name_that_is_not_watched_degrades_the_domain() -> None:
    """A replica that is not looked at may be anything."""
    health = judge_one_shot(healthy_round(NUMBERS, lines=(listed("R1"), listed("STRANGER", "DOWN")), R1=NUMBERS))
    assert (health.state, health.reason) == (DomainState.DEGRADED, "STRANGER (DOWN) is listed, but not watched")


def test_a_watched_replica_that_is_not_listed_degrades_the_domain() -> None:
    """It gets no updates."""
    health = judge_one_shot(healthy_round(NUMBERS, lines=(), R1=NUMBERS))
    assert (health.state, health.reason) == (DomainState.DEGRADED, "R1 is unlisted")


def test_too_little_known_is_unknown() -> None:
    """Nothing is wrong, and ok is not proven."""
    health = judge_one_shot(snapshot(MASTER, R1, lines=(listed("R1"),)))
    assert (health.state, health.reason) == (DomainState.UNKNOWN, "too little is known about R1")


def test_several_masters_come_before_everything_else() -> None:
    """Split brain is the worst that can be."""
    health = judge_one_shot(snapshot(MASTER, answers("N", Role.MASTER, NUMBERS), silent("R1")))
    assert (health.state, health.reason) == (DomainState.SEVERAL_MASTERS, "M, N all report to be master")


def test_of_several_masters_it_is_reported_which_works_and_which_would_at_its_next_start() -> None:
    """BOKSINIT is master on a stopped host too, which makes two masters as soon as BoKS starts there."""
    new = replace(answers("N", Role.MASTER, NUMBERS), replicas=ReplicaList(()))
    health = judge_one_shot(snapshot(MASTER, new))
    assert health.state is DomainState.SEVERAL_MASTERS
    assert health.reason == (
        "M, N all report to be master; N shows its list of replicas, M does not: if BoKS is stopped on M, there are "
        "two masters as soon as it starts (failover retire M)"
    )


def test_no_master_shows_what_became_of_the_last_one() -> None:
    """It does not answer, has another role, is no longer polled, or was never seen."""
    started = "no host that answers reports to be master"
    reasons = {
        judge_one_shot(snapshot(silent("M"), R1, last_master="M")).reason,
        judge_one_shot(snapshot(answers("M", Role.CLIENT, None), R1, last_master="M")).reason,
        judge_one_shot(snapshot(R1, last_master="M")).reason,
        judge_one_shot(snapshot(R1)).reason,
    }
    assert reasons == {
        f"{started}; M, the last known one, does not answer (timeout)",
        "no host reports to be master; M, the last known one, has another role now",
        "no host reports to be master; M, the last known one, is no longer polled",
        f"{started}, and none has been seen",
    }
    assert judge_one_shot(snapshot(R1)).state is DomainState.NO_MASTER


def test_without_an_answer_nothing_is_known() -> None:
    """An exporter that is cut off does not report a domain without a master."""
    health = judge_one_shot(snapshot(silent("M"), silent("R1"), last_master="M"))
    assert (health.state, health.reason) == (DomainState.UNKNOWN, "no host answers")


def test_verdicts_are_found_by_name_in_the_order_of_the_hosts() -> None:
    """One verdict for each host."""
    seen = snapshot(MASTER, R1, lines=(), hosts=(Host("M", "192.0.2.1"), Host("R1", "192.0.2.2")))
    health = judge_one_shot(seen)
    assert [verdict.host for verdict in health.hosts] == ["M", "R1"]
    assert health.host("R1") is health.hosts[1]
