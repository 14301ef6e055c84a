"""Each replica against its master, table by table; what cannot be proven is None."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    Observed,
    ReplicaReading,
    Role,
    Seconds,
    Sequence,
    TableNumber,
    TableSequence,
    Timestamp,
    UnreadLine,
)
from boks_exporter.replication.best_copy import BestCopy, best_copy
from boks_exporter.replication.brackets import Bracket, Timed, brackets, sequence_readings
from boks_exporter.replication.history import History
from boks_exporter.replication.not_compared import NotCompared, excluded_tables, not_compared
from boks_exporter.replication.table_history import Age

_Number = TypeVar("_Number", int, float)

_NOTHING_MISSING: Final = Age(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table of one replica. `lag` and `ahead` are in updates, the seconds are the age of the oldest missing one.

    `lag_seconds` is near the truth or None; `lag_at_least_seconds` is proven, and known from the first round on.
    Numbers of another generation are compared, but have no age. `lag` and `ahead` are the proven ends of the bounds,
    `lag_possible` and `ahead_possible` the other ends: bounds of numbers, not of contents.
    `written` is what the master added between its two readings.
    """

    table: TableNumber
    sequence: Sequence
    lag: int | None = None
    ahead: int | None = None
    lag_possible: int | None = None
    ahead_possible: int | None = None
    lag_seconds: Seconds | None = None
    lag_at_least_seconds: Seconds | None = None
    written: int | None = None
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
    not_compared: tuple[NotCompared, ...] = ()
    excluded: Mapping[TableNumber, UnreadLine] = field(default_factory=lambda: MappingProxyType({}))
    """Tables that are not compared because the configuration ignores their lines."""

    @cached_property
    def _by_number(self) -> Mapping[TableNumber, TableComparison]:
        return {table.table: table for table in self.tables}

    def table(self, number: TableNumber) -> TableComparison | None:
        """Return a table's comparison; None where the replica does not show the table."""
        return self._by_number.get(number)

    @cached_property
    def lag(self) -> int | None:
        """Return the updates that the worst table certainly lacks; 0 only if every table of the master was compared."""
        return self._proven_lag(_greatest(table.lag for table in self.tables))

    @cached_property
    def ahead(self) -> int | None:
        """Return the updates by which the worst table is certainly ahead."""
        return self._proven(_greatest(table.ahead for table in self.tables))

    def _proven_lag(self, worst: int | None) -> int | None:
        is_complete = not self.missing_tables and all(table.lag is not None for table in self._of_the_master())
        return worst or (self._proven(worst) if is_complete else None)

    def _proven(self, worst: int | None) -> int | None:
        """Return an amount unless it is 0 only because a table could not be compared."""
        return worst or (None if self.not_compared else worst)

    @cached_property
    def lag_possible(self) -> int | None:
        """Return the updates that any table lacks at most; None if one of the master's tables has no such bound."""
        return None if self.missing_tables else self._bound(table.lag_possible for table in self._of_the_master())

    @cached_property
    def ahead_possible(self) -> int | None:
        """Return the updates by which any table is ahead at most; None as in `lag_possible`."""
        return self._bound(table.ahead_possible for table in self._of_the_master())

    def _of_the_master(self) -> list[TableComparison]:
        """Return the tables that the master has too."""
        others = {*(self.extra_tables or ()), *self.excluded}
        return [table for table in self.tables if table.table not in others]

    def _bound(self, numbers: Iterable[int | None]) -> int | None:
        known = [*numbers]
        return None if self.not_compared or None in known else _greatest(known)

    @cached_property
    def lag_seconds(self) -> Seconds | None:
        """Return the age of the oldest update that is missing in any table; None if one of these ages is not known.

        A table that the master does not have lacks nothing, one of another generation is a finding of its own. One
        that could not be compared, or that the replica does not have, may lack the oldest.
        """
        if self.not_compared or self.missing_tables:
            return None
        ages = [table.lag_seconds for table in self._of_the_master() if not table.stamp_mismatch]
        return None if None in ages else _greatest(ages)

    @cached_property
    def lag_at_least_seconds(self) -> Seconds | None:
        """Return how old the oldest missing update is at least."""
        return _greatest(table.lag_at_least_seconds for table in self.tables)

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
        """Return the tables whose stamp is not the master's; None where no stamp could be compared."""
        known = [table for table in self.tables if table.stamp_mismatch is not None]
        return tuple(table.table for table in known if table.stamp_mismatch) if known else None


@dataclass(frozen=True)
class DomainComparison:
    """All replicas of a round against `master`; with no master or several, `ranked` adds all that is known."""

    master: HostName | None
    replicas: tuple[ReplicaComparison, ...]

    @cached_property
    def _by_host(self) -> Mapping[HostName, ReplicaComparison]:
        return {replica.host: replica for replica in self.replicas}

    def replica(self, host: HostName) -> ReplicaComparison | None:
        """Return a replica's comparison."""
        return self._by_host.get(host)


def compare(snapshot: DomainSnapshot, history: History, exact_to: Seconds = math.inf) -> DomainComparison:
    """Compare every replica whose sequences were read; lag in seconds needs a history that has seen this round.

    A lag in seconds that may be wrong by more than `exact_to` is left out.
    """
    replicas = (seen for seen in snapshot.observed() if seen.role is Role.REPLICA and seen.sequences)
    return DomainComparison(
        snapshot.master, tuple(_replica(snapshot, seen, _Past(history, exact_to)) for seen in replicas)
    )


def ranked(comparison: DomainComparison, snapshot: DomainSnapshot, history: History) -> DomainComparison:
    """Add how far each replica is behind the most advanced server that has no evidence against it."""
    best = best_copy(snapshot, history)
    return replace(comparison, replicas=tuple(_ranked(replica, best) for replica in comparison.replicas))


def _ranked(replica: ReplicaComparison, best: BestCopy) -> ReplicaComparison:
    return replace(replica, behind_best=best.lead_over({table.table: table.sequence for table in replica.tables}))


@dataclass(frozen=True, slots=True)
class _Past:
    history: History
    exact_to: Seconds


def _replica(snapshot: DomainSnapshot, seen: Observed, past: _Past) -> ReplicaComparison:
    rows = seen.sequences.by_table() if seen.sequences else {}
    around = brackets(snapshot, seen)
    comparable = any(reading.host == snapshot.master for reading in snapshot.master_readings)
    obstacles = not_compared(snapshot, seen, past.history)
    excluded = excluded_tables(snapshot, seen)
    uncertain = {each.table for each in obstacles}
    closer = _closer(snapshot, seen.host)
    return ReplicaComparison(
        host=seen.host,
        read_at=seen.started_at,
        tables=tuple(
            max(_readings(row, around, closer, past, seen, table not in uncertain), key=_how_decided)
            for table, row in sorted(rows.items())
        ),
        missing_tables=_missing(around, rows, uncertain | excluded.keys()) if comparable else None,
        extra_tables=_extra(snapshot, rows, uncertain | excluded.keys()) if comparable else None,
        not_compared=obstacles,
        excluded=excluded,
    )


_Closer: TypeAlias = Mapping[TableNumber, list[tuple[TableSequence, Bracket | None, ReplicaReading]]]


def _closer(snapshot: DomainSnapshot, host: HostName) -> _Closer:
    """Collect the rows of a replica's further readings in the round, each with its own bracket."""
    rows: dict[TableNumber, list[tuple[TableSequence, Bracket | None, ReplicaReading]]] = defaultdict(list)
    for reading in sequence_readings(snapshot, host)[1:]:
        around = brackets(snapshot, reading)
        for row in reading.sequences.tables:
            rows[row.table].append((row, around.get(row.table), reading))
    return rows


def _readings(
    row: TableSequence,
    around: Mapping[TableNumber, Bracket],
    closer: _Closer,
    past: _Past,
    seen: Observed,
    is_certain: bool,  # noqa: FBT001 - the last of several facts
) -> Iterator[TableComparison]:
    """Compare a table in each reading of it."""
    yield _table(row, around.get(row.table), past, seen, is_certain=is_certain)
    for again, bracket, reading in closer.get(row.table, ()):
        yield _table(again, bracket, past, reading, is_certain=is_certain)


def _how_decided(table: TableComparison) -> tuple[int, float]:
    """Rank the readings of a table: a proven lead first, then the narrowest bound."""
    return table.ahead or 0, -math.inf if table.ahead_possible is None else -table.ahead_possible


def _table(
    row: TableSequence, bracket: Bracket | None, past: _Past, seen: Timed, *, is_certain: bool
) -> TableComparison:
    """Compare one table; where it is not certain, a difference of 0 is not proven."""
    if bracket is None:
        return TableComparison(row.table, row.sequence)
    lag, ahead = bracket.lag(row.sequence), bracket.ahead(row.sequence)
    if not is_certain:
        lag, ahead = lag or None, ahead or None
    is_other = None if None in {bracket.stamp, row.stamp} else bracket.stamp != row.stamp
    known = past.history.age_of_missing(row.table, row.sequence, seen) if lag and not is_other else None
    age = _NOTHING_MISSING if lag == 0 and not is_other else known
    return TableComparison(
        table=row.table,
        sequence=row.sequence,
        lag=lag,
        ahead=ahead,
        lag_possible=bracket.lag_possible(row.sequence) if is_certain else None,
        ahead_possible=bracket.ahead_possible(row.sequence) if is_certain else None,
        lag_seconds=age.estimate(past.exact_to) if age else None,
        lag_at_least_seconds=age.at_least if age else None,
        written=bracket.written,
        stamp_mismatch=is_other,
    )


def _missing(
    around: Mapping[TableNumber, Bracket], rows: Collection[TableNumber], uncertain: Collection[TableNumber | None]
) -> tuple[TableNumber, ...] | None:
    """Return the tables that the master had before the replica was read; one that appeared later may be in flight.

    A table in a line that could not be read exists, with an unknown number.
    """
    if None in uncertain:
        return None
    wanted = {table for table, bracket in around.items() if bracket.lower is not None}
    return tuple(sorted(wanted - set(rows) - set(uncertain)))


def _extra(
    snapshot: DomainSnapshot, rows: Iterable[TableNumber], uncertain: Collection[TableNumber | None]
) -> tuple[TableNumber, ...]:
    readings = (reading for reading in snapshot.master_readings if reading.host == snapshot.master)
    known = {row.table for reading in readings for row in reading.sequences.tables}
    return tuple(sorted(set(rows) - known - set(uncertain)))


def _greatest(numbers: Iterable[_Number | None]) -> _Number | None:
    return max((number for number in numbers if number is not None), default=None)
