"""The snapshot of one round over one domain."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Final

from boks_exporter.model.command_output import ReplicaLine, ReportedStatus, SequenceReport, UnreadLine
from boks_exporter.model.host_reply import HostOutcome, Observed
from boks_exporter.model.hosts import DomainName, Host, HostName, Seconds, Timestamp
from boks_exporter.model.machines import distinct_masters, same_machine


@dataclass(frozen=True, slots=True)
class MasterReport:
    """One poll in which a host reported to be master."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp


def are_proven(reports: Iterable[MasterReport], masters: Collection[HostName]) -> bool:
    """Return whether two of these hosts were master at the same time.

    One was master before another was read as master, and is master again in a poll that began after that. Where both
    are polled at the same time, both must be master again in polls that began after the first ones. Anything less may
    be a change of masters between two polls.
    """
    known = [report for report in reports if report.host in masters]
    by_host = {host: [report for report in known if report.host == host] for host in masters}
    return any(_encloses(by_host[one], by_host[other]) for one, other in permutations(masters, 2)) or any(
        _both_again(by_host[one], by_host[other]) for one, other in permutations(masters, 2)
    )


def _encloses(one: list[MasterReport], other: list[MasterReport]) -> bool:
    return any(
        before.finished_at <= between.started_at and between.finished_at <= after.started_at
        for between in other
        for before in one
        for after in one
    )


def _both_again(one: list[MasterReport], other: list[MasterReport]) -> bool:
    if not one or not other:
        return False
    first_ended = max(min(report.finished_at for report in reports) for reports in (one, other))
    return all(max(report.started_at for report in reports) >= first_ended for reports in (one, other))


_BADNESS: Final = (ReportedStatus.DOWN, ReportedStatus.OTHER, ReportedStatus.LOADING, ReportedStatus.OK)
"""From the worst status of a listed replica to the best."""


@dataclass(frozen=True, slots=True)
class MasterReading:
    """One reading of a master's sequences; several of them bracket the replicas' readings."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    sequences: SequenceReport


@dataclass(frozen=True, slots=True)
class ReplicaReading:
    """One reading of a replica's sequences in a round; the closer polls add further ones to that of the whole poll."""

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
class UnreadEntry:
    """One line of the master's list that could not be read, or only in part, and the known hosts that it names."""

    line: UnreadLine
    hosts: tuple[HostName, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The only master's list, resolved to hosts; `read_at` is the end of the poll that returned it."""

    master: HostName
    read_at: Timestamp
    entries: tuple[Listed, ...]
    unread: tuple[UnreadEntry, ...] = ()

    def without(self, removed: Collection[HostName]) -> "Listing | None":
        """Return the list as if these hosts were unknown; None if the master that printed it is."""
        if self.master in removed:
            return None
        return replace(
            self,
            entries=tuple(replace(entry, host=None) if entry.host in removed else entry for entry in self.entries),
            unread=tuple(
                replace(entry, hosts=tuple(host for host in entry.hosts if host not in removed))
                for entry in self.unread
            ),
        )


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
    closer_readings: tuple[ReplicaReading, ...] = ()
    """Further readings of replicas, each between two of the master."""
    listing: Listing | None = None
    last_known_master: HostName | None = None
    master_reports: tuple[MasterReport, ...] = ()
    """The polls in which the masters reported to be one, those of the round before included."""
    seen_beside: frozenset[HostName] = frozenset()
    """Hosts that were last seen as master next to another master."""

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
    def _lines_by_host(self) -> dict[HostName | None, list[ReplicaLine]]:
        lines: dict[HostName | None, list[ReplicaLine]] = defaultdict(list)
        for entry in self.listing.entries if self.listing else ():
            lines[entry.host].append(entry.line)
        return dict(lines)

    def lines(self, host: HostName) -> tuple[ReplicaLine, ...]:
        """Look up all of a host's lines in the master's list."""
        return tuple(self._lines_by_host.get(host, ()))

    def line(self, host: HostName) -> ReplicaLine | None:
        """Look up a host's line in the master's list; of several, the worst."""
        return self._line_by_host.get(host)

    @cached_property
    def _line_by_host(self) -> dict[HostName | None, ReplicaLine]:
        return {
            host: min(lines, key=lambda line: _BADNESS.index(line.status))
            for host, lines in self._lines_by_host.items()
        }

    def unread_lines(self, host: HostName) -> tuple[UnreadLine, ...]:
        """The lines of the master's list that may be a host's: those that name it, or any if it has no line.

        A known host without a line may be in any line that could not be read.
        """
        unread = self.listing.unread if self.listing else ()
        if not self.lines(host):
            return tuple(entry.line for entry in unread)
        return tuple(entry.line for entry in unread if host in entry.hosts)

    def observed(self) -> Iterator[Observed]:
        """Iterate over the hosts that answered."""
        return (outcome for outcome in self.outcomes if isinstance(outcome, Observed))

    @cached_property
    def masters(self) -> tuple[HostName, ...]:
        """Every machine whose role is master: none, one and several are three different situations.

        One that was master next to another and no longer answers still counts: silence does not end two masters.
        """
        reported = tuple(seen.host for seen in distinct_masters(self.outcomes))
        return (*reported, *self.silent_masters) if reported else ()

    @cached_property
    def silent_masters(self) -> tuple[HostName, ...]:
        """The hosts that were last seen as master next to another master, and do not answer."""
        return tuple(
            host.name
            for host in self.hosts
            if host.name in self.seen_beside and not isinstance(self.outcome(host.name), Observed)
        )

    @cached_property
    def second_names(self) -> dict[HostName, HostName]:
        """The names that certainly lead to the machine of an earlier name, each with that name."""
        return same_machine(self.outcomes)

    @cached_property
    def has_several_masters(self) -> bool:
        """Whether two hosts were master at the same time. Several masters without that proof may be a change."""
        return len(self.masters) > 1 and (bool(self.silent_masters) or are_proven(self.master_reports, self.masters))

    @cached_property
    def master(self) -> HostName | None:
        """The master, if exactly one host is."""
        return self.masters[0] if len(self.masters) == 1 else None

    @cached_property
    def readings_of_master(self) -> tuple[MasterReading, ...]:
        """The readings of the master, if exactly one host is."""
        return tuple(reading for reading in self.master_readings if reading.host == self.master)

    @property
    def skew(self) -> Seconds | None:
        """Time between the first and the last reading of the master; None without a second one."""
        readings = self.readings_of_master
        return readings[-1].started_at - readings[0].finished_at if len(readings) > 1 else None

    def without(self, removed: Collection[HostName]) -> "DomainSnapshot":
        """Return the snapshot as if these hosts were unknown."""
        listing = self.listing.without(removed) if self.listing else None
        return replace(
            self,
            hosts=tuple(host for host in self.hosts if host.name not in removed),
            outcomes=tuple(outcome for outcome in self.outcomes if outcome.host not in removed),
            master_readings=tuple(reading for reading in self.master_readings if reading.host not in removed),
            listing=listing,
            last_known_master=None if self.last_known_master in removed else self.last_known_master,
        )

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The servers in the master's list that match no known host."""
        entries = self.listing.entries if self.listing else ()
        return tuple(entry.line.server for entry in entries if entry.host is None)
