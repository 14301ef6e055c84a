"""Whether a replica could become master, as far as it can be judged from outside."""

from dataclasses import replace

import pytest

from boks_exporter.health import HostVerdict
from boks_exporter.model import Environment, Host, Observed, Promotion, ReplicaLine, Role
from tests.unit.domain_rounds import Watch, answers, healthy_round, judge_one_shot, listed, silent, snapshot

NUMBERS = {7: 100}
MASTER = answers("M", Role.MASTER, NUMBERS, 0.0, environment=Environment("master", 16000))
R1 = answers("R1", Role.REPLICA, NUMBERS, environment=Environment("server", 16000))
HOSTS = (Host("M", "192.0.2.1"), Host("R1", "192.0.2.2"))


def of(master: Observed, replica: Observed, host: Host = HOSTS[1], *lines: ReplicaLine) -> HostVerdict:
    """Judge R1 in a one-shot poll."""
    lines = lines or (listed("R1"),)
    return judge_one_shot(snapshot(master, replica, hosts=(HOSTS[0], host), second=NUMBERS, lines=lines)).host("R1")


def test_a_healthy_replica_is_promotable() -> None:
    """Nothing that can be judged from outside speaks against it."""
    verdict = of(MASTER, R1)
    assert (verdict.promotable, verdict.promotable_reasons) == (True, ())


def test_a_master_and_a_client_are_no_candidates() -> None:
    """What is no replica has no such verdict."""
    health = judge_one_shot(snapshot(MASTER, answers("C", Role.CLIENT, None), lines=()))
    assert [(verdict.promotable, verdict.promotable_reasons) for verdict in health.hosts] == [(None, ()), (None, ())]


@pytest.mark.parametrize(
    ("numbers", "lines", "reason"),
    [
        ({7: 105}, (listed("R1"),), "it is ahead of its master"),
        ({9: 1}, (listed("R1"),), "its data have diverged"),
        ({7: 100}, (listed("R1", "DOWN"),), "the master lists it as DOWN"),
        ({7: 100}, (listed("R1", "LOADING"),), "it is loading its copy"),
        ({7: 100}, (listed("R2"),), "the master does not list it"),
    ],
)
def test_a_faulty_replica_is_not_promotable(
    numbers: dict[int, int], lines: tuple[ReplicaLine, ...], reason: str
) -> None:
    """Its state is the reason."""
    verdict = of(MASTER, answers("R1", Role.REPLICA, numbers), HOSTS[1], *lines)
    assert (verdict.promotable, verdict.promotable_reasons) == (False, (reason,))


def test_a_lagging_and_an_unreachable_one_are_not() -> None:
    """As above, for the states that a single reply cannot show."""
    lagging = judge_one_shot(healthy_round({7: 5000}, R1={7: 1})).host("R1")
    assert lagging.promotable_reasons == ("it is lagging",)
    away = judge_one_shot(snapshot(MASTER, silent("R1"), lines=(listed("R1"),))).host("R1")
    assert (away.promotable, away.promotable_reasons) == (False, ("it cannot be polled",))


def test_the_operators_wish_is_a_reason() -> None:
    """promotion: never is never."""
    verdict = of(MASTER, R1, replace(HOSTS[1], promotion=Promotion.NEVER))
    assert (verdict.promotable, verdict.promotable_reasons) == (False, ("the configuration has promotion: never",))


def test_another_shared_memory_size_is_a_reason() -> None:
    smaller = replace(R1, environment=Environment("server", 8000))
    assert of(MASTER, smaller).promotable_reasons == ("its SHM_SIZE is 8000, the master's is 16000",)
    assert of(MASTER, replace(R1, environment=Environment("server"))).promotable is True


@pytest.mark.parametrize(
    ("admitted", "promotable"),
    [
        (None, True),
        ("192.0.2.1 192.0.2.2", True),
        ("192.0.2.1,192.0.2.2", True),
        ("BCASTADDR", True),
        ("192.0.2.1", False),
        ("", False),
    ],
)
def test_bridges_that_would_refuse_it_are_named(admitted: str | None, *, promotable: bool) -> None:
    environment = Environment("server", 16000, admitted)
    verdict = of(replace(MASTER, environment=environment), replace(R1, environment=environment))
    reason = "BRIDGE_ACCEPT_MASTER_IPS on M, R1 does not name 192.0.2.2"
    assert (verdict.promotable, verdict.promotable_reasons) == (promotable, () if promotable else (reason,))


def test_a_host_known_by_name_cannot_be_looked_up_in_a_list_of_addresses() -> None:
    """Then it is not known whether the bridges would refuse it."""
    by_name = Host("R1", "r1.example.net")
    restricted = replace(R1, environment=Environment("server", 16000, "192.0.2.2"))
    assert of(MASTER, restricted, by_name).promotable is None
    assert of(MASTER, R1, by_name).promotable is True


def test_too_little_known_is_neither_yes_nor_no() -> None:
    """A replica whose numbers could not be compared may be anything."""
    assert of(MASTER, answers("R1", Role.REPLICA, None)).promotable is None
    assert of(MASTER, R1, HOSTS[1], listed("R1", "RESTING")).promotable is None
    split = judge_one_shot(snapshot(MASTER, answers("N", Role.MASTER, NUMBERS), R1))
    assert split.host("R1").promotable is None


def test_with_the_master_dead_the_most_advanced_healthy_copy_is_promotable() -> None:
    watch = Watch()
    watch.judge(healthy_round(NUMBERS, R1={7: 150}, R2=NUMBERS, R3={7: 98}))
    health = watch.judge(
        snapshot(
            silent("M", 30.0),
            answers("R1", Role.REPLICA, {7: 150}, 31.0),
            answers("R2", Role.REPLICA, {7: 100}, 31.0),
            answers("R3", Role.REPLICA, {7: 98}, 31.0),
            answers("R4", Role.REPLICA, None, 31.0),
            at=30.0,
        )
    )
    assert [(v.host, v.promotable, v.promotable_reasons) for v in health.hosts[1:]] == [
        ("R1", False, ("it is ahead of its master",)),
        ("R2", True, ()),
        ("R3", False, ("it is 2 updates behind the most advanced reachable server",)),
        ("R4", None, ()),
    ]
