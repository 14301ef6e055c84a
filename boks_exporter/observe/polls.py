"""The polls of one round, and what they have read so far."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from boks_exporter.config import DomainSettings
from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import (
    DomainSnapshot,
    Host,
    HostName,
    HostOutcome,
    Listing,
    MasterReading,
    MasterReport,
    Observed,
    ReplicaReading,
    Role,
    Seconds,
    Unreachable,
    distinct_masters,
)
from boks_exporter.observe.clock import Stopwatch
from boks_exporter.observe.host_matching import discovered, listing_of, reading_of
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.observe.limiter import TURN_SECONDS, Limiter, Turn, short_turn
from boks_exporter.observe.rare_facts import EACH_ROUND, RareSections
from boks_exporter.remote.request import READING, ROLE_ONLY, Request
from boks_exporter.transport.base import Transport

_Read = TypeVar("_Read")

PATIENCE_SECONDS: Final[Seconds] = 2.0
"""How long a round waits for a host alone: the master before the others, or a reading between others."""


@dataclass
class Polls:
    """The state of one round while it runs."""

    domain: DomainSettings
    transport: Transport
    clock: Stopwatch
    limiter: Limiter
    hosts: dict[HostName, Host]
    patience: Seconds = PATIENCE_SECONDS
    rare: RareSections = field(default_factory=RareSections)
    last_known_master: HostName | None = None
    seen_beside: frozenset[HostName] = frozenset()
    turns: Mapping[HostName, Seconds] = field(default_factory=dict)
    """After how long a poll of these hosts, which have not answered the last time or ever, gives its turn back."""
    outcomes: dict[HostName, HostOutcome] = field(default_factory=dict)
    readings: list[MasterReading] = field(default_factory=list)
    reports: list[MasterReport] = field(default_factory=list)
    closer: list[ReplicaReading] = field(default_factory=list)
    hanging: int = 0
    """Polls of this round whose turns were over before they were."""
    late_roles: dict[HostName, "asyncio.Task[HostOutcome]"] = field(default_factory=dict)
    """Polls for the role only that were not waited for; the whole poll of the host follows them."""
    reading: "asyncio.Task[None] | None" = None
    """The last further reading of the master; a round need not wait for its end."""
    reading_began: Seconds = 0.0
    _resolved: tuple[Observed, Listing | None] | None = field(default=None, init=False)
    """The last list of the master, as it was resolved to the hosts."""

    async def poll(self, host: Host, request: Request) -> HostOutcome:
        """Poll one host; its failure is a value."""
        async with Turn(self.limiter, lambda: self._turn_seconds(host), self._count_hanging):
            started_at = self.clock.now()
            try:
                raw = await self.transport.ask(host, request)
            except TransportError as error:
                return Unreachable(host.name, started_at, self.clock.now(), error.reason, error.detail)
            read_at = self.clock.now()
            kept = self.rare.kept(host.name, read_at) if request is EACH_ROUND else {}
            outcome = interpret_reply(host, request, raw, started_at, read_at, self.domain.ignore_lines, kept=kept)
        if isinstance(outcome, Observed):
            self.rare.gate_versions[host.name] = outcome.reply.gate_version
        if isinstance(outcome, Observed) and outcome.role is Role.MASTER:
            self.reports.append(MasterReport(host.name, outcome.started_at, outcome.finished_at))
        return outcome

    def _turn_seconds(self, host: Host) -> Seconds:
        """Shorten the turns while more and more hosts hang, as in an outage: the others still start early enough."""
        return min(short_turn(self.hanging), self.turns.get(host.name, TURN_SECONDS))

    def _count_hanging(self) -> None:
        self.hanging += 1

    async def poll_host(self, host: Host) -> HostOutcome:
        """Poll one host for everything, and record what it says."""
        if (asked := self.late_roles.pop(host.name, None)) and not isinstance(known := await asked, Observed):
            return known
        request = self.rare.request(host.name, self.clock.now())
        outcome = await self.poll(host, request)
        if isinstance(outcome, Observed) and request is not EACH_ROUND:
            self.rare.record(outcome)
        self.outcomes[host.name] = outcome
        if isinstance(outcome, Observed) and outcome.role is Role.MASTER and (reading := reading_of(outcome)):
            self.readings.append(reading)
        return outcome

    async def find_masters(self, within: Seconds | None = None) -> tuple[HostName, ...]:
        """Poll every host for the role only; a host that does not answer is not polled again in this round.

        Once there is a master, or the time is over, one that hangs is not waited for: its whole poll follows when it
        has answered.
        """

        async def role_of(host: Host) -> HostOutcome:
            outcome = await self.poll(host, ROLE_ONLY)
            if not isinstance(outcome, Observed):
                self.outcomes[host.name] = outcome
            elif outcome.role is Role.MASTER:
                masters.append(host.name)
            return outcome

        masters: list[HostName] = []
        tasks = {asyncio.create_task(role_of(host)): host.name for host in tuple(self.hosts.values())}
        began, late = self.clock.now(), {*tasks}
        try:
            while late:
                limit = self.patience if masters else within
                left = None if limit is None else max(0.0, began + limit - self.clock.now())
                done, late = await asyncio.wait(late, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                if not done:
                    break
        except BaseException:
            await end(late)
            raise
        self.late_roles = {tasks[task]: task for task in late}
        return tuple(masters)

    async def wait_for(self, tasks: Iterable["asyncio.Task[_Read]"], patience: Seconds) -> set["asyncio.Task[_Read]"]:
        """Wait for tasks and return those that take longer; a bug in one of them ends all and is raised."""
        running = {*tasks}
        if not running:
            return running
        try:
            done, late = await asyncio.wait(running, timeout=patience)
            for task in done:
                task.result()
        except BaseException:
            await end(running)
            raise
        return late

    async def read_master(self, name: HostName) -> bool:
        """Read the master's numbers again; return False if it hangs: the reading is then recorded when it comes."""
        if self.is_reading:
            return False
        self.reading, self.reading_began = asyncio.create_task(self._read_master(name)), self.clock.now()
        return await self.reading_ends(self.patience)

    async def reading_ends(self, within: Seconds | None) -> bool:
        """Wait for the end of a further reading of the master; a bug in it is raised."""
        done = (await asyncio.wait({self.reading}, timeout=within))[0] if self.reading else ()
        for reading in done:
            reading.result()
        return not self.is_reading

    @property
    def is_reading(self) -> bool:
        """Whether a further reading of the master is under way."""
        return self.reading is not None and not self.reading.done()

    async def _read_master(self, name: HostName) -> None:
        again = await self.poll(self.hosts[name], READING)
        if isinstance(again, Observed) and again.role is Role.MASTER and (reading := reading_of(again)):
            self.readings.append(reading)

    async def read_closer(self, host: Host) -> None:
        """Read a replica's numbers again."""
        again = await self.poll(host, READING)
        if isinstance(again, Observed) and again.role is Role.REPLICA and again.sequences:
            self.closer.append(ReplicaReading(host.name, again.started_at, again.finished_at, again.sequences))

    async def give_up(self, tasks: Collection["asyncio.Task[HostOutcome]"]) -> None:
        """End the polls that the round has no more time for; their hosts are unreachable."""
        await end(tasks)
        now = self.clock.now()
        for name in (task.get_name() for task in tasks):
            detail = f"no answer before the end of the round, {now - self.clock.started_at:.0f} s after its start"
            late = Unreachable(name, self.clock.started_at, now, FailureReason.TIMEOUT, detail)
            self.outcomes.setdefault(name, late)

    def snapshot(self) -> DomainSnapshot:
        """Freeze what the round has read so far."""
        outcomes = tuple(self.outcomes[name] for name in self.hosts if name in self.outcomes)
        masters = [seen.host for seen in distinct_masters(outcomes)]
        master = self.master()
        return DomainSnapshot(
            domain=self.domain.name,
            hosts=tuple(self.hosts.values()),
            outcomes=outcomes,
            started_at=self.clock.started_at,
            finished_at=self.clock.now(),
            master_readings=tuple(sorted(self.readings, key=lambda reading: reading.started_at)),
            closer_readings=tuple(self.closer),
            listing=self.listing(),
            last_known_master=master.host if master else self.last_known_master,
            master_reports=tuple(report for report in self.reports if report.host in masters),
            seen_beside=self.seen_beside,
        )

    def listing(self) -> Listing | None:
        """Resolve the one master's list; the same reply and hosts are resolved once."""
        master = self.master()
        if master is None:
            return None
        if self._resolved is None or self._resolved[0] is not master:
            self._resolved = master, listing_of(master, self.hosts.values())
        return self._resolved[1]

    def masters(self) -> tuple[Observed, ...]:
        """Return the machines that report to be master."""
        return distinct_masters([self.outcomes[name] for name in self.hosts if name in self.outcomes])

    def master(self) -> Observed | None:
        """Return the one host that reports to be master; None where there are none or several.

        A host that was master next to it and has not answered since is still a second one.
        """
        masters = self.masters()
        silent = (
            name for name in self.seen_beside & self.hosts.keys() if not isinstance(self.outcomes.get(name), Observed)
        )
        return masters[0] if len(masters) == 1 and not any(silent) else None

    def add_discovered(self) -> None:
        """Add the hosts that the master's list names and the configuration does not."""
        master = self.master()
        if not (self.domain.discover and master):
            return
        named = discovered(master, tuple(self.hosts.values()), self.domain.address_template)
        left = self.domain.discovered_limit - sum(host.discovered for host in self.hosts.values())
        new = {host.name: host for host in named[: max(0, left)]}
        self.hosts.update(new)
        self.turns = dict.fromkeys((*self.turns, *new), short_turn(len(self.turns) + len(new)))
        self._resolved = None

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
                self._resolved = None


async def end(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel what is still running when a round is cut short."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
