"""Sections that are expensive on the hosts are polled at an interval of their own."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from boks_exporter.model import Host, HostName, Observed, Section
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import EVERY_GATE, EVERYTHING, Request
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import frames
from tests.unit.poller_world import LIST, POLL, SetClock, Watched, World, domain
from tests.virtual.virtual_time import run_virtually

MEMORY = "Total: 1000, Free: 800, Used: 200, Largest free: 700\n"


@dataclass
class Recording(World):
    """Notes the sections of each request; memory can be made to fail."""

    requests: list[tuple[float, HostName, tuple[Section, ...]]] = field(default_factory=list)
    memory: str = MEMORY

    async def ask(self, host: Host, request: Request) -> RawReply:
        self.requests.append((asyncio.get_running_loop().time(), host.name, request.sections))
        await asyncio.sleep(0.1)
        sections = {"sequence": "T7 13678d 8:33:46 100 (100)"}
        if Section.MEMORY in request.sections:
            sections["memory"] = self.memory
        if host.name == "M":
            return RawReply(frames("master", list=LIST, **sections), b"", 0)
        return RawReply(frames("server", **sections), b"", 0)

    def rare(self, host: HostName) -> list[int]:
        """The times at which a host was asked for its memory."""
        return [int(at) for at, name, sections in self.requests if name == host and Section.MEMORY in sections]


def test_rare_sections_are_polled_at_their_interval_and_keep_their_last_facts() -> None:
    """Spread over the interval by the hosts' names; role, sequences and list are in every round."""
    world = Recording()
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1", "R2"))
    seen: list[bool] = []

    async def script(poller: Watched) -> None:
        for _ in range(60):
            await asyncio.sleep(30.0)
            outcome = poller.view.snapshot.outcome("R1")
            seen.append(bool(outcome and getattr(outcome, "memory", None)))

    watched.run(script)
    assert all(seen)
    for host in ("M", "R1", "R2"):
        first, second, *later = world.rare(host)
        assert 0 <= first < 5
        assert 150 <= second <= 331
        assert {b - a for a, b in zip([second, *later], later, strict=False)} <= {300, 330}
    every = [sections for _, name, sections in world.requests if name == "R2" and Section.LIST in sections]
    assert len(every) >= 60


def test_an_interval_of_zero_polls_everything_in_every_round() -> None:
    world = Recording()
    watched = Watched(world, poll=replace(POLL, rare_seconds=0.0))
    watched.take()
    watched.run(lambda _: asyncio.sleep(299.0))
    assert len(world.rare("R1")) == 10


def test_facts_that_could_not_be_read_for_two_intervals_are_dropped() -> None:
    """They are asked for again at the next interval; until then the last ones are kept."""
    world = Recording()
    watched = Watched(world)
    watched.take()
    kept: dict[int, bool] = {}

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        world.memory = "no memory here\n"
        for minute in range(1, 16):
            await asyncio.sleep(60.0)
            outcome = poller.view.snapshot.outcome("R1")
            kept[minute] = bool(outcome and getattr(outcome, "memory", None))

    watched.run(script)
    assert kept[1]
    assert not kept[15]


def test_facts_are_dropped_at_their_age_where_the_clock_was_set_back() -> None:
    """They are asked for at their interval all the same."""
    world = Recording()
    watched = Watched(world)
    clock = watched.poller._clock = SetClock()
    watched.take()

    async def script(poller: Watched) -> None:
        await asyncio.sleep(45.0)
        world.memory, clock.ahead = "no memory here\n", -3600.0
        await asyncio.sleep(900.0)
        outcome = poller.view.snapshot.outcome("R1")
        assert outcome
        assert getattr(outcome, "memory", None) is None

    watched.run(script)
    assert len(world.rare("R1")) >= 3


@dataclass
class Gates(Recording):
    """Hosts whose gates have versions, and refuse what they do not know as gates do."""

    versions: dict[HostName, str] = field(default_factory=dict)
    refused: list[HostName] = field(default_factory=list)

    async def ask(self, host: Host, request: Request) -> RawReply:
        raw = await super().ask(host, request)
        version = self.versions[host.name]
        if not version.startswith("2.1") and Section.PROCESSES in request.sections:
            self.refused.append(host.name)
            return RawReply(b"=refused unknown_word\n", b"", 64)
        return replace(raw, stdout=raw.stdout.replace(b"version=1.0.0", f"version={version}".encode()))

    def asked_for_processes(self, host: HostName) -> list[int]:
        return [int(at) for at, name, sections in self.requests if name == host and Section.PROCESSES in sections]


def test_a_gate_is_never_asked_for_sections_that_its_version_does_not_know() -> None:
    """Older gates have no fact and no fault; an upgraded one is asked at the host's next interval."""
    world = Gates(versions={"M": "2.1.0", "R1": "2.0.0"})
    watched = Watched(world)
    watched.take(domain("bank", "M", "R1"))

    async def script(poller: Watched) -> None:
        await asyncio.sleep(900.0)
        old = poller.view.snapshot.outcome("R1")
        assert isinstance(old, Observed)
        assert (world.asked_for_processes("R1"), old.faults) == ([], ())
        world.versions["R1"] = "2.1.3"
        await asyncio.sleep(400.0)

    watched.run(script)
    assert world.refused == []
    assert world.asked_for_processes("M")[0] < 30
    assert 900 < world.asked_for_processes("R1")[0] <= 1300


@pytest.mark.parametrize(
    ("version", "knows"),
    [("2.1.0", True), ("2.10", True), ("3", True), ("replay", True), ("2.0.9", False), ("2.x", False), (None, False)],
)
def test_which_versions_know_the_newer_sections(version: str | None, knows: bool) -> None:
    assert EVERYTHING.known_to(version) == (EVERYTHING if knows else EVERY_GATE)


def test_a_one_shot_poll_asks_for_everything() -> None:
    world = Recording()

    async def main() -> None:
        from tests.virtual.virtual_time import VirtualClock

        await DomainWatch(domain("bank"), world, VirtualClock()).run_round(asyncio.Semaphore(5), 30.0, once=True)

    run_virtually(main())
    assert len(world.rare("R1")) == 1
