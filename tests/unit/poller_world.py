"""A small domain on virtual time for the poller: M writes one update every ten seconds, R1 follows or does not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.health import Thresholds
from boks_exporter.model import Host, HostName
from boks_exporter.poller import Poller
from boks_exporter.poller.poller import State
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.transport.base import RawReply
from tests.unit.observe_world import frames
from tests.virtual.virtual_time import EPOCH, VirtualClock, run_virtually

WRITES_EVERY = 10.0
LIST = "SERVER PCKT FAIL SYNC COUNT STATUS\nR1 00:05 00:09 1000 OK\n"


@dataclass
class World:
    """Master, numbers, durations and failures of the hosts; may be changed at any time."""

    master: HostName = "M"
    stuck_at: dict[HostName, int] = field(default_factory=dict)
    takes: dict[HostName, float] = field(default_factory=dict)
    fails: dict[HostName, BaseException] = field(default_factory=dict)
    listed: bool = True
    asked: list[tuple[float, HostName]] = field(default_factory=list)
    times_asked: Counter[HostName] = field(default_factory=Counter)

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Answer as a Transport."""
        del request
        self.asked.append((asyncio.get_running_loop().time(), host.name))
        self.times_asked[host.name] += 1
        await asyncio.sleep(self.takes.get(host.name, 0.1))
        if host.name in self.fails:
            raise self.fails[host.name]
        written = 100 + int(asyncio.get_running_loop().time() / WRITES_EVERY)
        number = min(written, self.stuck_at.get(host.name, written))
        printed = f"T7 13678d 8:33:46 {number} ({number})"
        if host.name == self.master:
            return RawReply(
                frames("master", sequence=printed, list=LIST if self.listed else LIST.splitlines()[0]), b"", 0
            )
        return RawReply(frames("server", sequence=printed), b"", 0)

    def reconnects(self, host: HostName) -> int:
        """Count as a transport that keeps connections."""
        return self.times_asked[host] // 10


def domain(name: str = "bank", *hosts: str, **settings: Any) -> DomainSettings:
    """Configure a domain of M and R1, or of these hosts."""
    return DomainSettings(
        name=name,
        transport=LocalSettings(),
        hosts=tuple(Host(host, host.lower()) for host in hosts or ("M", "R1")),
        thresholds=Thresholds(),
        **settings,
    )


@dataclass
class SetClock(VirtualClock):
    """A clock that is set forward or back."""

    ahead: float = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


POLL = PollSettings(interval_seconds=30.0, timeout_seconds=20.0)


class Watched:
    """A poller that runs on virtual time, and what it published and logged."""

    def __init__(self, world: World | None = None, *, state: State | None = None, poll: PollSettings = POLL) -> None:
        self.world = world or World()
        self.published: list[tuple[float, tuple[DomainView, ...]]] = []
        self.poll = poll
        self.begin_at = 0.0
        self._first: Callable[[], None] = self.take
        self.poller = Poller(poll, VirtualClock(), self._publish, state)

    def _publish(self) -> None:
        self.published.append((asyncio.get_running_loop().time(), self.poller.current()))

    def take(self, *domains: DomainSettings, poll: PollSettings | None = None, **options: Any) -> None:
        """Apply settings now, or when the poller starts."""
        if asyncio._get_running_loop() is None:
            self._first = lambda: self.take(*domains, poll=poll, **options)
            return
        self.poll = poll or self.poll
        opened = {settings.name: (settings, self.world) for settings in domains or (domain(),)}
        self.poller.apply_settings(self.poll, ExpositionOptions(**options), opened)

    def beginnings(self) -> list[float]:
        """Return when the published rounds began."""
        return sorted({round(view.snapshot.started_at - EPOCH, 3) for _, views in self.published for view in views})

    @property
    def view(self) -> DomainView:
        """Return the newest view of the one domain."""
        (view,) = self.poller.current()
        return view

    def run(self, script: Callable[["Watched"], Coroutine[Any, Any, None]]) -> list[dict[str, Any]]:
        """Run the poller during a script; return what was logged."""

        async def main() -> None:
            await asyncio.sleep(self.begin_at)
            self._first()
            running = asyncio.create_task(self.poller.run())
            acting = asyncio.create_task(script(self))
            try:
                done, _ = await asyncio.wait({running, acting}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                acting.cancel()
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
                with suppress(asyncio.CancelledError):
                    await acting

        with structlog.testing.capture_logs() as lines:
            run_virtually(main())
        return [dict(line) for line in lines]


def timed_out() -> TransportError:
    """Make the failure of a host that does not answer."""
    return TransportError(FailureReason.TIMEOUT, "no answer within 20 s")
