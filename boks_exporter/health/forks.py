"""Updates that a new master never had: held by replicas, or written by another master."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.model import HostName, MasterReading, Observed, Role, Seconds, TableNumber
from boks_exporter.replication import CopyEvidence, History, Lead, MasterTerm
from boks_exporter.replication.table_history import TableHistory

Proof: TypeAlias = tuple[HostName, TableNumber, Lead]

_FRESH_SECONDS: Final[Seconds] = 300.0
"""The numbers that replicas had before a change of masters count for this long: later they may have been reloaded."""


def fork_leads(before: History, facts: RoundFacts) -> Iterator[Proof]:
    """Yield what replicas had shortly before a change of masters and the new master did not have when it began."""
    snapshot, reading = facts.snapshot, _first_reading(facts)
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


def _first_reading(facts: RoundFacts) -> MasterReading | None:
    return next((each for each in facts.snapshot.master_readings if each.host == facts.snapshot.master), None)


def _is_fresh(before: History, facts: RoundFacts) -> bool:
    return before.recorded_at is not None and facts.snapshot.started_at - before.recorded_at <= _FRESH_SECONDS


def from_fork_point(before: History, facts: RoundFacts) -> dict[HostName, CopyEvidence]:
    """Return the evidence without the leads that a new master shares: it was ahead in the same tables itself.

    A replica has these updates from the same source if both were ahead of the last master when it began, or when its
    number went back, as after a restore from a backup. Once the last master had passed the new one, the new one may
    have been reloaded since, and its updates need not be the replica's. What a replica has beyond the new master is
    proven again, by `fork_leads` or by its numbers.
    """
    evidence = dict(facts.history.evidence)
    master = facts.snapshot.master
    shared = before.evidence_of(master).held_leads if master else {}
    for host, known in facts.history.evidence.items():
        leads = {
            table: lead
            for table, lead in known.leads.items()
            if lead.by_writing
            or table not in shared
            or not _is_from_the_same_source(lead, shared[table], before.tables.get(table))
        }
        is_settled = bool(known.leads) and not leads
        evidence[host] = replace(known, leads=leads, diverged_since=None if is_settled else known.diverged_since)
    return evidence


def _is_from_the_same_source(lead: Lead, of_master: Lead, table: TableHistory | None) -> bool:
    """Return whether two copies had the same updates before a change of masters or a restore of the last one."""
    if lead.level > of_master.level:
        return False
    went_back_at = table.went_back_at if table else None
    return lead.since == of_master.since or (
        went_back_at is not None
        and all(0.0 <= each.since - went_back_at <= _FRESH_SECONDS for each in (lead, of_master))
    )


def writing_leads(before: History, facts: RoundFacts) -> Iterator[Proof]:
    """Yield what a host wrote next to the master, or after the master had begun, once it is no master any longer."""
    winner = facts.history.terms.get(facts.snapshot.master) if facts.snapshot.master else None
    if winner is None:
        return
    for host, term in before.terms.items():
        seen = facts.snapshot.outcome(host)
        if isinstance(seen, Observed) and seen.role in {Role.REPLICA, Role.CLIENT}:
            yield from _written(host, term, winner)
    yield from _written_before_a_return(before, facts)


def _written_before_a_return(before: History, facts: RoundFacts) -> Iterator[Proof]:
    """Yield what others had as masters while this one was silent, and it lacks now that it is the master again."""
    master, reading = facts.snapshot.master, _first_reading(facts)
    back = before.terms.get(master) if master else None
    if back is None or reading is None:
        return
    numbers = {row.table: (row.sequence, row.stamp) for row in reading.sequences.tables}
    returned = replace(back, since=reading.started_at, first=numbers)
    for host, term in before.terms.items():
        if term.since > back.read_at:
            yield from _written(host, term, returned)


def _written(host: HostName, term: MasterTerm, winner: MasterTerm) -> Iterator[Proof]:
    beside, after = term.written_beside(), term.written_after(winner)
    for table in sorted(beside.keys() | after.keys()):
        amount = max(beside.get(table, 0), after.get(table, 0))
        yield host, table, Lead(term.read_at, term.read_at, amount, term.last[table][0], by_writing=True)
