"""What two readings of the master prove about a table while a replica was read between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    MasterReading,
    ReplicaReading,
    Seconds,
    Sequence,
    SequenceReport,
    TableNumber,
    TableSequence,
    Timestamp,
)

KEPT_PAIRS: Final = 256
"""Pairs of readings whose brackets are kept: all replicas that were read between the same two share them."""


class Timed(Protocol):
    """Something that was read between two instants."""

    @property
    def started_at(self) -> Timestamp: ...

    @property
    def finished_at(self) -> Timestamp: ...


Around: TypeAlias = tuple[MasterReading | None, MasterReading | None]
"""The master's nearest readings before and after a replica's."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """The master's number of one table before (`lower`) and after (`upper`) a replica was read; None where not read.

    A healthy master's numbers only grow. So whatever the master's number was at the instant of the replica's
    reading, it was not below `lower` and not above `upper`.
    """

    lower: Sequence | None
    upper: Sequence | None
    stamp: Seconds | None
    """The stamp of the table, where both readings or the only one agree on it."""

    def lag(self, sequence: Sequence) -> int | None:
        """Return the number of updates that the replica certainly lacks."""
        return None if self.lower is None else max(0, self.lower - sequence)

    def lag_possible(self, sequence: Sequence) -> int | None:
        """Return the number of updates that the replica lacks at most, by its number."""
        return None if self.upper is None else max(0, self.upper - sequence)

    def ahead_possible(self, sequence: Sequence) -> int | None:
        """Return the number of updates that the replica has at most beyond the master's, by its number."""
        return None if self.lower is None else max(0, sequence - self.lower)

    @property
    def written(self) -> int | None:
        """Return the number of updates that the master added between its two readings."""
        return None if self.lower is None or self.upper is None else self.upper - self.lower

    def ahead(self, sequence: Sequence) -> int | None:
        """Return the number of updates that the replica certainly has and the master never had."""
        return None if self.upper is None else max(0, sequence - self.upper)


def brackets(snapshot: DomainSnapshot, replica: Timed) -> Mapping[TableNumber, Bracket]:
    """Find the tightest bracket of each table around a replica's reading.

    The lower end is the last reading that had ended before the replica was asked, the upper end the first that began
    after it had answered. Without exactly one master there is nothing to be compared with.
    """
    before, after = readings_around(snapshot, replica)
    return brackets_between(before and before.sequences, after and after.sequences)


@lru_cache(maxsize=KEPT_PAIRS)
def brackets_between(before: SequenceReport | None, after: SequenceReport | None) -> Mapping[TableNumber, Bracket]:
    """Close the bracket of each table between two readings of the master."""
    lower, upper = _rows(before), _rows(after)
    tables = _in_order(lower, upper)
    return {table: bracket for table in tables if (bracket := _bracket(lower.get(table), upper.get(table)))}


def readings_around(snapshot: DomainSnapshot, replica: Timed) -> Around:
    """Return the master's nearest readings before and after a replica's."""
    readings = snapshot.readings_of_master
    before = [reading for reading in readings if reading.finished_at <= replica.started_at]
    after = [reading for reading in readings if reading.started_at >= replica.finished_at]
    return (
        max(before, key=lambda reading: reading.finished_at, default=None),
        min(after, key=lambda reading: reading.started_at, default=None),
    )


def closer_readings(snapshot: DomainSnapshot, host: HostName) -> list[ReplicaReading]:
    """Return the readings of a replica's sequences in a round after that of its whole poll."""
    return [reading for reading in snapshot.closer_readings if reading.host == host]


def _rows(report: SequenceReport | None) -> Mapping[TableNumber, TableSequence]:
    return report.by_table() if report else {}


def _in_order(*readings: Iterable[TableNumber]) -> list[TableNumber]:
    return sorted({table for reading in readings for table in reading})


def _bracket(lower: TableSequence | None, upper: TableSequence | None) -> Bracket | None:
    """Close a bracket; a table that changed its generation or went back between the readings proves nothing."""
    if lower and upper and (lower.stamp != upper.stamp or lower.sequence > upper.sequence):
        return None
    known = lower or upper
    stamp = known.stamp if known else None
    return Bracket(lower.sequence if lower else None, upper.sequence if upper else None, stamp)
