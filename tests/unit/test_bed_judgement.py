"""The bed's judgement: each invariant is broken by a page that breaks it, and by no other."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.bed.catalogue import KINDS
from tests.bed.endurance import Sample, leaks
from tests.bed.invariants import Invariants
from tests.bed.layout import HOSTS, MASTER, hosts_at
from tests.bed.observations import NumberHistory, Numbers, Observation, Occurrence, Seen
from tests.bed.observer import facts
from tests.bed.schedule import Planned, episodes
from tests.nonempty import nonempty

INTERVAL: Final = 10.0
PROBE: Final = 2.5
HOST: Final = "REPHOST4"
NUMBERS: Final = NumberHistory([Numbers(float(at), dict.fromkeys(HOSTS, 1000 + at)) for at in range(400)])


def seen(host: str, at: float, **changes: Any) -> Seen:
    """Return what a healthy host's page says: read at the last full interval."""
    polled = at - at % INTERVAL
    role, state = ("master", None) if host == MASTER else ("replica", "ok")
    return replace(Seen(up=1.0, succeeded=polled, role=role, state=state, numbers=1000 + polled, lag=0.0), **changes)


def pages(change: Callable[[float], dict[str, Any]] = lambda _: {}, until: float = 200.0) -> list[Observation]:
    """Return the pages of a healthy domain, with changes of one host."""
    return [
        Observation(
            at=at,
            status=200,
            seconds=0.01,
            healthy=200,
            healthy_seconds=0.01,
            hosts={host: seen(host, at, **(change(at) if host == HOST else {})) for host in HOSTS},
            domain={"boks_domain_masters": 1.0},
        )
        for at in itertools.takewhile(lambda at: at < until, itertools.count(0.0, PROBE))
    ]


def broken(observations: Sequence[Observation], *occurrences: Occurrence) -> set[tuple[str, str]]:
    found = Invariants(observations, occurrences, NUMBERS, INTERVAL, PROBE).broken()
    return {(each.invariant, each.host) for each in found}


def occurrence(name: str, hosts: tuple[str, ...] = (HOST,), **changes: Any) -> Occurrence:
    return replace(Occurrence(name, KINDS[name], hosts[0], hosts, 50.0, 51.0, 110.0, 111.0), **changes)


def gone(first: float, last: float, **changes: Any) -> Callable[[float], dict[str, Any]]:
    """Make the host unreachable between two instants."""
    lost = {"up": 0.0, "succeeded": first, "role": "unknown", "state": "unreachable", "numbers": None, "lag": None}
    return lambda at: lost | changes if first <= at <= last else {}


def test_a_healthy_domain_breaks_nothing() -> None:
    assert broken(pages()) == set()


def test_a_host_that_is_lost_during_its_fault_breaks_nothing() -> None:
    assert broken(pages(gone(60, 120)), occurrence("link down")) == set()


@pytest.mark.parametrize(
    ("change", "name", "invariant"),
    [
        (lambda at: gone(20, 45)(at) or gone(60, 120)(at), "link down", "fresh where no fault is"),
        (gone(60, 150), "link down", "fresh where no fault is"),
        (
            lambda at: {"succeeded": 10.0} if 20 <= at < 49 else gone(60, 120)(at),
            "link down",
            "fresh where no fault is",
        ),
        (lambda _: {}, "link down", "right within three intervals"),
        (gone(60, 120), "new address", "right within three intervals"),
        (gone(60, 120, numbers=1060.0), "link down", "nothing unknown is shown"),
        (gone(60, 120, lag=0.0), "link down", "nothing unknown is shown"),
        (gone(60, 120, state="ok"), "link down", "nothing unknown is shown"),
        (lambda at: gone(60, 120)(at) | {"role": "master"}, "link down", "nothing unknown is shown"),
        (lambda at: gone(60, 120)(at) | {"evidence": ["ahead"]}, "link down", "nothing unknown is shown"),
        (lambda at: gone(60, 120)(at) or {"numbers": 1399.0}, "link down", "nothing unknown is shown"),
        (
            lambda at: gone(60, 120)(at) or ({"numbers": 1100.0} if at > 150 else {}),
            "link down",
            "nothing unknown is shown",
        ),
        (gone(60, 120, failures={"host_key": 3.0}), "link down", "reasons"),
        (lambda at: {"failures": {"timeout": 1.0}} if at > 113 else {}, "exporter frozen", "reasons"),
    ],
)
def test_a_page_that_breaks_an_invariant_is_found(change: Any, name: str, invariant: str) -> None:
    assert broken(pages(change), occurrence(name)) == {(invariant, HOST)}


def test_no_answer_is_excused_only_while_the_exporter_is_stopped() -> None:
    silent = [replace(each, status=0, healthy=0) if 60 < each.at < 100 else each for each in pages()]
    assert broken(silent, occurrence("exporter frozen", HOSTS)) == set()
    assert broken(silent, occurrence("exporter's disk full", HOSTS)) >= {("answers", "")}


@pytest.mark.parametrize(("attempts", "is_broken"), [(1, True), (3, False), (5, True)])
def test_logins_are_few_and_go_on(attempts: int, is_broken: bool) -> None:
    fault = occurrence("login refused", attempts=attempts)
    assert (("few logins", HOST) in broken(pages(gone(60, 120)), fault)) == is_broken


def test_a_clock_that_is_not_shown_to_be_wrong_is_found() -> None:
    fault = occurrence("host's clock")
    assert broken(pages(lambda _: {"clock_offset": 3600.0}), fault) == set()
    assert broken(pages(lambda _: {"clock_offset": 0.0}), fault) == {("right within three intervals", HOST)}


SAMPLES: Final = [
    Sample(rounds=100 * number, memory_bytes=10**8, descriptors=20, threads=9, tasks=12, host_processes=60)
    for number in range(25)
]


@pytest.mark.parametrize(
    ("changes", "leaked"),
    [
        ({}, []),
        ({"memory_bytes": 104_000_000}, []),
        ({"memory_bytes": 106_000_000}, ["memory grew from 100.0 MB to 106.0 MB"]),
        ({"tasks": 20}, ["tasks grew from 12 to 20"]),
        ({"host_processes": 63}, ["host_processes grew from 60 to 63"]),
        ({"rounds": 1999}, ["1999 rounds with 20 samples are too few to tell"]),
    ],
)
def test_what_grows_after_the_warm_up_is_a_leak(changes: dict[str, Any], leaked: list[str]) -> None:
    assert list(leaks([*SAMPLES[:20], *(replace(each, **changes) for each in SAMPLES[20:])])) == leaked


def test_every_kind_of_fault_comes_once_before_any_comes_again() -> None:
    planned = list(itertools.islice(episodes(KINDS, 7, 3), 20))
    first = list(itertools.chain.from_iterable(planned))[: len(KINDS)]
    assert {each.name for each in first} == set(KINDS)
    assert planned == list(itertools.islice(episodes(KINDS, 7, 3), 20))


def test_faults_at_the_same_time_concern_different_hosts() -> None:
    for episode in nonempty(itertools.islice(episodes(KINDS, 3, 4), 100)):
        concerned = [host for each in episode for host in each.hosts]
        assert len(concerned) == len(set(concerned)), episode
        assert len(episode) <= 4


def test_a_cut_site_concerns_all_its_hosts() -> None:
    (planned,) = next(episodes({"site cut off": KINDS["site cut off"]}, 1, 3))
    assert isinstance(planned, Planned)
    assert planned.hosts in {hosts_at(site) for site in ("utrecht", "rotterdam", "groningen")}


def test_a_page_is_read_by_host() -> None:
    page = """\
boks_host_up{boks_domain="bed",host="A"} 0.0
boks_replica_state{boks_domain="bed",host="A",state="ok"} 0.0
boks_replica_state{boks_domain="bed",host="A",state="unreachable"} 1.0
boks_host_poll_failures_total{boks_domain="bed",host="A",reason="dns"} 3.0
boks_table_sequence{boks_domain="bed",host="B",table="1"} 40.0
boks_table_sequence{boks_domain="bed",host="B",table="2"} 2.0
boks_replica_evidence_timestamp_seconds{boks_domain="bed",host="B",kind="ahead"} 5.0
boks_domain_masters{boks_domain="bed"} 1.0
"""
    found = facts(page)
    assert found["hosts"]["A"] == {"up": 0.0, "state": "unreachable", "failures": {"dns": 3.0}, "evidence": []}
    assert found["hosts"]["B"] == {"numbers": 42.0, "failures": {}, "evidence": ["ahead"]}
    assert found["domain"] == {"boks_domain_masters": 1.0}
