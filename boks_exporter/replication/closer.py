"""Which replicas another reading between two of the master may decide."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from boks_exporter.model import DomainSnapshot, HostName, Role, Sequence, SequenceReport, TableNumber
from boks_exporter.replication.brackets import (
    KEPT_PAIRS,
    Bracket,
    brackets_between,
    readings_around,
    sequence_readings,
)


def undecided_replicas(snapshot: DomainSnapshot, ahead_sequences: int) -> tuple[HostName, ...]:
    """Return the replicas with a table of which no reading of the round shows whether it is ahead."""
    return tuple(
        seen.host
        for seen in snapshot.observed()
        if seen.role is Role.REPLICA and seen.sequences and any(_open_tables(snapshot, seen.host, ahead_sequences))
    )


def _open_tables(snapshot: DomainSnapshot, host: HostName, ahead_sequences: int) -> Iterator[TableNumber]:
    decided: dict[TableNumber, bool] = {}
    for reading in sequence_readings(snapshot, host):
        before, after = readings_around(snapshot, reading)
        shown = _decided(reading.sequences, before and before.sequences, after and after.sequences, ahead_sequences)
        for table, known in shown.items():
            decided[table] = decided.get(table, False) or known
    return (table for table, known in decided.items() if not known)


@lru_cache(maxsize=KEPT_PAIRS)
def _decided(
    shown: SequenceReport, before: SequenceReport | None, after: SequenceReport | None, ahead_sequences: int
) -> Mapping[TableNumber, bool]:
    """Return which tables one reading decides, of those that have a bracket of their own generation."""
    around = brackets_between(before, after)
    compared = ((row, around.get(row.table)) for row in shown.tables)
    return {
        row.table: _is_decided(bracket, row.sequence, ahead_sequences)
        for row, bracket in compared
        if bracket and bracket.stamp == row.stamp
    }


def _is_decided(bracket: Bracket, sequence: Sequence, ahead_sequences: int) -> bool:
    ahead, possible = bracket.ahead(sequence), bracket.ahead_possible(sequence)
    return possible == 0 or (ahead is not None and ahead >= ahead_sequences)
