"""The snapshot of one round over one domain."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from boks_exporter.model.command_output import ReplicaLine, SequenceReport
from boks_exporter.model.host_reply import HostOutcome, Observed
from boks_exporter.model.hosts import Host, Role
from boks_exporter.model.units import DomainName, HostName, Seconds, Timestamp


@dataclass(frozen=True, slots=True)
class MasterReading:
    """One reading of a master's sequences; several of them bracket the replicas' readings."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    sequences: SequenceReport


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the master's list and its host; None where no known host has that name."""

    line: ReplicaLine
    host: HostName | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The only master's list, resolved to hosts; `read_at` is the end of the poll that returned it."""

    master: HostName
    read_at: Timestamp
    entries: tuple[Listed, ...]


@dataclass(frozen=True)
class DomainSnapshot:
    """One round over a domain. `hosts` are all known ones; each was polled and has exactly one outcome.

    `last_known_master` is the last host that was the only master, this round included; None if there was none.
    """

    domain: DomainName
    hosts: tuple[Host, ...]
    outcomes: tuple[HostOutcome, ...]
    started_at: Timestamp
    finished_at: Timestamp
    master_readings: tuple[MasterReading, ...] = ()
    listing: Listing | None = None
    last_known_master: HostName | None = None

    @cached_property
    def _outcome_by_host(self) -> dict[HostName, HostOutcome]:
        return {outcome.host: outcome for outcome in self.outcomes}

    def outcome(self, host: HostName) -> HostOutcome | None:
        """Look up a host's outcome."""
        return self._outcome_by_host.get(host)

    @cached_property
    def _host_by_name(self) -> dict[HostName, Host]:
        return {host.name: host for host in self.hosts}

    def host(self, name: HostName) -> Host | None:
        """Look up a known host."""
        return self._host_by_name.get(name)

    @cached_property
    def _line_by_host(self) -> dict[HostName | None, ReplicaLine]:
        entries = self.listing.entries if self.listing else ()
        return {entry.host: entry.line for entry in reversed(entries)}

    def line(self, host: HostName) -> ReplicaLine | None:
        """Look up a host's line in the master's list; of several, the first."""
        return self._line_by_host.get(host)

    def observed(self) -> Iterator[Observed]:
        """Iterate over the hosts that answered."""
        return (outcome for outcome in self.outcomes if isinstance(outcome, Observed))

    @cached_property
    def masters(self) -> tuple[HostName, ...]:
        """Every host whose role is master: none, one and several are three different situations."""
        return tuple(seen.host for seen in self.observed() if seen.role is Role.MASTER)

    @property
    def master(self) -> HostName | None:
        """The master, if exactly one host is."""
        return self.masters[0] if len(self.masters) == 1 else None

    @property
    def skew(self) -> Seconds | None:
        """Time between the first and the last reading of the master; None without a second one."""
        readings = [reading for reading in self.master_readings if reading.host == self.master]
        return readings[-1].started_at - readings[0].finished_at if len(readings) > 1 else None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The servers in the master's list that match no known host."""
        entries = self.listing.entries if self.listing else ()
        return tuple(entry.line.server for entry in entries if entry.host is None)
