"""One round over one domain: everything that one bracketed look brought home."""

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
    """One line of the master's list and the host that it means; None where no known host bears that name."""

    line: ReplicaLine
    host: HostName | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The one master's list, resolved to hosts; `read_at` is when the exchange that brought it ended."""

    master: HostName
    read_at: Timestamp
    entries: tuple[Listed, ...]


@dataclass(frozen=True)
class DomainSnapshot:
    """One bracketed look at a domain. `hosts` are all known ones; each was asked and has exactly one outcome.

    `last_known_master` is who was seen as the only master last, this round included; None if never seen.
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
        """Look up how the round ended for a host."""
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
        """Go through the hosts that answered."""
        return (outcome for outcome in self.outcomes if isinstance(outcome, Observed))

    @cached_property
    def masters(self) -> tuple[HostName, ...]:
        """Name every host that says it is master: none, one and several are three different situations."""
        return tuple(seen.host for seen in self.observed() if seen.role is Role.MASTER)

    @property
    def master(self) -> HostName | None:
        """Name the master if exactly one host says it is."""
        return self.masters[0] if len(self.masters) == 1 else None

    @property
    def skew(self) -> Seconds | None:
        """Tell the time between the first and the last reading of the master; None without a second one."""
        readings = [reading for reading in self.master_readings if reading.host == self.master]
        return readings[-1].started_at - readings[0].finished_at if len(readings) > 1 else None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Name the servers of the master's list that no known host bears."""
        entries = self.listing.entries if self.listing else ()
        return tuple(entry.line.server for entry in entries if entry.host is None)
