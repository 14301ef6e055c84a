"""Update of the evidence after a round: what it proves of each copy, and what it clears."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from boks_exporter.health.forks import fork_leads, from_fork_point, writing_leads
from boks_exporter.health.replica_conditions import (
    RoundFacts,
    ahead_tables,
    is_confirmed,
    is_excused,
    is_listed_as_loading,
    lagging_tables,
    loads_copy,
    overdue,
    tables_of,
)
from boks_exporter.model import HostName, Observed, Role, TableNumber, Timestamp
from boks_exporter.replication import (
    NO_EVIDENCE,
    Condition,
    CopyEvidence,
    Difference,
    History,
    Lead,
    Reload,
    ReplicaComparison,
    TableComparison,
)


def proven(before: History, facts: RoundFacts) -> dict[HostName, CopyEvidence]:
    """Return the evidence of every copy after a round; a host that does not answer keeps its own."""
    evidence = from_fork_point(before, facts)
    for second, first in facts.snapshot.second_names.items():
        evidence |= _of_one_machine(first, second, evidence)
    for host, table, lead in (*fork_leads(before, facts), *writing_leads(before, facts)):
        known = evidence.get(host) or NO_EVIDENCE
        earlier = known.leads.get(table)
        merged = earlier.again(lead.amount, lead.level, lead.proven_at) if earlier else lead
        evidence[host] = _with_lead(known, table, merged)
    for seen in facts.snapshot.observed():
        known, replica = evidence.get(seen.host) or NO_EVIDENCE, facts.comparison.replica(seen.host)
        if known or (replica and _may_prove(replica)):
            evidence[seen.host] = _after(before, facts, seen, known)
    return {host: known for host, known in evidence.items() if known}


def _may_prove(replica: ReplicaComparison) -> bool:
    """Return whether a comparison can add evidence; most replicas have none, and show nothing."""
    return bool(replica.ahead_tables or replica.missing_tables or replica.stamp_mismatch_tables)


def _of_one_machine(
    first: HostName, second: HostName, evidence: Mapping[HostName, CopyEvidence]
) -> dict[HostName, CopyEvidence]:
    """Return the evidence of a copy under the other name of its machine, where that has none."""
    known = evidence.get(first) or evidence.get(second)
    return {name: evidence.get(name) or known for name in (first, second)} if known else {}


def undecided(facts: RoundFacts) -> dict[HostName, Mapping[TableNumber, Timestamp]]:
    """Return the tables whose bounds leave open whether a copy is ahead, and since when."""
    found = {host.name: facts.history.undecided.get(host.name, {}) for host in facts.snapshot.hosts}
    for replica in facts.comparison.replicas:
        known = found[replica.host]
        found[replica.host] = {
            table.table: known.get(table.table, replica.read_at) for table in open_tables(facts, replica)
        }
    return {host: tables for host, tables in found.items() if tables}


def open_tables(facts: RoundFacts, replica: ReplicaComparison) -> list[TableComparison]:
    """Return the tables whose bounds leave open whether they are ahead."""
    limit = facts.thresholds.ahead_sequences
    return [table for table in replica.possibly_ahead_tables if (table.ahead or 0) < limit]


def _after(before: History, facts: RoundFacts, seen: Observed, known: CopyEvidence) -> CopyEvidence:
    if seen.role is Role.MASTER:
        first = facts.snapshot.second_names.get(seen.host, seen.host)
        return NO_EVIDENCE if facts.snapshot.master == first else known
    if seen.environment.has_no_database:
        return _without_database(known, seen.started_at)
    if seen.role is Role.CLIENT:
        return _reloading(known, seen.started_at)
    if is_listed_as_loading(facts, seen.host) or (loads_copy(facts, seen.host) and not known.leads):
        known = _reloading(known, seen.started_at)  # stale files can have lower numbers than a lead
    replica = facts.comparison.replica(seen.host)
    if replica is None:
        return known
    had_tables = bool(known.leads or known.differences)
    known = _with_leads(facts, replica, known)
    known = _with_differences(before, facts, replica, known)
    known = _with_divergence(facts, replica, known)
    known = _without_reloaded(replica, known)
    if known.leads or known.differences:
        return known
    return NO_EVIDENCE if had_tables or _is_as_the_master(facts, replica) else known


def _reloading(known: CopyEvidence, now: Timestamp) -> CopyEvidence:
    """Record a reload; one from before the newest proof has not repaired the copy."""
    if not known:
        return known
    if known.reload is None:
        return replace(known, reload=Reload(now))
    proofs = [difference.proven_at for difference in known.differences.values()]
    proofs += [lead.proven_at for lead in known.leads.values()]
    is_older = known.reload.since < max(proofs, default=known.reload.since)
    return replace(known, reload=replace(known.reload, since=now)) if is_older else known


def _without_database(known: CopyEvidence, now: Timestamp) -> CopyEvidence:
    """Record that a host has no copy: whatever it has later is new, and clears the evidence with the master's numbers.

    Not before that, because a removed database can be put back.
    """
    return replace(known, reload=Reload(now, frozenset(known.leads))) if known else known


def _with_lead(known: CopyEvidence, table: TableNumber, lead: Lead) -> CopyEvidence:
    """Add a lead; a table that is ahead once more must be reloaded again."""
    below = known.reload.below - {table} if known.reload else frozenset()
    return replace(
        known, leads={**known.leads, table: lead}, reload=known.reload and replace(known.reload, below=below)
    )


def _with_leads(facts: RoundFacts, replica: ReplicaComparison, known: CopyEvidence) -> CopyEvidence:
    """Record the tables that are proven ahead, and the ones that the master has passed."""
    now = replica.read_at
    proofs = {table.table: table for table in ahead_tables(facts, replica)}
    for table in replica.tables if proofs or known.leads else ():
        lead = known.leads.get(table.table)
        if table.table in proofs:
            amount = table.ahead or 0
            new = lead.again(amount, table.sequence, now) if lead else Lead(now, now, amount, table.sequence)
            if known.reload:  # the copy with the earlier, higher number is gone
                new = replace(new, level=table.sequence)
            is_again = lead is not None and lead.passed_at is not None
            known = _with_lead(known, table.table, new)
            if is_again and known.diverged_since is None:
                known = replace(known, diverged_since=now)
        elif lead and lead.passed_at is None and _is_passed(table):
            known = replace(known, leads={**known.leads, table.table: replace(lead, passed_at=now)})
    return known


def _is_passed(table: TableComparison) -> bool:
    """Return whether the master had the replica's number before the replica was read."""
    return table.ahead_possible == 0 and not table.stamp_mismatch


def _with_divergence(facts: RoundFacts, replica: ReplicaComparison, known: CopyEvidence) -> CopyEvidence:
    """Record that a copy with a lead lags as well, unless it is being reloaded."""
    if not known.leads or known.diverged_since is not None or known.reload or is_excused(facts, replica.host):
        return known
    return replace(known, diverged_since=replica.read_at) if lagging_tables(facts, replica) else known


def _with_differences(
    before: History, facts: RoundFacts, replica: ReplicaComparison, known: CopyEvidence
) -> CopyEvidence:
    """Record the tables that are missing or of another generation, and drop those that were transferred since."""
    kept = dict(_differences_left(before, replica, known))
    for condition in Condition:
        if tables_of(replica, condition) and is_confirmed(facts, replica, condition):
            for table in overdue(facts, replica, condition):
                kept[table] = _difference(facts, replica, kept.get(table), table, condition)
    return replace(known, differences=kept)


def _difference(
    facts: RoundFacts, replica: ReplicaComparison, known: Difference | None, table: TableNumber, condition: Condition
) -> Difference:
    since = known.since if known else replica.read_at
    return Difference(condition, since, replica.read_at, _stamp(facts, replica.host, table))


def _differences_left(
    before: History, replica: ReplicaComparison, known: CopyEvidence
) -> Iterator[tuple[TableNumber, Difference]]:
    for number, difference in known.differences.items():
        table = replica.table(number)
        if table is None or table.stamp_mismatch is not False or None in {table.lag, table.ahead}:
            yield number, difference
        elif table.lag or table.ahead or not _was_transferred(before, replica, table, known):
            ended_at = difference.ended_at or replica.read_at
            yield number, replace(difference, ended_at=ended_at)


def _was_transferred(before: History, replica: ReplicaComparison, table: TableComparison, known: CopyEvidence) -> bool:
    """Return whether the copy got a table of the master's: it had none, its number fell, or it was reloaded.

    The master's stamp alone proves no transfer: the copy's own numbers may go on under it.
    """
    difference = known.differences[table.table]
    is_reloaded = known.reload is not None and known.reload.since >= difference.proven_at
    fell = table.sequence < before.floors.get(replica.host, {}).get(table.table, 0)
    return difference.condition is Condition.MISSING or fell or is_reloaded


def _stamp(facts: RoundFacts, host: HostName, table: TableNumber) -> float | None:
    seen = facts.snapshot.outcome(host)
    rows = seen.sequences.by_table() if isinstance(seen, Observed) and seen.sequences else {}
    return rows[table].stamp if table in rows else None


def _without_reloaded(replica: ReplicaComparison, known: CopyEvidence) -> CopyEvidence:
    """Clear the leads of a reloaded copy: first seen below the level, then with the master's number and stamp.

    Client phase, LOADING or another stamp alone clears nothing: a conversion that leaves stale files is the known
    cause of a lead (K1262). Nor does one before the newest proof.
    """
    if known.reload is None:
        return known
    since = known.reload.since
    below = known.reload.below | {
        number for number, lead in known.leads.items() if lead.proven_at <= since and _is_below(replica, number, lead)
    }
    left = {
        number: lead
        for number, lead in known.leads.items()
        if number not in below or not _has_reached(replica.table(number))
    }
    return replace(known, leads=left, reload=replace(known.reload, below=below))


def _is_below(replica: ReplicaComparison, number: TableNumber, lead: Lead) -> bool:
    table = replica.table(number)
    return number in (replica.missing_tables or ()) if table is None else table.sequence < lead.level


def _has_reached(table: TableComparison | None) -> bool:
    """Return whether a table has the master's number under the master's stamp."""
    return table is not None and table.lag == 0 and table.ahead == 0 and table.stamp_mismatch is False


def _is_as_the_master(facts: RoundFacts, replica: ReplicaComparison) -> bool:
    """Return whether a whole comparison finds nothing.

    It clears what has neither a lead nor a difference, as stored by versions that kept no more than the fact.
    """
    is_compared = replica.lag is not None and replica.ahead == 0 and not is_excused(facts, replica.host)
    return is_compared and not replica.missing_tables and not replica.stamp_mismatch_tables
