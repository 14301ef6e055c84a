"""Each replica against its master, table by table; what cannot be proven is None."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    Observed,
    Role,
    Seconds,
    Sequence,
    TableNumber,
    Timestamp,
)
from boks_exporter.replication.brackets import Bracket, brackets
from boks_exporter.replication.history import History

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table of one replica. `lag` and `ahead` are in updates, `lag_seconds` the age of the oldest missing."""

    table: TableNumber
    sequence: Sequence
    lag: int | None = None
    ahead: int | None = None
    lag_seconds: Seconds | None = None
    stamp_mismatch: bool | None = None


@dataclass(frozen=True)
class ReplicaComparison:
    """One replica. Numbers of the whole replica are those of its worst table."""

    host: HostName
    read_at: Timestamp
    tables: tuple[TableComparison, ...]
    missing_tables: tuple[TableNumber, ...] | None = None
    extra_tables: tuple[TableNumber, ...] | None = None
    behind_best: int | None = None

    @cached_property
    def lag(self) -> int | None:
        """Tell the updates that the worst table certainly lacks."""
        return _greatest(table.lag for table in self.tables)

    @cached_property
    def ahead(self) -> int | None:
        """Tell the updates by which the worst table is certainly ahead."""
        return _greatest(table.ahead for table in self.tables)

    @cached_property
    def lag_seconds(self) -> Seconds | None:
        """Tell the age of the oldest update that is missing in any table."""
        return _greatest(table.lag_seconds for table in self.tables)

    @cached_property
    def lagging_tables(self) -> tuple[TableComparison, ...]:
        """List the tables that certainly lack updates, worst first."""
        return tuple(sorted((table for table in self.tables if table.lag), key=lambda table: -(table.lag or 0)))

    @cached_property
    def ahead_tables(self) -> tuple[TableComparison, ...]:
        """List the tables that are certainly ahead, worst first."""
        return tuple(sorted((table for table in self.tables if table.ahead), key=lambda table: -(table.ahead or 0)))

    @cached_property
    def stamp_mismatch_tables(self) -> tuple[TableNumber, ...] | None:
        """Name the tables whose stamp is not the master's; None where no stamp could be compared."""
        known = [table for table in self.tables if table.stamp_mismatch is not None]
        return tuple(table.table for table in known if table.stamp_mismatch) if known else None


@dataclass(frozen=True)
class DomainComparison:
    """All replicas of a round against `master`; with no master or several only `behind_best` is known."""

    master: HostName | None
    replicas: tuple[ReplicaComparison, ...]

    @cached_property
    def _by_host(self) -> Mapping[HostName, ReplicaComparison]:
        return {replica.host: replica for replica in self.replicas}

    def replica(self, host: HostName) -> ReplicaComparison | None:
        """Look a replica up."""
        return self._by_host.get(host)


def compare(snapshot: DomainSnapshot, history: History) -> DomainComparison:
    """Compare every replica whose sequences were read; lag in seconds needs a history that has seen this round."""
    best = _best(snapshot)
    replicas = (seen for seen in snapshot.observed() if seen.role is Role.REPLICA and seen.sequences)
    return DomainComparison(snapshot.master, tuple(_replica(snapshot, seen, history, best) for seen in replicas))


def _replica(
    snapshot: DomainSnapshot, seen: Observed, history: History, best: Mapping[TableNumber, Sequence]
) -> ReplicaComparison:
    rows = seen.sequences.by_table() if seen.sequences else {}
    around = brackets(snapshot, seen)
    comparable = any(reading.host == snapshot.master for reading in snapshot.master_readings)
    tables = []
    for table, row in sorted(rows.items()):
        bracket = around.get(table)
        if bracket is None:
            tables.append(TableComparison(table, row.sequence))
            continue
        lag = bracket.lag(row.sequence)
        tables.append(
            TableComparison(
                table=table,
                sequence=row.sequence,
                lag=lag,
                ahead=bracket.ahead(row.sequence),
                lag_seconds=history.age_of_missing(table, row.sequence, lag, seen.started_at),
                stamp_mismatch=None if None in {bracket.stamp, row.stamp} else bracket.stamp != row.stamp,
            )
        )
    return ReplicaComparison(
        host=seen.host,
        read_at=seen.started_at,
        tables=tuple(tables),
        missing_tables=_missing(around, rows) if comparable else None,
        extra_tables=_extra(snapshot, rows) if comparable else None,
        behind_best=_greatest(number - rows[table].sequence for table, number in best.items() if table in rows),
    )


def _missing(around: Mapping[TableNumber, Bracket], rows: Iterable[TableNumber]) -> tuple[TableNumber, ...]:
    """Name the tables that the master had before the replica was read; one that appeared later may be under way."""
    return tuple(sorted({table for table, bracket in around.items() if bracket.lower is not None} - set(rows)))


def _extra(snapshot: DomainSnapshot, rows: Iterable[TableNumber]) -> tuple[TableNumber, ...]:
    readings = (reading for reading in snapshot.master_readings if reading.host == snapshot.master)
    known = {row.table for reading in readings for row in reading.sequences.tables}
    return tuple(sorted(set(rows) - known))


def _best(snapshot: DomainSnapshot) -> Mapping[TableNumber, Sequence]:
    """Find the highest number of each table on any server that answered.

    The servers are read at different instants, so this is exact only while nothing is written, which is so while
    the master is dead, and that is when it is needed.
    """
    best: dict[TableNumber, Sequence] = {}
    for seen in snapshot.observed():
        if seen.sequences and seen.role in {Role.MASTER, Role.REPLICA}:
            for row in seen.sequences.tables:
                best[row.table] = max(best.get(row.table, 0), row.sequence)
    return best


def _greatest(numbers: Iterable[_Number | None]) -> _Number | None:
    return max((number for number in numbers if number is not None), default=None)
