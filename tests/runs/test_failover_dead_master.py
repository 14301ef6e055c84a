"""A dead master is waited for once; when it comes back, it is seen, however slow it is."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from boks_exporter.failover.dead_hosts import DeadHosts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.survey import Survey
from boks_exporter.model import Host
from boks_exporter.remote.request import Request
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from boks_exporter.transport.base import RawReply, Transport
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock, run_virtually

TIMEOUT = 20.0
"""Of the simulated transports."""


@dataclass
class Slow:
    """A transport on which one host takes its time."""

    transport: Transport
    host: str
    seconds: float = 0.0

    async def ask(self, host: Host, request: Request) -> RawReply:
        if host.name == self.host:
            await VirtualClock().sleep(self.seconds)
        return await self.transport.ask(host, request)


async def seconds_of_a_round(world: World, survey: Survey) -> float:
    begins = VirtualClock().monotonic()
    await survey.observe(JournalView())
    return VirtualClock().monotonic() - begins


def test_only_the_first_round_waits_for_a_dead_master(journals: Path) -> None:
    """Every later one takes as long as the hosts that answer, and a moment."""
    world = World.at(journals)

    async def scene() -> list[float]:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        return [await seconds_of_a_round(world, survey) for _ in range(4)]

    first, *later = virtually(scene)
    assert first >= TIMEOUT
    assert max(later) < TIMEOUT / 4


def test_a_master_that_comes_back_is_seen_in_the_next_round(journals: Path) -> None:
    """Also where a request to it is still on its way, which will fail."""
    world = World.at(journals)

    async def scene() -> list[tuple[str, ...]]:
        survey = await world.bereaved()
        seen = []
        for _ in range(3):
            await survey.observe(JournalView())
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        for _ in range(12):
            await VirtualClock().sleep(3.0)
            seen.append(tuple((await survey.observe(JournalView())).snapshot.masters))
        return seen

    seen = virtually(scene)
    assert (MASTER,) in seen
    assert set(seen[seen.index((MASTER,)) :]) == {(MASTER,)}


def test_a_promotion_does_not_wait_for_the_dead_master_in_every_round(journals: Path) -> None:
    """Both plans, the lock and the point of no return wait for it; the other rounds do not."""
    world = World.at(journals)

    async def scene() -> float:
        survey = await world.bereaved()
        begins = VirtualClock().monotonic()
        assert (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit is Exit.DONE
        return VirtualClock().monotonic() - begins

    assert virtually(scene) < 6 * TIMEOUT


@pytest.mark.parametrize("seconds", [0.5, 3.0, 10.0])
def test_a_slow_master_that_comes_back_before_the_point_of_no_return_forbids_it(journals: Path, seconds: float) -> None:
    """It is waited for there with the whole time-out: a second master is never made because one is slow."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = await world.bereaved()
        slow = Slow(survey.transport, MASTER)
        survey.transport = slow
        plan = (await world.proposal(Procedure.PROMOTE, FIRST, survey)).plan
        convert = next(step for step in plan.steps if step.point_of_no_return)

        class Said(list[str]):
            def append(self, text: str) -> None:
                if text.startswith(f"step {convert.number}/"):
                    world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
                    slow.seconds = seconds

        # No replica reaches it, so only its own answer shows that it is back.
        world.gates.overrides |= {host: {"reach": "timeout"} for host in (FIRST, SECOND, THIRD)}
        world.said = Said()
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.UNCHANGED
    assert running_masters(world.domain) == (MASTER,)
    assert world.observer.breaches == []


@dataclass
class Answers:
    """A host that answers after so many seconds, with a word; `dead` is its time-out."""

    seconds: float
    word: str
    asked: list[float] = field(default_factory=list)

    async def __call__(self) -> str:
        self.asked.append(VirtualClock().monotonic())
        word = self.word
        await VirtualClock().sleep(self.seconds)
        return word


def is_dead(word: str) -> bool:
    return word == "dead"


def test_a_reply_to_an_earlier_round_is_never_that_of_this_one() -> None:
    """A host that answers late is asked again, and its new answer counts."""

    async def scene() -> None:
        hosts, host = DeadHosts(), Answers(10.0, "dead")
        assert await hosts.ask("m1", host, is_dead) == "dead"
        host.seconds, host.word = 2.5, "old"
        assert await hosts.ask("m1", host, is_dead) == "dead", "it has not answered within a second"
        host.word = "new"
        assert await hosts.ask("m1", host, is_dead) == "dead"
        assert await hosts.ask("m1", host, is_dead) == "new"
        assert len(host.asked) == 3
        host.word = "dead"
        assert await hosts.ask("m1", host, is_dead) == "dead"

    run_virtually(scene())


def test_a_host_that_answered_between_two_rounds_is_waited_for_again() -> None:
    async def scene() -> None:
        hosts, host = DeadHosts(), Answers(10.0, "dead")
        await hosts.ask("m1", host, is_dead)
        host.seconds, host.word = 5.0, "alive"
        assert await hosts.ask("m1", host, is_dead) == "dead"
        await VirtualClock().sleep(30.0)
        assert await hosts.ask("m1", host, is_dead) == "alive"

    run_virtually(scene())


def test_a_patient_round_waits_for_every_host() -> None:
    """And what was on its way is cancelled with the survey."""

    async def scene() -> None:
        hosts, host = DeadHosts(), Answers(10.0, "dead")
        await hosts.ask("m1", host, is_dead)
        host.word = "alive"
        hosts.is_patient = True
        begins = VirtualClock().monotonic()
        assert await hosts.ask("m1", host, is_dead) == "alive"
        assert VirtualClock().monotonic() - begins == 10.0
        host.word, hosts.is_patient = "dead", False
        await hosts.ask("m1", host, is_dead)
        await hosts.ask("m1", host, is_dead)
        await hosts.aclose()
        assert await hosts.ask("m2", host, is_dead) == "dead"

    run_virtually(scene())
