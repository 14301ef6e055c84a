"""A master that lists hundreds of hosts that do not exist, and an unreachable data centre: no other host is delayed."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from boks_exporter.config import PollSettings
from boks_exporter.model import Host, HostName, Observed
from boks_exporter.poller import domain_watch
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import RawReply
from tests.nonempty import nonempty
from tests.unit.observe_world import LIST_HEADER, frames
from tests.unit.poller_world import EPOCH, Watched, World, domain, timed_out

INTERVAL = 30.0
TIME_OUT = 20.0
LIED = domain("lied", "LIAR", "R9", discover=True)
SILENT = tuple(f"silent{number}" for number in range(600))


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time would run on while a thread judges."""
    monkeypatch.setattr(domain_watch, "JUDGED_AT_ONCE", 10_000)


@dataclass
class Lying(World):
    """`LIAR` lists hosts that never answer; any host of `gone` does not answer from then on."""

    listed_names: tuple[str, ...] = SILENT
    gone: set[HostName] = field(default_factory=set)
    at_once: int = 0
    most_at_once: int = 0

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Answer as a Transport."""
        if host.discovered or host.name in self.gone:
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            try:
                await asyncio.sleep(TIME_OUT)
            finally:
                self.at_once -= 1
            raise timed_out()
        if host.name != "LIAR":
            return await super().ask(host, request)
        await asyncio.sleep(0.1)
        rows = "".join(f"{name} 00:49 04:49 1853521 OK\n" for name in ("R9", *self.listed_names))
        number = 100 + int(asyncio.get_running_loop().time() / 10)
        return RawReply(
            frames("master", sequence=f"T7 13678d 8:33:46 {number} ({number})", list=LIST_HEADER + rows), b"", 0
        )


def ages(poller: Watched, hosts: set[HostName]) -> Iterator[float]:
    """How old the newest answers of these hosts are on the page."""
    now = asyncio.get_running_loop().time()
    for view in poller.poller.current():
        for outcome in view.snapshot.outcomes:
            if outcome.host in hosts:
                assert isinstance(outcome, Observed), outcome
                yield now - (outcome.started_at - EPOCH)


def oldest(watched: Watched, hosts: set[HostName], world: Lying, gone: tuple[HostName, ...] = ()) -> float:
    """Run for six rounds, from the third of which on `gone` do not answer; returns the greatest age of the hosts."""
    seen: list[float] = []

    async def script(poller: Watched) -> None:
        for step in range(180):
            await asyncio.sleep(1.0)
            if step == 70:
                world.gone.update(gone)
            if step > INTERVAL:
                found = [*ages(poller, hosts)]
                assert len(found) == len(hosts)
                seen.extend(found)
            assert poller.poller.is_alive

    watched.run(script)
    return max(nonempty(seen))


def test_a_list_of_silent_addresses_ages_no_configured_host() -> None:
    """Neither in the domain that the master lies about nor in another one; the page stays healthy throughout."""
    world = Lying()
    watched = Watched(world, poll=PollSettings(interval_seconds=INTERVAL, timeout_seconds=TIME_OUT, concurrency=20))
    watched.take(LIED, domain("bank", "M", "R1"))
    assert oldest(watched, {"LIAR", "R9", "M", "R1"}, world) <= 1.2 * INTERVAL
    (lied,) = (view for view in watched.poller.current() if view.snapshot.domain == "lied")
    limit = LIED.discovered_limit
    assert len(lied.snapshot.hosts) == 2 + limit
    assert len(lied.snapshot.unresolved) == len(SILENT) - limit
    assert world.most_at_once <= limit


@pytest.mark.parametrize("lost_master", [False, True])
def test_a_lost_data_centre_ages_no_other_host(lost_master: bool) -> None:
    """A hundred and fifty configured hosts become unreachable at once, with the master or without it."""
    lost = tuple(f"lost{number}" for number in range(150))
    world = Lying(listed_names=())
    watched = Watched(world, poll=PollSettings(interval_seconds=INTERVAL, timeout_seconds=TIME_OUT, concurrency=20))
    watched.take(domain("large", "LIAR", *lost, "R9"), domain("bank", "M", "R1"))
    gone = ("LIAR", *lost) if lost_master else lost
    assert oldest(watched, {"R9", "M", "R1"}, world, gone) <= 1.4 * INTERVAL
