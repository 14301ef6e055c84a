"""Of two masters one stops answering: silence neither ends two masters nor makes the other one right."""

import asyncio
from dataclasses import dataclass, field

from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.model import Host, HostName
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import Request
from boks_exporter.replication import Clearance
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import frames
from tests.unit.poller_world import POLL, World, domain, timed_out
from tests.virtual.virtual_time import VirtualClock, run_virtually

FEW = "T7 13678d 8:33:46 90 (90)"
"""N became master with fewer updates than M has, and wrote none."""
LIST_OF_N = "SERVER PCKT FAIL SYNC COUNT STATUS\nR1 00:05 00:09 1000 DOWN\n"


@dataclass
class TwoMasters(World):
    """M feeds R1; N may say that it is master too."""

    role_of_n: str = "server"
    clearances: tuple[Clearance, ...] = ()
    follows_n: bool = field(default=False)

    async def ask(self, host: Host, request: Request) -> RawReply:
        reply = await super().ask(host, request)
        if host.name == "N" and self.role_of_n == "master":
            return RawReply(frames("master", sequence=FEW, list=LIST_OF_N), b"", 0)
        return RawReply(frames("server", sequence=FEW), b"", 0) if host.name == "N" else reply


@dataclass
class Night:
    """Rounds of one domain, one after the other."""

    world: TwoMasters = field(default_factory=TwoMasters)

    def __post_init__(self) -> None:
        self.watch = DomainWatch(domain("bank", "M", "N", "R1"), self.world, VirtualClock())
        self.watch.clearances = self._clearances

    async def _clearances(self, _: str) -> tuple[Clearance, ...]:
        return self.world.clearances

    async def rounds(self, count: int = 2) -> DomainState:
        for _ in range(count):
            await self.watch.run_round(asyncio.Semaphore(9), POLL.interval_seconds)
            await asyncio.sleep(30)
        assert self.watch.view
        return self.watch.view.health.state

    def state(self, host: HostName) -> ReplicaState:
        assert self.watch.view
        return self.watch.view.health.host(host).state

    async def become_two(self) -> None:
        await self.rounds()
        self.world.role_of_n = "master"
        assert await self.rounds() is DomainState.SEVERAL_MASTERS


def test_a_master_that_does_not_answer_is_still_one_of_two() -> None:
    """The replica of the silent one is not judged by the other, and nothing is recorded against its copy."""

    async def script() -> None:
        night = Night()
        await night.become_two()
        night.world.fails["M"] = timed_out()
        assert await night.rounds(3) is DomainState.SEVERAL_MASTERS
        assert night.state("R1") is ReplicaState.UNKNOWN
        assert night.watch.view
        assert "M was master next to it, and does not answer" in night.watch.view.health.reason
        assert night.watch.view.snapshot.masters == ("N", "M")
        del night.world.fails["M"]
        assert await night.rounds() is DomainState.SEVERAL_MASTERS
        night.world.role_of_n = "server"
        await night.rounds(3)
        assert night.watch.view.snapshot.master == "M"
        assert night.state("R1") is ReplicaState.OK
        assert "R1" not in night.watch.history.evidence

    run_virtually(script())


def test_the_silent_one_is_out_by_its_own_word() -> None:
    """Once it reports another role, there is one master, by which the others are judged."""

    async def script() -> None:
        night = Night()
        await night.become_two()
        night.world.fails["M"] = timed_out()
        await night.rounds()
        del night.world.fails["M"]
        night.world.master = "nobody"
        await night.rounds()
        assert night.watch.view
        assert night.watch.view.snapshot.master == "N"

    run_virtually(script())


def test_a_host_that_is_declared_lost_is_out() -> None:
    """And the one that is left is the only master, also when it is silent itself later."""

    async def script() -> None:
        night = Night()
        await night.become_two()
        night.world.fails["M"] = timed_out()
        assert await night.rounds() is DomainState.SEVERAL_MASTERS
        at = night.watch._clock.now()
        night.world.clearances = (Clearance("M", at, "anna", "burnt", of_copy=False),)
        await night.rounds(3)
        assert night.watch.view
        assert night.watch.view.snapshot.master == "N"
        night.world.fails["N"] = timed_out()
        assert await night.rounds() is DomainState.NO_MASTER

    run_virtually(script())


def test_a_master_that_was_alone_may_be_replaced() -> None:
    """A promotion after its death is no case of two masters."""

    async def script() -> None:
        night = Night()
        await night.rounds()
        night.world.fails["M"] = timed_out()
        await night.rounds()
        night.world.role_of_n = "master"
        await night.rounds()
        assert night.watch.view
        assert night.watch.view.snapshot.master == "N"

    run_virtually(script())


def test_two_masters_are_remembered_over_a_restart() -> None:
    """The history of the state file has the terms."""

    async def script() -> None:
        night = Night()
        await night.become_two()
        again = DomainWatch(domain("bank", "M", "N", "R1"), night.world, VirtualClock(), night.watch.kept)
        night.watch, night.world.fails["M"] = again, timed_out()
        assert await night.rounds() is DomainState.SEVERAL_MASTERS

    run_virtually(script())
