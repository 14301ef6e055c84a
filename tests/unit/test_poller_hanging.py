"""Hosts that hang, and masters that were read one after the other: what the page shows meanwhile."""

import asyncio
from dataclasses import dataclass, field

import pytest

from boks_exporter.config import PollSettings
from boks_exporter.exposition import DomainView
from boks_exporter.exposition.samples import samples
from boks_exporter.health import DomainState
from boks_exporter.model import Host, HostName, MasterReport
from boks_exporter.model.snapshot import are_proven
from boks_exporter.remote.request import READING, Request
from boks_exporter.transport.base import RawReply
from tests.nonempty import nonempty
from tests.unit.exposition_views import INFO
from tests.unit.observe_world import frames
from tests.unit.poller_world import EPOCH, LIST, Watched, World, domain, timed_out


@dataclass
class Split(World):
    """A world in which several hosts may be master, and some requests hang."""

    masters: set[HostName] = field(default_factory=lambda: {"M"})
    hangs_on: dict[HostName, Request] = field(default_factory=dict)
    time_out: float = 20.0

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Answer as a Transport."""
        if self.hangs_on.get(host.name) == request:
            await asyncio.sleep(self.time_out)
            raise timed_out()
        reply = await super().ask(host, request)
        if host.name in self.masters:
            number = 100 + int(asyncio.get_running_loop().time() / 10.0)
            printed = f"T7 13678d 8:33:46 {number} ({number})"
            return RawReply(frames("master", sequence=printed, list=LIST), b"", 0)
        return reply


def oldest(watched: Watched, host: HostName, script_seconds: float) -> float:
    """Run and return the greatest age of a host's outcome on the page, from the second round on."""
    ages: list[float] = []

    async def script(poller: Watched) -> None:
        interval = poller.poll.interval_seconds
        for step in range(int(script_seconds * 10)):
            await asyncio.sleep(0.1)
            if step / 10 > 2 * interval:
                outcome = poller.view.snapshot.outcome(host)
                assert outcome
                ages.append(asyncio.get_running_loop().time() - (outcome.started_at - EPOCH))

    watched.run(script)
    return max(nonempty(ages))


@pytest.mark.parametrize(("interval", "time_out"), [(30.0, 20.0), (30.0, 29.0), (5.0, 4.0)])
@pytest.mark.parametrize("hangs", ["at once", "at its second reading"])
def test_a_hanging_master_and_replica_age_no_other_host(interval: float, time_out: float, hangs: str) -> None:
    """A healthy host is never older than 1.3 intervals, whichever request of the master hangs."""
    world = Split(time_out=time_out, master="")
    world.takes, world.fails = {"R1": time_out}, {"R1": timed_out()}
    if hangs == "at once":
        world.takes["M"], world.fails["M"] = time_out, timed_out()
    else:
        world.hangs_on = {"M": READING}
    watched = Watched(world, poll=PollSettings(interval_seconds=interval, timeout_seconds=time_out))
    watched.take(domain("bank", "M", "R1", "R2"))
    assert oldest(watched, "R2", 10 * interval) <= 1.3 * interval


def test_more_hanging_hosts_than_are_polled_concurrently_delay_no_other() -> None:
    """A poll that hangs gives its turn back, and hosts that hung the last time come last."""
    names = [f"H{number}" for number in range(60)]
    world = World(takes=dict.fromkeys(names, 20.0), fails=dict.fromkeys(names, timed_out()))
    watched = Watched(world, poll=PollSettings(interval_seconds=30.0, timeout_seconds=20.0, concurrency=5))
    watched.take(domain("bank", "M", *names, "R1"))
    assert oldest(watched, "R1", 200.0) <= 1.3 * 30.0


def masters_of(view: DomainView) -> list[float]:
    return [value for spec, _, value in samples([view], INFO) if spec.name == "boks_domain_masters"]


def test_an_old_master_that_hangs_next_to_a_new_one_is_a_role_that_changes() -> None:
    """Its last word is older than the new master's: that proves nothing and pages no operator."""
    world = Split(master="")
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1", "R2"))
    states: list[tuple[DomainState, list[float]]] = []

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        world.takes["M"], world.fails["M"] = 20.0, timed_out()
        world.masters = {"M", "R2"}
        await asyncio.sleep(19.0)
        states.append((poller.view.health.state, masters_of(poller.view)))
        await asyncio.sleep(25.0)
        states.append((poller.view.health.state, masters_of(poller.view)))

    watched.run(script)
    assert states[0] == (DomainState.ROLE_CHANGING, [])
    assert states[1][0] is not DomainState.SEVERAL_MASTERS
    assert states[1][1] == [1.0]


def test_two_masters_that_answer_are_proven_in_the_round_that_meets_them() -> None:
    """One is read as master, then the other, then the first again."""
    world = Split(master="")
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1", "R2"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        world.masters = {"M", "R2"}
        await asyncio.sleep(20.0)
        assert poller.view.health.state is DomainState.SEVERAL_MASTERS
        assert masters_of(poller.view) == [2.0]

    watched.run(script)


def test_two_slow_masters_are_proven_over_two_rounds() -> None:
    """Each takes most of its time-out, so that nothing more fits into a round."""
    world = Split(master="", masters={"M", "R2"}, takes={"M": 18.0, "R2": 18.0})
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1", "R2"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(200.0)
        assert poller.view.health.state is DomainState.SEVERAL_MASTERS

    watched.run(script)


A, B = "A", "B"


@pytest.mark.parametrize(
    ("reports", "proven"),
    [
        ([], False),
        ([(A, 0, 1), (B, 2, 3)], False),
        ([(A, 0, 1), (B, 2, 3), (A, 4, 5)], True),
        ([(B, 0, 1), (A, 2, 3), (A, 4, 5)], False),
        ([(A, 0, 1), (B, 0, 1), (A, 2, 3)], False),
        ([(A, 0, 1), (B, 0, 1), (A, 2, 3), (B, 4, 5)], True),
        ([(A, 0, 9), (B, 1, 8), (A, 10, 19), (B, 11, 18)], True),
        ([(A, 0, 3), (B, 2, 5), (A, 4, 7)], False),
        ([(A, 0, 1), ("C", 2, 3), (A, 4, 5)], False),
    ],
)
def test_what_proves_two_masters(reports: list[tuple[str, float, float]], *, proven: bool) -> None:
    """A change of masters, in either direction and at any instant between two polls, explains none of the proofs."""
    assert are_proven([MasterReport(*report) for report in reports], [A, B]) is proven


def test_an_old_master_that_hangs_before_it_is_asked_again_is_never_a_second_one() -> None:
    """Nothing proved two masters, so its silence afterwards does not leave two either."""
    world = Split(master="")
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1", "R2"))
    states: set[DomainState] = set()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        world.masters = {"M", "R2"}
        await asyncio.sleep(15.15)
        world.takes["M"], world.fails["M"] = 20.0, timed_out()
        for _ in range(80):
            await asyncio.sleep(1.0)
            states.add(poller.view.health.state)

    watched.run(script)
    assert DomainState.ROLE_CHANGING in states
    assert DomainState.SEVERAL_MASTERS not in states
