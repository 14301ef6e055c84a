"""Which replicas another reading between two of the master may decide."""

from collections.abc import Iterator

from boks_exporter.model import DomainSnapshot, HostName, Role, Sequence, TableNumber
from boks_exporter.replication.brackets import Bracket, brackets, sequence_readings


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
        around = brackets(snapshot, reading)
        for row in reading.sequences.tables:
            bracket = around.get(row.table)
            if bracket and bracket.stamp == row.stamp:
                known = _is_decided(bracket, row.sequence, ahead_sequences)
                decided[row.table] = decided.get(row.table, False) or known
    return (table for table, known in decided.items() if not known)


def _is_decided(bracket: Bracket, sequence: Sequence, ahead_sequences: int) -> bool:
    ahead, possible = bracket.ahead(sequence), bracket.ahead_possible(sequence)
    return possible == 0 or (ahead is not None and ahead >= ahead_sequences)
