"""Which replicas another reading between two of the master may decide."""

from functools import lru_cache

from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    Observed,
    ReplicaReading,
    Role,
    Sequence,
    SequenceReport,
    TableNumber,
)
from boks_exporter.replication.brackets import KEPT_PAIRS, Bracket, brackets_between, closer_readings, readings_around


def undecided_replicas(snapshot: DomainSnapshot, ahead_sequences: int) -> tuple[HostName, ...]:
    """Return the replicas with a table of which no reading of the round shows whether it is ahead."""
    return tuple(
        seen.host
        for seen in snapshot.observed()
        if seen.role is Role.REPLICA and seen.sequences and not _are_all_decided(snapshot, seen, ahead_sequences)
    )


def _are_all_decided(snapshot: DomainSnapshot, seen: Observed, ahead_sequences: int) -> bool:
    compared: frozenset[TableNumber] = frozenset()
    decided: frozenset[TableNumber] = frozenset()
    readings: tuple[Observed | ReplicaReading, ...] = (seen, *closer_readings(snapshot, seen.host))
    for reading in readings:
        if reading.sequences:
            before, after = readings_around(snapshot, reading)
            of_master = before and before.sequences, after and after.sequences
            known = _known(reading.sequences, *of_master, ahead_sequences)
            compared, decided = compared | known[0], decided | known[1]
    return compared <= decided


@lru_cache(maxsize=KEPT_PAIRS)
def _known(
    shown: SequenceReport, before: SequenceReport | None, after: SequenceReport | None, ahead_sequences: int
) -> tuple[frozenset[TableNumber], frozenset[TableNumber]]:
    """Return the tables that have a bracket of their own generation in one reading, and those that it decides."""
    around = brackets_between(before, after)
    rows = ((row, around.get(row.table)) for row in shown.tables)
    compared = {row.table: (bracket, row) for row, bracket in rows if bracket and bracket.stamp == row.stamp}
    decided = (table for table, each in compared.items() if _is_decided(each[0], each[1].sequence, ahead_sequences))
    return frozenset(compared), frozenset(decided)


def _is_decided(bracket: Bracket, sequence: Sequence, ahead_sequences: int) -> bool:
    ahead, possible = bracket.ahead(sequence), bracket.ahead_possible(sequence)
    return possible == 0 or (ahead is not None and ahead >= ahead_sequences)
