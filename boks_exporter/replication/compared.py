"""Comparisons of replicas with their master, and the figures derived from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from boks_exporter.model import HostName, Seconds, Sequence, TableNumber, Timestamp, UnreadLine
from boks_exporter.replication.not_compared import NotCompared

_Number = TypeVar("_Number", int, float)


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

    def shared_with(self, host: HostName, read_at: Timestamp, *, behind_best: int | None = None) -> "ReplicaComparison":
        """Return the same comparison of another replica, with all figures that are derived already.

        None of them depends on what changes here.
        """
        other = object.__new__(ReplicaComparison)
        other.__dict__.update(self.__dict__, host=host, read_at=read_at, behind_best=behind_best)
        return other

    def derive(self) -> None:
        """Derive all figures, so that replicas that share the comparison share them."""
        for name, member in vars(ReplicaComparison).items():
            if isinstance(member, cached_property):
                getattr(self, name)

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
        """Return how old the oldest missing update is at least; 0 as in `ahead`."""
        worst = _greatest(table.lag_at_least_seconds for table in self.tables)
        return worst or (None if self.not_compared else worst)

    @cached_property
    def lagging_tables(self) -> tuple[TableComparison, ...]:
        """List the tables that certainly lack updates, worst first."""
        return tuple(sorted((table for table in self.tables if table.lag), key=lambda table: -(table.lag or 0)))

    @cached_property
    def ahead_tables(self) -> tuple[TableComparison, ...]:
        """List the tables that are certainly ahead, worst first."""
        return tuple(sorted((table for table in self.tables if table.ahead), key=lambda table: -(table.ahead or 0)))

    @cached_property
    def possibly_ahead_tables(self) -> tuple[TableComparison, ...]:
        """List the tables of the master's generation that are ahead, or may be by their bounds."""
        compared = (table for table in self.tables if not table.stamp_mismatch and table.ahead is not None)
        return tuple(table for table in compared if table.ahead_possible)

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


def _greatest(numbers: Iterable[_Number | None]) -> _Number | None:
    return max((number for number in numbers if number is not None), default=None)
