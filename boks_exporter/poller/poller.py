"""Rounds on a fixed schedule for every domain, and changes of the configuration between them."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from boks_exporter.config import DomainSettings, PollSettings
from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.model import ConnectionFacts, DomainName, Host, HostName, HostOutcome, Seconds
from boks_exporter.observe import PATIENCE_SECONDS, Clock, DomainLimiter, poll_once
from boks_exporter.poller.counters import DescribesConnections
from boks_exporter.poller.domain_watch import ROUND_SHARE, Clearances, DomainWatch, OnChange
from boks_exporter.poller.state_database import PersistedState
from boks_exporter.transport.base import RawReply, Transport

_ALIVE_INTERVALS = 3
"""A domain without a finished round for this many intervals is stalled."""

_SHARE_OF_A_DOMAIN = 0.5
"""The most of poll.concurrency that one of several domains takes."""

_LEAST_PATIENCE = 0.02
"""The shortest wait for one host, as a share of the interval."""


class State(Protocol):
    """Storage of the history across restarts: a StateFile, or a fake."""

    def load(self, domain: DomainName) -> PersistedState:
        """Return the stored state of a domain."""
        ...

    def keep(self, domain: DomainName, kept: PersistedState) -> None:
        """Store a domain's state; must return immediately and never raise."""
        ...

    def close(self) -> None:
        """Finish writing; called by the component that opened it."""
        ...


class Poller:
    """Poll every domain; `publish` is called after each round, when the new view is available."""

    def __init__(
        self,
        poll: PollSettings,
        clock: Clock,
        publish: Callable[[], None],
        state: State | None = None,
        clearances: Clearances | None = None,
    ) -> None:
        """Start with no domains; `apply_settings` brings them.

        The state file keeps the history across restarts; it may still be set before the first `apply_settings`.
        """
        self._poll = poll
        self._clock = clock
        self._publish = publish
        self.state = state
        self._clearances = clearances
        self._limiter = asyncio.Semaphore(poll.concurrency)
        self._shares: dict[DomainName, DomainLimiter] = {}
        self._watches: dict[DomainName, DomainWatch] = {}
        self._tasks: dict[DomainName, asyncio.Task[None]] = {}
        self._progress: dict[DomainName, Seconds] = {}
        self._changed = asyncio.Event()
        self.on_change: OnChange | None = None
        """Receives every state change of every domain."""
        self._is_due: dict[DomainName, asyncio.Event] = {}

    def __repr__(self) -> str:
        return f"<Poller every {self._poll.interval_seconds:g} s: {', '.join(map(repr, self._watches.values()))}>"

    def current(self) -> tuple[DomainView, ...]:
        """Return the newest view of every domain that has been polled."""
        return tuple(watch.view for watch in self._watches.values() if watch.view)

    @property
    def is_ready(self) -> bool:
        """Return whether every domain has been polled once."""
        return bool(self._watches) and all(watch.view for watch in self._watches.values())

    @property
    def is_alive(self) -> bool:
        """Return whether every domain has finished a round recently; may be called from any thread."""
        limit = self._clock.monotonic() - _ALIVE_INTERVALS * self._poll.interval_seconds
        return all(finished >= limit for finished in tuple(self._progress.values()))

    def apply_settings(
        self,
        poll: PollSettings,
        metrics: ExpositionOptions,
        domains: Mapping[DomainName, tuple[DomainSettings, Transport]],
    ) -> None:
        """Apply a configuration; a domain that stays keeps its history.

        Where hosts were added or removed, or the interval changed, the next round starts immediately.
        """
        if poll.interval_seconds != self._poll.interval_seconds:
            self._progress = dict.fromkeys(self._progress, self._clock.monotonic())
            self._start_rounds(self._watches)
        self._poll = poll
        self._limiter = asyncio.Semaphore(poll.concurrency)
        most = poll.concurrency if len(domains) == 1 else math.ceil(poll.concurrency * _SHARE_OF_A_DOMAIN)
        self._shares = {name: DomainLimiter(self._limiter, most) for name in domains}
        for name in self._watches.keys() - domains.keys():
            del self._watches[name], self._progress[name]
        watches = {}
        for name, (domain, transport) in domains.items():
            watch = self._watches.get(name) or DomainWatch(domain, transport, self._clock, self._kept(name))
            watch.clearances, watch.closer_polls = self._clearances, poll.closer_polls
            watch.on_change = self.on_change
            watch.rare.interval = poll.rare_seconds
            if watch.apply_settings(domain, transport, metrics):
                self._start_rounds([name])
            watches[name] = watch
            self._progress.setdefault(name, self._clock.monotonic())
        self._watches = watches
        self._changed.set()

    async def poll_now(
        self, domain: DomainName, name: HostName
    ) -> tuple[Host, HostOutcome, RawReply | None, ConnectionFacts | None] | None:
        """Poll one host outside the rounds, for a person; None where it is not known."""
        watch = self._watches.get(domain)
        known = (*watch.domain.hosts, *(watch.view.snapshot.hosts if watch.view else ())) if watch else ()
        host = next((host for host in known if host.name == name), None)
        if watch is None or host is None:
            return None
        gate_version = watch.rare.gate_versions.get(name)
        outcome, raw = await poll_once(watch.domain, watch.transport, self._clock, host, self._limiter, gate_version)
        described = watch.transport if isinstance(watch.transport, DescribesConnections) else None
        return host, outcome, raw, described.connection(name, self._clock.now()) if described else None

    def _start_rounds(self, domains: Iterable[DomainName]) -> None:
        """Start a new grid immediately; a waiting domain would otherwise finish its interval first."""
        for name in domains:
            if event := self._is_due.pop(name, None):
                event.set()

    def _kept(self, name: DomainName) -> PersistedState | None:
        return self.state.load(name) if self.state else None

    async def run(self) -> None:
        """Poll until cancelled; a bug in one domain raises out of `run`."""
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
        """Run rounds on a fixed grid; an overrun is counted and the missed points are skipped."""
        due = self._clock.monotonic()
        while watch := self._watches.get(name):
            interval = self._poll.interval_seconds
            is_due = self._is_due.setdefault(name, asyncio.Event())
            patience, deadline = _patience(self._poll), _deadline(self._poll)
            await watch.run_round(
                self._shares[name], interval, publish=self._publish, patience=patience, deadline=deadline
            )
            self._finished(name, watch)
            due += interval
            if (late := self._clock.monotonic() - due) > 0:
                watch.overran()
                due += (late // interval + 1) * interval
            if await self._rest(due, is_due):
                due = self._clock.monotonic()

    def _finished(self, name: DomainName, watch: DomainWatch) -> None:
        if name in self._progress:
            self._progress[name] = self._clock.monotonic()
        self._publish()
        if self.state:
            self.state.keep(name, watch.kept)

    async def _rest(self, due: Seconds, is_due: asyncio.Event) -> bool:
        """Wait for the next point of the grid; return whether a new grid began instead."""
        rest = asyncio.ensure_future(self._clock.sleep(due - self._clock.monotonic()))
        waking = asyncio.ensure_future(is_due.wait())
        try:
            await asyncio.wait({rest, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rest.cancel()
            waking.cancel()
            await asyncio.wait({rest, waking})
        return is_due.is_set()


def _deadline(poll: PollSettings) -> Seconds:
    """Return the longest that a round takes: hosts that have no answer by then do not delay the next one."""
    return max(ROUND_SHARE * poll.interval_seconds, _patience(poll) + poll.timeout_seconds)


def _patience(poll: PollSettings) -> Seconds:
    """Return how long a round waits for one host alone; with the others' time-out it fits into the interval."""
    spare = ROUND_SHARE * poll.interval_seconds - poll.timeout_seconds
    return min(PATIENCE_SECONDS, max(spare, _LEAST_PATIENCE * poll.interval_seconds))
