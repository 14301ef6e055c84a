"""Rounds on a fixed schedule for every domain, and changes of the configuration while they go on."""

import asyncio
from collections.abc import Callable, Mapping

from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.model import DomainName, Seconds
from boks_exporter.observe import Clock
from boks_exporter.poller.watch import DomainWatch
from boks_exporter.transport.base import Transport

_ALIVE_INTERVALS = 3
"""After this many intervals without a finished round a domain counts as stalled."""


class Poller:
    """Keep every domain under watch; `publish` is called after each round, when a new view is there."""

    def __init__(self, poll: PollSettings, clock: Clock, publish: Callable[[], None]) -> None:
        """Start with no domains; `take` brings them."""
        self._poll = poll
        self._clock = clock
        self._publish = publish
        self._gate = asyncio.Semaphore(poll.concurrency)
        self._watches: dict[DomainName, DomainWatch] = {}
        self._tasks: dict[DomainName, asyncio.Task[None]] = {}
        self._progress: dict[DomainName, Seconds] = {}
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        """Tell what is watched."""
        return f"<Poller every {self._poll.interval_seconds:g} s: {', '.join(map(repr, self._watches.values()))}>"

    def current(self) -> tuple[DomainView, ...]:
        """Give the newest view of every domain that has been looked at."""
        return tuple(watch.view for watch in self._watches.values() if watch.view)

    @property
    def is_ready(self) -> bool:
        """Tell whether every domain has been looked at once."""
        return bool(self._watches) and all(watch.view for watch in self._watches.values())

    @property
    def is_alive(self) -> bool:
        """Tell whether every domain has finished a round lately."""
        limit = self._clock.monotonic() - _ALIVE_INTERVALS * self._poll.interval_seconds
        return all(finished >= limit for finished in self._progress.values())

    def take(
        self,
        poll: PollSettings,
        metrics: ExpositionOptions,
        domains: Mapping[DomainName, tuple[DomainSettings, Transport]],
    ) -> None:
        """Take a configuration over; a domain that stays keeps its history, and its next round uses the new one."""
        self._poll = poll
        self._gate = asyncio.Semaphore(poll.concurrency)
        for name in self._watches.keys() - domains.keys():
            del self._watches[name], self._progress[name]
        watches = {}
        for name, (domain, transport) in domains.items():
            watch = self._watches.get(name) or DomainWatch(domain, transport, self._clock)
            watch.domain, watch.transport, watch.options = domain, transport, metrics
            watches[name] = watch
            self._progress.setdefault(name, self._clock.monotonic())
        self._watches = watches
        self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled; a bug in one domain's watch ends all loudly."""
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    self._changed.clear()
                    await self._end_the_removed()
                    for name in self._watches.keys() - self._tasks.keys():
                        self._tasks[name] = group.create_task(self._watch(name), name=f"watch {name}")
                    await self._changed.wait()
            finally:
                for task in self._tasks.values():
                    task.cancel()

    async def _end_the_removed(self) -> None:
        for name in self._tasks.keys() - self._watches.keys():
            task = self._tasks.pop(name)
            task.cancel()
            await asyncio.wait([task])

    async def _watch(self, name: DomainName) -> None:
        """Look on a fixed grid; a round that overruns it is counted and the missed points are left out."""
        due = self._clock.monotonic()
        while watch := self._watches.get(name):
            interval = self._poll.interval_seconds
            await watch.look(self._gate, interval)
            if name in self._progress:
                self._progress[name] = self._clock.monotonic()
            self._publish()
            due += interval
            if (late := self._clock.monotonic() - due) > 0:
                watch.overran()
                due += (late // interval + 1) * interval
            await self._clock.sleep(due - self._clock.monotonic())
