"""One round over one domain: the master, then all others at once, then the master again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final, TypeAlias

from boks_exporter.config import CloserPolls, DomainSettings
from boks_exporter.model import DomainSnapshot, HostName, HostOutcome, Observed, Seconds
from boks_exporter.observe.clock import Clock, Stopwatch
from boks_exporter.observe.knowledge import Knowledge
from boks_exporter.observe.limiter import Limiter, short_turn
from boks_exporter.observe.polls import PATIENCE_SECONDS, Polls, end
from boks_exporter.observe.rare_facts import RareSections
from boks_exporter.replication import undecided_replicas
from boks_exporter.transport.base import KeepsLoops, NoticesStalls, Transport

GROUP_SECONDS: Final[tuple[Seconds, ...]] = (0.25, 0.75, 1.0, 3.0, 5.0, 10.0)
"""The master is read again behind the answers of each of these times, and behind the last answer."""
MOST_CLOSER_READINGS: Final = 4
"""Further readings of the master in one round."""
_PATIENCE_OF_A_SLOW_MASTER: Final = 3
"""A master is waited for alone for so many times as long as its last poll took."""

Publish: TypeAlias = Callable[[DomainSnapshot], Awaitable[None]]
"""Receives what a round has read while it still waits for hosts that hang."""


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """What a round does besides its polls; `patience` is how long it waits for a host alone."""

    closer_polls: CloserPolls = CloserPolls.NEVER
    publish: Publish | None = None
    rare: RareSections = field(default_factory=RareSections)
    patience: Seconds = PATIENCE_SECONDS
    seconds: Seconds | None = None
    """After how long no further reading of the master is waited for; None for a one-shot poll."""
    deadline: Seconds | None = None
    """After how long the polls that have not ended are given up; None for a one-shot poll."""


@dataclass
class _Round:
    """The order of a round's polls."""

    polls: Polls
    options: RoundOptions
    slow: set["asyncio.Task[HostOutcome]"] = field(default_factory=set)
    """Polls of masters that others do not wait for."""
    published: tuple[int, int] = (0, 0)
    """The numbers of outcomes and readings that were published last."""
    stalled: Seconds = field(init=False)
    """For how long this process had been stopped before."""

    def __post_init__(self) -> None:
        self.stalled = self._stalled_seconds()

    async def run(self, known: Knowledge) -> DomainSnapshot:
        """Poll all hosts; what still runs when the round is cut short is cancelled."""
        polls, options = self.polls, self.options
        try:
            masters = await polls.find_masters(self._left(0.5)) if known.masters is None else known.masters
            await self._poll_masters(masters, max(options.patience, _PATIENCE_OF_A_SLOW_MASTER * known.master_took))
            polls.add_discovered()
            await self._bracket()
            await self._settle_masters()
            await self._poll_closer(options.closer_polls)
        finally:
            await end([*self.slow, *polls.late_roles.values(), *([polls.reading] if polls.reading else [])])
        polls.drop_discovered(known.forgettable)
        return polls.snapshot()

    async def _poll_masters(self, names: Iterable[HostName], patience: Seconds) -> None:
        """Poll the masters before all others. One that takes longer than `patience` is left to `bracket`."""
        polls = self.polls
        hosts = [polls.hosts[name] for name in names if name in polls.hosts and name not in polls.outcomes]
        tasks = {asyncio.create_task(polls.poll_host(host), name=host.name) for host in hosts}
        self.slow = await polls.wait_for(tasks, patience)

    def _left(self, share: float = 1.0) -> Seconds | None:
        """Return the time until a share of the deadline is over, in which this process was not stopped."""
        clock, limit = self.polls.clock, self.options.deadline
        if limit is None:
            return None
        return max(0.0, clock.started_at + share * limit + self._stalled_seconds() - self.stalled - clock.now())

    def _stalled_seconds(self) -> Seconds:
        transport = self.polls.transport
        return transport.stalled_seconds() if isinstance(transport, NoticesStalls) else 0.0

    async def _bracket(self) -> None:
        """Poll the remaining hosts, and read the master again behind each group of answers.

        A hanging host neither widens the brackets of the others nor keeps what they show from being published. Hosts
        that did not answer the last time, or have not answered yet, come last.
        """
        polls = self.polls
        named = polls.outcomes.keys() | {task.get_name() for task in self.slow}
        hosts = (host for name, host in polls.hosts.items() if name not in named)
        left = sorted(hosts, key=lambda host: host.name in polls.turns or host.name in polls.late_roles)
        running = {asyncio.create_task(polls.poll_host(host), name=host.name) for host in left} | self.slow
        is_open = False
        try:
            for number, window in enumerate(chain(GROUP_SECONDS, repeat(None))):
                if not running or (window is None and self._left() == 0.0):
                    break
                limits = [each for each in (window, self._left()) if each is not None]
                done, running = await asyncio.wait(running, timeout=min(limits, default=None))
                is_open = _have_numbers(done) or is_open
                is_open = is_open and not await self._close_brackets()
                if running and (number or is_open or self.slow & running):
                    await self._preview()
            await polls.give_up(running)
        finally:
            await end(running)
        await self._close_last(is_open=is_open)

    async def _close_brackets(self) -> bool:
        """Read the master again; return whether the brackets are closed, which they cannot be without one master."""
        master = self.polls.master()
        return master is None or await self.polls.read_master(master.host)

    async def _close_last(self, *, is_open: bool) -> None:
        """Wait for a reading of the master that is late, and read it once more for what was read meanwhile."""
        polls = self.polls
        await self._end_of_reading()
        answered = (seen.finished_at for seen in polls.outcomes.values() if isinstance(seen, Observed))
        if is_open and max(answered, default=0.0) > polls.reading_began:
            await self._close_brackets()
            await self._end_of_reading()

    async def _end_of_reading(self) -> None:
        clock, limit = self.polls.clock, self.options.seconds
        if self.polls.is_reading:
            await self._preview()
            left = None if limit is None else max(0.0, clock.started_at + limit - clock.now())
            await self.polls.reading_ends(left)

    async def _preview(self) -> None:
        """Publish what is new."""
        read = len(self.polls.outcomes), len(self.polls.readings)
        if self.options.publish and read != self.published:
            self.published = read
            await self.options.publish(self.polls.snapshot())

    async def _settle_masters(self) -> None:
        """Poll the reported masters again, one after the other: they were polled at different instants.

        A change of masters in the middle of a round looks like two masters. They are two at the same time only if one
        still reports it after the other did. One that hangs is left to the next round.
        """
        polls = self.polls
        for _ in range(len(polls.masters()) + 1):
            masters = polls.masters()
            if len(masters) < 2 or polls.snapshot().has_several_masters:  # noqa: PLR2004 - of two
                return
            first = min(masters, key=lambda seen: seen.started_at)
            took = first.finished_at - first.started_at
            again = asyncio.create_task(polls.poll_host(polls.hosts[first.host]))
            late = await polls.wait_for([again], max(polls.patience, 2 * took))
            if late:
                await end(late)
                return

    async def _poll_closer(self, mode: CloserPolls) -> None:
        """Read undecided replicas again between further readings of the master, which all of them share."""
        polls = self.polls
        for _ in range(MOST_CLOSER_READINGS):
            master = polls.master()
            if master is None or mode is CloserPolls.NEVER or not self._may_poll_closer(master.host, mode):
                return
            undecided = undecided_replicas(polls.snapshot(), polls.domain.thresholds.ahead_sequences)
            hosts = [polls.hosts[name] for name in undecided if self._may_poll_closer(name, mode)]
            if not hosts:
                return
            tasks = [asyncio.create_task(polls.read_closer(host)) for host in hosts]
            await end(await polls.wait_for(tasks, polls.patience))
            if not await polls.read_master(master.host):
                break
        await self._end_of_reading()

    def _may_poll_closer(self, host: HostName, mode: CloserPolls) -> bool:
        if mode is CloserPolls.ALWAYS:
            return True
        transport = self.polls.transport
        return isinstance(transport, KeepsLoops) and transport.keeps_loop(host)


def _have_numbers(tasks: Iterable["asyncio.Task[HostOutcome]"]) -> bool:
    """Return whether any answer has numbers; a bug in a poll is raised."""
    read = [task.result() for task in tasks]
    return any(isinstance(seen, Observed) and seen.sequences for seen in read)


async def observe(
    domain: DomainSettings,
    transport: Transport,
    clock: Clock,
    known: Knowledge,
    limiter: Limiter | None = None,
    options: RoundOptions | None = None,
) -> DomainSnapshot:
    """Run one round of a domain; `limiter` limits how many hosts are polled at the same time."""
    options = options or RoundOptions()
    configured = {host.name: host for host in domain.hosts}
    found = {host.name: host for host in known.discovered[: domain.discovered_limit]} if domain.discover else {}
    hosts = {**configured, **{name: host for name, host in found.items() if name not in configured}}
    polls = Polls(
        domain,
        transport,
        Stopwatch.start(clock),
        limiter or asyncio.Semaphore(len(hosts)),
        hosts,
        patience=options.patience,
        rare=options.rare,
        last_known_master=known.last_known_master,
        seen_beside=known.seen_beside,
        turns=dict.fromkeys(known.silent, short_turn(len(known.silent))),
        reports=[*known.master_reports],
    )
    return await _Round(polls, options).run(known)
