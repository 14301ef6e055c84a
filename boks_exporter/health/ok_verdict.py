"""The verdict on a replica without findings: OK needs the list's row and the compared numbers."""

from boks_exporter.health.evidence_reasons import Reason
from boks_exporter.health.evidence_update import open_tables
from boks_exporter.health.machines import name_masters
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import ReplicaState
from boks_exporter.health.table_names import table_name
from boks_exporter.model import HostName, ReportedStatus
from boks_exporter.replication import ReplicaComparison
from boks_exporter.text.formatting import at_time, updates


def ok_or_unknown(facts: RoundFacts, host: HostName) -> Reason:
    """Return OK, or unknown with the proof that is missing."""
    missing = _missing_proof(facts, host)
    if missing:
        return ReplicaState.UNKNOWN, missing
    compared = facts.comparison.replica(host)
    ahead = _ahead(facts, compared) if compared else "nothing ahead"
    in_flight = f", {updates(compared.lag)} in flight" if compared and compared.lag else ""
    return ReplicaState.OK, f"listed as OK, {ahead}{in_flight}"


def _ahead(facts: RoundFacts, compared: ReplicaComparison) -> str:
    """Write what is known of a lead: what is tolerated, what is not decided, or that there is none."""
    if compared.ahead:
        return f"ahead by {updates(compared.ahead)}, as the threshold allows"
    if not (tables := open_tables(facts, compared)):
        return "nothing ahead"
    widest = max(tables, key=lambda table: table.ahead_possible or 0)
    more = f" and as much or less in {len(tables) - 1} more" if len(tables) > 1 else ""
    since = min(facts.history.undecided.get(compared.host, {}).get(table.table, compared.read_at) for table in tables)
    when = f"since {at_time(since, facts.snapshot.finished_at)}" if since < compared.read_at else "in this poll"
    return f"at most {widest.ahead_possible} ahead in {table_name(widest.table)}{more}, not decided {when}"


def _missing_proof(facts: RoundFacts, host: HostName) -> str | None:
    if facts.snapshot.master is None:
        return _without_master(facts, host)
    line, compared = facts.line(host), facts.comparison.replica(host)
    if line is None:
        return "the master's list could not be read"
    if line.status is ReportedStatus.OTHER:
        return f"the master lists it with the status {line.raw_status!r}, whose meaning is not known"
    tables = compared.tables if compared else ()
    is_read_before, is_read_after = (
        any(table.lag is not None for table in tables),
        any(table.ahead is not None for table in tables),
    )
    if not (is_read_before or is_read_after):
        return f"the master lists it as {line.raw_status}, but its numbers could not be compared"
    if not (is_read_before and is_read_after):
        return f"the master's numbers could not be read {'after' if is_read_before else 'before'} the replica's"
    return None


def _without_master(facts: RoundFacts, host: HostName) -> str:
    masters = facts.snapshot.masters
    why = name_masters(facts.snapshot) if masters else "no master answers"
    compared = facts.comparison.replica(host)
    if compared is None or compared.behind_best is None:
        return why
    if compared.behind_best == 0:
        return f"{why}; no reachable server is more advanced"
    return f"{why}; {updates(compared.behind_best)} behind the most advanced reachable server"
