"""Each replica against its master, table by table, and the best copy; what cannot be proven is None."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    Observed,
    ReplicaReading,
    Role,
    Seconds,
    Sequence,
    SequenceReport,
    TableNumber,
    TableSequence,
)
from boks_exporter.replication.brackets import (
    KEPT_PAIRS,
    Bracket,
    Timed,
    brackets,
    brackets_between,
    closer_readings,
    readings_around,
)
from boks_exporter.replication.compared import DomainComparison, ReplicaComparison, TableComparison
from boks_exporter.replication.history import History
from boks_exporter.replication.not_compared import Obstacle, excluded_tables, hidden_in, is_plain, not_compared


@dataclass(frozen=True, slots=True)
class BestCopy:
    """The highest number of each table; `is_certain` unless a line that could not be read may hide a higher one.

    `remembered` are the tables that the last master had.
    """

    numbers: Mapping[TableNumber, Sequence]
    is_certain: bool
    remembered: frozenset[TableNumber] = frozenset()

    def lead_over(self, numbers: Mapping[TableNumber, Sequence]) -> int | None:
        """Return the updates that a copy lacks in its worst table.

        0 only if every number on all servers is known and the copy has every table.
        """
        leads = [max(0, self.numbers[table] - own) for table, own in numbers.items() if table in self.numbers]
        worst = max(leads, default=None)
        is_complete = self.is_certain and (self.numbers.keys() | self.remembered) <= numbers.keys()
        return worst or (worst if is_complete else None)


def best_copy(snapshot: DomainSnapshot, history: History) -> BestCopy:
    """Find the highest numbers on any server that answered and has no evidence against it.

    The servers are read at different instants, so this is exact only while nothing is written, which is the
    case while the master is dead, when it is needed.
    """
    counted = [seen for seen in snapshot.observed() if seen.sequences and _counts(seen, history)]
    best: dict[TableNumber, Sequence] = {}
    for shown in {seen.sequences for seen in counted if seen.sequences}:
        for row in shown.tables:
            best[row.table] = max(best.get(row.table, 0), row.sequence)
    is_certain = not any(_hides(seen, history, best) for seen in counted)
    return BestCopy(best, is_certain, remembered=frozenset(history.tables))


def _counts(seen: Observed, history: History) -> bool:
    return seen.role in {Role.MASTER, Role.REPLICA} and not history.is_apart(seen.host)


def _hides(seen: Observed, history: History, known: Mapping[TableNumber, Sequence]) -> bool:
    shown = seen.sequences
    return (
        shown is not None
        and bool(shown.suspect_lines)
        and any(True for _ in hidden_in(seen.host, shown, history.common_forms, known))
    )


_KEPT_ROWS: Final = 1024


def compare(snapshot: DomainSnapshot, history: History, exact_to: Seconds = math.inf) -> DomainComparison:
    """Compare every replica whose sequences were read; lag in seconds needs a history that has seen this round.

    A lag in seconds that may be wrong by more than `exact_to` is left out.
    """
    past = _Past(history, exact_to, _known_tables(snapshot))
    replicas = (
        _replica(snapshot, seen, seen.sequences, past)
        for seen in snapshot.observed()
        if seen.role is Role.REPLICA and seen.sequences
    )
    return DomainComparison(snapshot.master, tuple(replicas))


def _known_tables(snapshot: DomainSnapshot) -> frozenset[TableNumber] | None:
    """Return the tables that the one master showed in this round; None where it was not read."""
    readings = snapshot.readings_of_master
    return frozenset(table for reading in readings for table in reading.sequences.numbers) if readings else None


def ranked(comparison: DomainComparison, snapshot: DomainSnapshot, history: History) -> DomainComparison:
    """Add how far each replica is behind the most advanced server that has no evidence against it."""
    best = best_copy(snapshot, history)
    behind: dict[int, int | None] = {}
    for tables in (replica.tables for replica in comparison.replicas):
        if id(tables) not in behind:  # replicas without a difference share theirs
            behind[id(tables)] = best.lead_over({table.table: table.sequence for table in tables})
    replicas = (
        replica.shared_with(replica.host, replica.read_at, behind_best=behind[id(replica.tables)])
        for replica in comparison.replicas
    )
    return replace(comparison, replicas=tuple(replicas))


@dataclass(frozen=True, slots=True)
class _Past:
    history: History
    exact_to: Seconds
    known_tables: frozenset[TableNumber] | None


def _replica(snapshot: DomainSnapshot, seen: Observed, shown: SequenceReport, past: _Past) -> ReplicaComparison:
    before, after = readings_around(snapshot, seen)
    reports = before and before.sequences, after and after.sequences
    may_hide = not is_plain(shown, *reports)
    obstacles = not_compared(snapshot, seen, past.history) if may_hide else ()
    excluded = excluded_tables(snapshot, seen) if may_hide else {}
    closer = _closer(snapshot, seen.host)
    known = past.known_tables
    if known is not None and not (obstacles or excluded or closer) and (settled := _settled(shown, *reports, known)):
        return settled.shared_with(seen.host, seen.started_at)
    rows, around = shown.by_table(), brackets_between(*reports)
    uncertain = {each.table for each in obstacles if each.obstacle is not Obstacle.EXTRA}
    return ReplicaComparison(
        host=seen.host,
        read_at=seen.started_at,
        tables=tuple(
            max(_readings(row, around, closer, past, seen, table not in uncertain), key=_how_decided)
            for table, row in sorted(rows.items())
        ),
        missing_tables=None if known is None else _missing(around, rows, uncertain | excluded.keys()),
        extra_tables=None if known is None else _extra(known, rows, uncertain | excluded.keys()),
        not_compared=obstacles,
        excluded=excluded,
    )


@lru_cache(maxsize=KEPT_PAIRS)
def _settled(
    shown: SequenceReport, before: SequenceReport | None, after: SequenceReport | None, known: frozenset[TableNumber]
) -> ReplicaComparison | None:
    """Compare an output of which no table has an age, once for all replicas that print it; None where one has."""
    around, rows = brackets_between(before, after), shown.by_table()
    tables = tuple(_without_age(row, around.get(table), is_certain=True) for table, row in sorted(rows.items()))
    if any(map(_has_age, tables)):
        return None
    settled = ReplicaComparison(
        "", 0.0, tables, missing_tables=_missing(around, rows, ()), extra_tables=_extra(known, rows, ())
    )
    settled.derive()
    return settled


_Closer: TypeAlias = Mapping[TableNumber, list[tuple[TableSequence, Bracket | None, ReplicaReading]]]


def _closer(snapshot: DomainSnapshot, host: HostName) -> _Closer:
    """Collect the rows of a replica's further readings in the round, each with its own bracket."""
    rows: dict[TableNumber, list[tuple[TableSequence, Bracket | None, ReplicaReading]]] = defaultdict(list)
    for reading in closer_readings(snapshot, host):
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
    """Compare one table, with the age of what it lacks."""
    compared = _without_age(row, bracket, is_certain=is_certain)
    age = past.history.age_of_missing(row.table, row.sequence, seen) if _has_age(compared) else None
    if age is None:
        return compared
    return replace(compared, lag_seconds=age.estimate(past.exact_to), lag_at_least_seconds=age.at_least)


def _has_age(table: TableComparison) -> bool:
    """Return whether a table lacks updates of the master's generation."""
    return bool(table.lag) and not table.stamp_mismatch


@lru_cache(maxsize=_KEPT_ROWS)
def _without_age(row: TableSequence, bracket: Bracket | None, *, is_certain: bool) -> TableComparison:
    """Compare one table; where it is not certain, a difference of 0 is not proven.

    Most rows are the same from round to round and from replica to replica, and are compared once.
    """
    if bracket is None:
        return TableComparison(row.table, row.sequence)
    lag, ahead = bracket.lag(row.sequence), bracket.ahead(row.sequence)
    if not is_certain:
        lag, ahead = lag or None, ahead or None
    is_other = None if None in {bracket.stamp, row.stamp} else bracket.stamp != row.stamp
    nothing = 0.0 if lag == 0 and not is_other else None
    return TableComparison(
        table=row.table,
        sequence=row.sequence,
        lag=lag,
        ahead=ahead,
        lag_possible=bracket.lag_possible(row.sequence) if is_certain else None,
        ahead_possible=bracket.ahead_possible(row.sequence) if is_certain else None,
        lag_seconds=nothing,
        lag_at_least_seconds=nothing,
        written=bracket.written,
        stamp_mismatch=is_other,
    )


def _missing(
    around: Mapping[TableNumber, Bracket], rows: Collection[TableNumber], uncertain: Collection[TableNumber | None]
) -> tuple[TableNumber, ...] | None:
    """Return the tables that the master had before the replica was read; one that appeared later may be in flight.

    A table in a line that could not be read exists, with an unknown number. Without a reading before the replica's, a
    table that it lacks proves nothing.
    """
    if None in uncertain:
        return None
    lacking = around.keys() - set(rows) - set(uncertain)
    read_before = {table for table, bracket in around.items() if bracket.lower is not None}
    return tuple(sorted(lacking & read_before)) if read_before or not lacking else None


def _extra(
    known: Collection[TableNumber], rows: Iterable[TableNumber], uncertain: Collection[TableNumber | None]
) -> tuple[TableNumber, ...]:
    return tuple(sorted(set(rows) - set(known) - set(uncertain)))
