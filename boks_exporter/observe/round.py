"""One round over one domain: the master, then all others at once, then the master again."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from boks_exporter.config import CloserPolls, DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.model import (
    DomainSnapshot,
    Host,
    HostName,
    HostOutcome,
    Listing,
    MasterReading,
    Observed,
    ReplicaReading,
    Role,
    Seconds,
    Unreachable,
    distinct_masters,
    same_machine,
)
from boks_exporter.observe.clock import Clock, Stopwatch
from boks_exporter.observe.host_matching import discovered, listing_of, reading_of
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.observe.knowledge import Knowledge
from boks_exporter.observe.rare_facts import EACH_ROUND, RareSections
from boks_exporter.remote.request import LOOK, READING, ROLE_ONLY, Request
from boks_exporter.replication import undecided_replicas
from boks_exporter.transport.base import KeepsLoops, Transport

PATIENCE_SECONDS: Final[Seconds] = 2.0
"""How long a round waits for a master alone, and for a closer poll."""

GROUP_SECONDS: Final[tuple[Seconds, ...]] = (0.25, 0.75, 1.0)
"""The master is read again behind the answers of each of these times, and behind the last answer."""
_PATIENCE_OF_A_SLOW_MASTER: Final = 3
"""A master is waited for alone for so many times as long as its last poll took."""

Publish: TypeAlias = Callable[[DomainSnapshot], None]
"""Receives what a round has read while it still waits for hosts that hang."""


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """What a round does besides its polls."""

    closer_polls: CloserPolls = CloserPolls.NEVER
    publish: Publish | None = None
    rare: RareSections = field(default_factory=RareSections)


MOST_CLOSER_READINGS: Final = 4
"""Further readings of the master in one round."""


@dataclass
class _Round:
    """The state of one round while it runs."""

    domain: DomainSettings
    transport: Transport
    clock: Stopwatch
    limiter: asyncio.Semaphore
    hosts: dict[HostName, Host]
    outcomes: dict[HostName, HostOutcome] = field(default_factory=dict)
    readings: list[MasterReading] = field(default_factory=list)
    slow: dict[HostName, "asyncio.Task[HostOutcome]"] = field(default_factory=dict)
    """Polls of masters that others do not wait for."""
    rare: RareSections = field(default_factory=RareSections)
    closer: list[ReplicaReading] = field(default_factory=list)
    last_known_master: HostName | None = None

    async def poll(self, host: Host, request: Request) -> HostOutcome:
        """Poll one host; its failure is a value."""
        async with self.limiter:
            started_at = self.clock.now()
            try:
                raw = await self.transport.ask(host, request)
            except TransportError as error:
                return Unreachable(host.name, started_at, self.clock.now(), error.reason, error.detail)
            return interpret_reply(host, request, raw, started_at, self.clock.now(), self.domain.ignore_lines)

    async def poll_all(self, hosts: Iterable[Host]) -> None:
        """Poll hosts for everything, concurrently."""
        await self._wait_for(asyncio.create_task(self._poll_host(host)) for host in hosts)

    async def _poll_host(self, host: Host) -> HostOutcome:
        is_due = self.rare.are_due(host.name, self.clock.now())
        outcome = await self.poll(host, LOOK if is_due else EACH_ROUND)
        if isinstance(outcome, Observed):
            if is_due:
                self.rare.record(outcome)
            else:
                outcome = self.rare.filled(outcome)
        self.outcomes[host.name] = outcome
        if isinstance(outcome, Observed) and outcome.role is Role.MASTER and (reading := reading_of(outcome)):
            self.readings.append(reading)
        return outcome

    async def _wait_for(self, tasks: Iterable["asyncio.Task[HostOutcome]"]) -> None:
        """Wait for all tasks; a bug in one of them ends the others and is raised."""
        running = list(tasks)
        try:
            await asyncio.gather(*running)
        finally:
            await _end(running)

    async def find_masters(self) -> tuple[HostName, ...]:
        """Poll every host for the role only; a host that does not answer is not polled again in this round."""

        async def role_of(host: Host) -> HostOutcome:
            outcome = await self.poll(host, ROLE_ONLY)
            if not isinstance(outcome, Observed):
                self.outcomes[host.name] = outcome
            elif outcome.role is Role.MASTER:
                masters.append(host.name)
            return outcome

        masters: list[HostName] = []
        await self._wait_for(asyncio.create_task(role_of(host)) for host in tuple(self.hosts.values()))
        return tuple(masters)

    async def poll_masters(self, hosts: Iterable[Host], patience: Seconds) -> None:
        """Poll the masters before all others. One that takes longer than `patience` is left to `bracket`."""
        tasks = {asyncio.create_task(self._poll_host(host)): host.name for host in hosts}
        try:
            slow = (await asyncio.wait(tasks, timeout=patience))[1] if tasks else set()
        except BaseException:
            await _end(tasks)
            raise
        for task in tasks.keys() - slow:
            task.result()
        self.slow = {tasks[task]: task for task in slow}

    async def bracket(self, publish: Publish | None) -> None:
        """Poll the remaining hosts, and read the master again behind each group of answers.

        A hanging host neither widens the brackets of the others nor keeps what they show from being published.
        """
        named = self.outcomes.keys() | self.slow.keys()
        running = {asyncio.create_task(self._poll_host(host)) for name, host in self.hosts.items() if name not in named}
        running |= {*self.slow.values()}
        try:
            for window in (*GROUP_SECONDS, None):
                if not running:
                    return
                done, running = await asyncio.wait(running, timeout=window)
                await self._read_master_again(done)
                if publish and running and window == GROUP_SECONDS[-1]:
                    publish(self.snapshot())
        finally:
            await _end(running)

    async def _read_master_again(self, before: Iterable["asyncio.Task[HostOutcome]"]) -> None:
        """Close the brackets of the hosts just read; without exactly one master or without sequences there is none."""
        read = [task.result() for task in before]
        master = self.master()
        if master is None or not any(isinstance(seen, Observed) and seen.sequences for seen in read):
            return
        await self._read_master(master.host)

    async def _read_master(self, name: HostName) -> None:
        again = await self.poll(self.hosts[name], READING)
        if isinstance(again, Observed) and again.role is Role.MASTER and (reading := reading_of(again)):
            self.readings.append(reading)

    async def settle_masters(self) -> None:
        """Poll the reported masters again, where there are several: they were polled at different instants.

        A planned change of masters in the middle of a round looks like two masters. The one polled
        last is not polled again; two are masters at the same time only if another still reports it afterwards.
        """
        masters = [seen for seen in self.outcomes.values() if isinstance(seen, Observed) and seen.role is Role.MASTER]
        if len(masters) > 1:
            last = max(masters, key=lambda seen: seen.started_at)
            await self.poll_all(self.hosts[seen.host] for seen in masters if seen is not last)

    async def poll_closer(self, mode: CloserPolls) -> None:
        """Read undecided replicas again between further readings of the master, which all of them share."""
        for _ in range(MOST_CLOSER_READINGS):
            master = self.master()
            if master is None or mode is CloserPolls.NEVER or not self._may_poll_closer(master.host, mode):
                return
            undecided = undecided_replicas(self.snapshot(), self.domain.thresholds.ahead_sequences)
            hosts = [self.hosts[name] for name in undecided if self._may_poll_closer(name, mode)]
            if not hosts:
                return
            polls = [asyncio.create_task(self._read_closer(host)) for host in hosts]
            try:
                await asyncio.wait(polls, timeout=PATIENCE_SECONDS)
            finally:
                await _end(polls)
            await self._read_master(master.host)

    def _may_poll_closer(self, host: HostName, mode: CloserPolls) -> bool:
        if mode is CloserPolls.ALWAYS:
            return True
        return isinstance(self.transport, KeepsLoops) and self.transport.keeps_loop(host)

    async def _read_closer(self, host: Host) -> None:
        again = await self.poll(host, READING)
        if isinstance(again, Observed) and again.role is Role.REPLICA and again.sequences:
            self.closer.append(ReplicaReading(host.name, again.started_at, again.finished_at, again.sequences))

    def snapshot(self) -> DomainSnapshot:
        """Freeze what the round has read so far."""
        outcomes = tuple(self.outcomes[name] for name in self.hosts if name in self.outcomes)
        masters = [seen.host for seen in distinct_masters(outcomes, same_machine(outcomes))]
        return DomainSnapshot(
            domain=self.domain.name,
            hosts=tuple(self.hosts.values()),
            outcomes=outcomes,
            started_at=self.clock.started_at,
            finished_at=self.clock.now(),
            master_readings=tuple(sorted(self.readings, key=lambda reading: reading.started_at)),
            closer_readings=tuple(self.closer),
            listing=self.listing(),
            last_known_master=masters[0] if len(masters) == 1 else self.last_known_master,
        )

    def listing(self) -> Listing | None:
        """Resolve the one master's list."""
        master = self.master()
        return listing_of(master, self.hosts.values()) if master else None

    def master(self) -> Observed | None:
        """Return the one host that reports to be master; None where there are none or several."""
        outcomes = [self.outcomes[name] for name in self.hosts if name in self.outcomes]
        masters = [*distinct_masters(outcomes, same_machine(outcomes))]
        return masters[0] if len(masters) == 1 else None

    def add_discovered(self) -> None:
        """Add the hosts that the master's list names and the configuration does not."""
        master = self.master()
        if self.domain.discover and master:
            for host in discovered(master, tuple(self.hosts.values()), self.domain.address_template):
                self.hosts[host.name] = host

    def drop_discovered(self, forgettable: Collection[HostName]) -> None:
        """Drop discovered hosts that no list has named for long and that no longer answer as a server.

        One that still answers stays, because a replica missing from the list must be reported.
        """
        listing = self.listing()
        if listing is None or listing.unread:
            return  # a host that is not named may be in a line that could not be read
        named = {entry.host for entry in listing.entries}
        for host in [host for host in self.hosts.values() if host.name in forgettable and host.name not in named]:
            outcome = self.outcomes[host.name]
            if not (isinstance(outcome, Observed) and outcome.role in {Role.MASTER, Role.REPLICA}):
                del self.hosts[host.name]


async def _end(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel what is still running when a round is cut short."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def observe(
    domain: DomainSettings,
    transport: Transport,
    clock: Clock,
    known: Knowledge,
    limiter: asyncio.Semaphore | None = None,
    options: RoundOptions | None = None,
) -> DomainSnapshot:
    """Run one round of a domain; `limiter` limits how many hosts are polled at the same time."""
    stopwatch, options = Stopwatch.start(clock), options or RoundOptions()
    configured = {host.name: host for host in domain.hosts}
    found = {host.name: host for host in known.discovered} if domain.discover else {}
    hosts = {**configured, **{name: host for name, host in found.items() if name not in configured}}
    running = _Round(domain, transport, stopwatch, limiter or asyncio.Semaphore(len(hosts) or 1), hosts)
    running.last_known_master, running.rare = known.last_known_master, options.rare
    masters = await running.find_masters() if known.masters is None else known.masters
    first = [running.hosts[name] for name in masters if name in running.hosts and name not in running.outcomes]
    await running.poll_masters(first, max(PATIENCE_SECONDS, _PATIENCE_OF_A_SLOW_MASTER * known.master_took))
    running.add_discovered()
    await running.bracket(options.publish)
    await running.settle_masters()
    await running.poll_closer(options.closer_polls)
    running.drop_discovered(known.forgettable)
    return running.snapshot()
