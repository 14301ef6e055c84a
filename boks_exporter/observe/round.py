"""One round over one domain: the master, then all others at once, then the master again."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.config import DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.model import (
    DomainSnapshot,
    Host,
    HostName,
    HostOutcome,
    Listing,
    MasterReading,
    Observed,
    Role,
    Seconds,
    Unreachable,
)
from boks_exporter.observe.clock import Clock, Stopwatch
from boks_exporter.observe.host_matching import discovered, listing_of, reading_of
from boks_exporter.observe.interpret import understand
from boks_exporter.remote.request import LOOK, READING, ROLE_ONLY, Request
from boks_exporter.transport.base import Transport

PATIENCE_SECONDS: Final[Seconds] = 2.0
"""How long the second reading of the master waits for the slowest: a hanging host must not widen all brackets."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What earlier rounds taught: who said it was master, and which hosts the list named beyond the configured ones.

    `masters` is None before the first round: then everybody is asked for the role first, because a bracket needs
    the master before the others.
    """

    masters: tuple[HostName, ...] | None = None
    last_known_master: HostName | None = None
    discovered: tuple[Host, ...] = ()

    def after(self, snapshot: DomainSnapshot) -> "Knowledge":
        """Learn from a round; while nobody says it is master, whoever did last is still asked first."""
        return Knowledge(
            masters=snapshot.masters or self.masters or (),
            last_known_master=snapshot.last_known_master,
            discovered=tuple(host for host in snapshot.hosts if host.discovered),
        )


@dataclass
class _Round:
    """The state of one round while it runs."""

    domain: DomainSettings
    transport: Transport
    clock: Stopwatch
    gate: asyncio.Semaphore
    hosts: dict[HostName, Host]
    outcomes: dict[HostName, HostOutcome] = field(default_factory=dict)
    readings: list[MasterReading] = field(default_factory=list)

    async def ask(self, host: Host, request: Request) -> HostOutcome:
        """Ask one host; its failure is a value."""
        async with self.gate:
            started_at = self.clock.now()
            try:
                raw = await self.transport.ask(host, request)
            except TransportError as error:
                return Unreachable(host.name, started_at, self.clock.now(), error.reason, error.detail)
            return understand(host, request, raw, started_at, self.clock.now())

    async def look(self, hosts: Iterable[Host]) -> None:
        """Ask hosts for everything, all at once."""
        await self._take(asyncio.create_task(self._look_at(host)) for host in hosts)

    async def _look_at(self, host: Host) -> HostOutcome:
        outcome = await self.ask(host, LOOK)
        self.outcomes[host.name] = outcome
        if isinstance(outcome, Observed) and outcome.role is Role.MASTER and (reading := reading_of(outcome)):
            self.readings.append(reading)
        return outcome

    async def _take(self, tasks: Iterable["asyncio.Task[HostOutcome]"]) -> None:
        """Wait for all tasks; a bug in one of them ends the others and is raised."""
        running = list(tasks)
        try:
            await asyncio.gather(*running)
        finally:
            await _end(running)

    async def find_masters(self) -> tuple[HostName, ...]:
        """Ask everybody for the role only; who does not answer is not asked again in this round."""

        async def role_of(host: Host) -> HostOutcome:
            outcome = await self.ask(host, ROLE_ONLY)
            if not isinstance(outcome, Observed):
                self.outcomes[host.name] = outcome
            elif outcome.role is Role.MASTER:
                masters.append(host.name)
            return outcome

        masters: list[HostName] = []
        await self._take(asyncio.create_task(role_of(host)) for host in tuple(self.hosts.values()))
        return tuple(masters)

    async def bracket(self) -> None:
        """Ask all that were not asked yet, and read the master again behind the quick and behind the slow."""
        running = [
            asyncio.create_task(self._look_at(host)) for name, host in self.hosts.items() if name not in self.outcomes
        ]
        if not running:
            return
        try:
            done, slow = await asyncio.wait(running, timeout=PATIENCE_SECONDS)
            await self._read_master_again(done)
            if slow:
                await self._read_master_again((await asyncio.wait(slow))[0])
        finally:
            await _end(running)

    async def _read_master_again(self, before: Iterable["asyncio.Task[HostOutcome]"]) -> None:
        """Close the brackets of the hosts just read; without exactly one master or without sequences there is none."""
        read = [task.result() for task in before]
        master = self.master()
        if master is None or not any(isinstance(seen, Observed) and seen.sequences for seen in read):
            return
        again = await self.ask(self.hosts[master.host], READING)
        if isinstance(again, Observed) and again.role is Role.MASTER and (reading := reading_of(again)):
            self.readings.append(reading)

    async def settle(self) -> None:
        """Ask again who said that they are master, where several did: they were asked at different instants.

        A planned change of masters in the middle of a round looks like two masters. Whoever was asked last may keep
        its word; two are masters at once only if another still says so afterwards.
        """
        masters = [seen for seen in self.outcomes.values() if isinstance(seen, Observed) and seen.role is Role.MASTER]
        if len(masters) > 1:
            last = max(masters, key=lambda seen: seen.started_at)
            await self.look(self.hosts[seen.host] for seen in masters if seen is not last)

    def listing(self) -> Listing | None:
        """Resolve the one master's list."""
        master = self.master()
        return listing_of(master, self.hosts.values()) if master else None

    def master(self) -> Observed | None:
        """Find the one host that says it is master; with none or several there is nobody to believe."""
        masters = [seen for seen in self.outcomes.values() if isinstance(seen, Observed) and seen.role is Role.MASTER]
        return masters[0] if len(masters) == 1 else None

    def discover(self) -> None:
        """Add the hosts that the master's list names and the configuration does not."""
        master = self.master()
        if self.domain.discover and master:
            for host in discovered(master, tuple(self.hosts.values()), self.domain.address_template):
                self.hosts[host.name] = host

    def forget(self) -> None:
        """Let discovered hosts go that the list no longer names and that no longer answer as a server.

        One that still answers stays, because a replica that fell off the list is what somebody has to hear about.
        """
        listing = self.listing()
        if listing is None:
            return
        named = {entry.host for entry in listing.entries}
        for host in [host for host in self.hosts.values() if host.discovered and host.name not in named]:
            outcome = self.outcomes[host.name]
            if not (isinstance(outcome, Observed) and outcome.role in {Role.MASTER, Role.REPLICA}):
                del self.hosts[host.name]


async def _end(tasks: Iterable["asyncio.Task[HostOutcome]"]) -> None:
    """Leave nothing running when a round is cut short."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def observe(
    domain: DomainSettings,
    transport: Transport,
    clock: Clock,
    known: Knowledge,
    gate: asyncio.Semaphore | None = None,
) -> DomainSnapshot:
    """Look at a domain once; `gate` limits how many hosts are asked at the same time."""
    stopwatch = Stopwatch.start(clock)
    hosts = {host.name: host for host in (*domain.hosts, *(known.discovered if domain.discover else ()))}
    look = _Round(domain, transport, stopwatch, gate or asyncio.Semaphore(len(hosts) or 1), hosts)
    masters = await look.find_masters() if known.masters is None else known.masters
    await look.look(look.hosts[name] for name in masters if name in look.hosts and name not in look.outcomes)
    look.discover()
    await look.bracket()
    await look.settle()
    look.forget()
    return _snapshot(look, known)


def _snapshot(look: _Round, known: Knowledge) -> DomainSnapshot:
    outcomes = tuple(look.outcomes[name] for name in look.hosts)
    masters = [seen.host for seen in outcomes if isinstance(seen, Observed) and seen.role is Role.MASTER]
    return DomainSnapshot(
        domain=look.domain.name,
        hosts=tuple(look.hosts.values()),
        outcomes=outcomes,
        started_at=look.clock.started_at,
        finished_at=look.clock.now(),
        master_readings=tuple(sorted(look.readings, key=lambda reading: reading.started_at)),
        listing=look.listing(),
        last_known_master=masters[0] if len(masters) == 1 else known.last_known_master,
    )
