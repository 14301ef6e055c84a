"""Updates that a new master never had: held by replicas, or written by another master."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.model import HostName, Observed, Role, Seconds, TableNumber
from boks_exporter.replication import History, Lead, MasterTerm

Proof: TypeAlias = tuple[HostName, TableNumber, Lead]

_FRESH_SECONDS: Final[Seconds] = 300.0
"""The numbers that replicas had before a change of masters count for this long: later they may have been reloaded."""


def fork_leads(before: History, facts: RoundFacts) -> Iterator[Proof]:
    """Yield what replicas had shortly before a change of masters and the new master did not have when it began."""
    snapshot = facts.snapshot
    reading = next((each for each in snapshot.master_readings if each.host == snapshot.master), None)
    if reading is None or before.master in {None, snapshot.master} or not _is_fresh(before, facts):
        return
    numbers = reading.sequences.by_table()
    for host, floor in before.floors.items():
        stamps = before.stamps.get(host, {})
        if host == snapshot.master:
            continue
        for table, level in floor.items():
            row = numbers.get(table)
            if row and row.stamp is not None and row.stamp == stamps.get(table):
                amount = level - row.sequence
                if amount >= facts.thresholds.ahead_sequences:
                    yield host, table, Lead(reading.started_at, reading.started_at, amount, level)


def _is_fresh(before: History, facts: RoundFacts) -> bool:
    return before.recorded_at is not None and facts.snapshot.started_at - before.recorded_at <= _FRESH_SECONDS


def writing_leads(before: History, facts: RoundFacts) -> Iterator[Proof]:
    """Yield what a host wrote next to the master, or after the master had begun, once it is no master any longer."""
    winner = facts.history.terms.get(facts.snapshot.master) if facts.snapshot.master else None
    if winner is None:
        return
    for host, term in before.terms.items():
        seen = facts.snapshot.outcome(host)
        if isinstance(seen, Observed) and seen.role in {Role.REPLICA, Role.CLIENT}:
            yield from _written(host, term, winner)


def _written(host: HostName, term: MasterTerm, winner: MasterTerm) -> Iterator[Proof]:
    beside, after = term.written_beside(), term.written_after(winner)
    for table in sorted(beside.keys() | after.keys()):
        amount = max(beside.get(table, 0), after.get(table, 0))
        yield host, table, Lead(term.read_at, term.read_at, amount, term.last[table][0], by_writing=True)
