"""The hosts that were seen as master, since when, and what each has written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    Role,
    Seconds,
    Sequence,
    SequenceReport,
    TableNumber,
    Timestamp,
)
from boks_exporter.replication.evidence import Clearance

Marks: TypeAlias = Mapping[TableNumber, tuple[Sequence, Seconds | None]]
"""Each table's number with its stamp."""


@dataclass(frozen=True, slots=True)
class MasterTerm:
    """One host as master: its numbers when it was first seen as one and when it was last.

    `beside` are its numbers when it was first seen next to another master; None while there was none. It became master
    instead of `replaced`, where another one was known; `forked` are its last numbers as a replica, read at `forked_at`.
    """

    since: Timestamp
    first: Marks
    last: Marks
    read_at: Timestamp
    beside: Marks | None = None
    beside_since: Timestamp | None = None
    replaced: HostName | None = None
    forked: Marks | None = None
    forked_at: Timestamp | None = None

    def written_beside(self) -> dict[TableNumber, int]:
        """Return the updates of each table that the host wrote next to another master, as far as they were seen."""
        return _beyond(self.last, self.beside) if self.beside is not None else {}

    def written_after(self, other: "MasterTerm") -> dict[TableNumber, int]:
        """Return the updates of each table that a later master did not have when it began."""
        return _beyond(self.last, other.first) if other.since > self.since else {}

    def shifted(self, by: Seconds) -> "MasterTerm":
        """Move all times by a step of the exporter's clock."""
        beside = None if self.beside_since is None else self.beside_since + by
        forked = None if self.forked_at is None else self.forked_at + by
        return replace(self, since=self.since + by, read_at=self.read_at + by, beside_since=beside, forked_at=forked)


@dataclass(frozen=True, slots=True)
class PreviousRound:
    """The last master, and the numbers of the hosts that are master now, as the rounds before have recorded them."""

    master: HostName | None
    replicas: Mapping[HostName, Marks]
    recorded_at: Timestamp | None

    def term(self, host: HostName, numbers: Marks, at: Timestamp) -> MasterTerm:
        """Begin the term of a new master."""
        replaced = self.master if self.master != host else None
        forked = self.replicas.get(host) if replaced else None
        return MasterTerm(
            at, numbers, numbers, at, replaced=replaced, forked=forked, forked_at=self.recorded_at if forked else None
        )


def seen_beside(terms: Mapping[HostName, MasterTerm]) -> frozenset[HostName]:
    """Return the hosts that were master next to another one and have not been seen in another role since."""
    return frozenset(host for host, term in terms.items() if term.beside_since is not None)


def settled(terms: Mapping[HostName, MasterTerm], by: Iterable[Clearance]) -> dict[HostName, MasterTerm]:
    """Return the terms without those that a clearance has ended: the host was retired, or is known to be lost."""
    entries = tuple(by)
    return {
        host: term
        for host, term in terms.items()
        if term.beside_since is None
        or not any(entry.host in {None, host} and entry.at >= term.beside_since for entry in entries)
    }


def marks_of(report: SequenceReport) -> Marks:
    """Return the number and the stamp of each table."""
    return {row.table: (row.sequence, row.stamp) for row in report.tables}


def continue_terms(
    known: Mapping[HostName, MasterTerm], snapshot: DomainSnapshot, before: PreviousRound
) -> dict[HostName, MasterTerm]:
    """Record a round. A host with another role loses its term as soon as there is one master to judge it by."""
    terms = dict(known)
    for seen in snapshot.observed():
        if seen.role is not Role.MASTER:
            if seen.role is not Role.UNKNOWN and snapshot.master is not None:
                terms.pop(seen.host, None)
        elif seen.sequences:
            numbers, at = marks_of(seen.sequences), seen.started_at
            term = terms.get(seen.host)
            terms[seen.host] = _continued(term, numbers, at) if term else before.term(seen.host, numbers, at)
    for reading in snapshot.master_readings:
        if reading.host in terms and reading.started_at > terms[reading.host].read_at:
            terms[reading.host] = _continued(terms[reading.host], marks_of(reading.sequences), reading.started_at)
    several = snapshot.has_several_masters
    found = {host: _beside(term, is_beside=several and host in snapshot.masters) for host, term in terms.items()}
    if snapshot.master in found:
        found[snapshot.master] = replace(found[snapshot.master], beside=None, beside_since=None)
    return found


def _continued(known: MasterTerm, numbers: Marks, at: Timestamp) -> MasterTerm:
    return replace(known, last=numbers, read_at=at)


def _beside(term: MasterTerm, *, is_beside: bool) -> MasterTerm:
    if is_beside and term.beside is None:
        return replace(term, beside=term.last, beside_since=term.read_at)
    return term


def _beyond(numbers: Marks, base: Marks) -> dict[TableNumber, int]:
    """Return by how much each table of the same generation is beyond a base."""
    found = {}
    for table, (number, stamp) in numbers.items():
        from_number, from_stamp = base.get(table, (number, stamp))
        if stamp == from_stamp and number > from_number:
            found[table] = number - from_number
    return found
