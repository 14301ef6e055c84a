"""What evidence implies for a replica's state."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from boks_exporter.health.replica_conditions import RoundFacts, ahead_tables, lagging_tables, loads_copy
from boks_exporter.health.states import ReplicaState
from boks_exporter.health.table_names import amount, tables_named
from boks_exporter.model import HostName, TableNumber, Timestamp
from boks_exporter.replication import Condition, CopyEvidence, Difference, Lead, TableComparison
from boks_exporter.text.formatting import at_time, in_words

Reason: TypeAlias = tuple[ReplicaState, str]


def evidence_reasons(facts: RoundFacts, host: HostName) -> Iterator[Reason]:
    """Yield what is proven of a copy: in this round, or before and not cleared since.

    While the copy is being reloaded, proofs from before the reload only keep it from being ok.
    """
    known = facts.history.evidence_of(host)
    is_reloading = loads_copy(facts, host) or _is_being_reloaded(known)
    if text := _ahead_now(facts, host):
        yield ReplicaState.AHEAD, text
    elif known.held_leads:
        state = ReplicaState.UNKNOWN if is_reloading else ReplicaState.AHEAD
        yield state, _held(known.held_leads, facts.snapshot.finished_at)
    if not known:  # as of most hosts
        return
    if known.passed_leads:
        yield ReplicaState.UNKNOWN, _passed(known, facts.snapshot.finished_at)
    if not is_reloading:
        yield from _diverged(facts, host, known)
    yield from _differences(facts, host, known, is_reloading=is_reloading)


def _is_being_reloaded(known: CopyEvidence) -> bool:
    return known.reload is not None and bool(known.leads) and known.leads.keys() <= known.reload.below


def _ahead_now(facts: RoundFacts, host: HostName) -> str:
    replica = facts.comparison.replica(host)
    tables = ahead_tables(facts, replica) if replica else []
    return f"ahead of the master by {amount([(t.table, t.ahead or 0) for t in tables])}" if tables else ""


def _held(leads: Mapping[TableNumber, Lead], now: Timestamp) -> str:
    proven_at = max(lead.proven_at for lead in leads.values())
    if all(lead.by_writing for lead in leads.values()):
        return (
            f"wrote {_amount(leads)} next to the master, last at {at_time(proven_at, now)}, and was not reloaded since"
        )
    return f"ahead of the master by {_amount(leads)}, last proven at {at_time(proven_at, now)} and not disproved since"


def _passed(known: CopyEvidence, now: Timestamp) -> str:
    leads = known.passed_leads
    until = at_time(max(lead.passed_at or lead.proven_at for lead in leads.values()), now)
    is_written = all(lead.by_writing for lead in leads.values())
    what = f"wrote {_amount(leads)} next to the master" if is_written else f"was ahead by {_amount(leads)}"
    if known.reload and leads.keys() <= known.reload.below:
        since = at_time(known.reload.since, now)
        return f"{what} until {until}; reloading since {since}, and its numbers are not the master's yet"
    return f"{what} until {until}; its copy has not been reloaded since, and equal numbers do not prove equal data"


def _amount(leads: Mapping[TableNumber, Lead]) -> str:
    return amount([(table, lead.amount) for table, lead in leads.items()])


def _diverged(facts: RoundFacts, host: HostName, known: CopyEvidence) -> Iterator[Reason]:
    """Yield diverged for a copy that has what the master never had, and lags or is ahead once more."""
    replica = facts.comparison.replica(host)
    lagging = lagging_tables(facts, replica) if replica else []
    if known.leads and lagging:
        yield ReplicaState.DIVERGED, f"ahead in {tables_named(known.leads)} and {behind(lagging)}"
    elif known.diverged_since is not None:
        since = at_time(known.diverged_since, facts.snapshot.finished_at)
        yield ReplicaState.DIVERGED, f"no copy of the master's since {since}: {_why_diverged(known)}"


def _why_diverged(known: CopyEvidence) -> str:
    if not known.leads:
        return "it was ahead or diverged when it was last compared with a master"
    return f"ahead in {tables_named(known.leads)}, and since then behind as well, or ahead once more"


def _differences(facts: RoundFacts, host: HostName, known: CopyEvidence, *, is_reloading: bool) -> Iterator[Reason]:
    """Yield the differences that earlier rounds proved and this one does not show."""
    replica = facts.comparison.replica(host)
    now = facts.snapshot.finished_at
    shown = {*(replica.missing_tables or ()), *(replica.stamp_mismatch_tables or ())} if replica else set()
    for table, difference in known.differences.items():
        if table in shown and difference.proven_at >= (replica.read_at if replica else now):
            continue
        if difference.ended_at is None and not is_reloading:
            yield ReplicaState.DIVERGED, f"{_what(table, difference)} at {at_time(difference.proven_at, now)}"
        else:
            until = at_time(difference.ended_at or difference.proven_at, now)
            yield ReplicaState.UNKNOWN, f"{_what(table, difference)} until {until}"


def _what(table: TableNumber, difference: Difference) -> str:
    if difference.condition is Condition.MISSING:
        return f"lacked {tables_named([table])}, which the master has,"
    return f"had another generation than the master's (the stamp differs) of {tables_named([table])}"


def behind(tables: list[TableComparison]) -> str:
    """Write how far the tables of a replica are behind, worst first."""
    missing = f"behind the master by {amount([(table.table, table.lag or 0) for table in tables])}"
    at_least = max(
        (table.lag_at_least_seconds for table in tables if table.lag_at_least_seconds is not None), default=None
    )
    return missing if at_least is None else f"{missing}; the oldest is at least {in_words(at_least)} old"
