"""The verdict on a replica without findings: OK needs the list's row and the compared numbers."""

from boks_exporter.health.reasons import Reason
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import ReplicaState
from boks_exporter.health.table_names import tables_named
from boks_exporter.model import HostName, ReportedStatus
from boks_exporter.replication import ReplicaComparison
from boks_exporter.text.formatting import updates


def ok_or_unknown(facts: RoundFacts, host: HostName) -> Reason:
    """Return OK, or unknown with the proof that is missing."""
    missing = _missing_proof(facts, host)
    if missing:
        return ReplicaState.UNKNOWN, missing
    compared = facts.comparison.replica(host)
    tolerated = compared.ahead if compared else None
    ahead = f"ahead by {updates(tolerated)}, as the threshold allows" if tolerated else "nothing ahead"
    in_flight = [*_in_flight(compared)] if compared else []
    return ReplicaState.OK, f"listed as OK, {ahead}" + (f", {' and '.join(in_flight)} in flight" if in_flight else "")


def _in_flight(compared: ReplicaComparison) -> list[str]:
    amounts = [updates(compared.lag)] if compared.lag else []
    return amounts + ([tables_named(compared.missing_tables)] if compared.missing_tables else [])


def _missing_proof(facts: RoundFacts, host: HostName) -> str | None:
    if facts.snapshot.master is None:
        return _without_master(facts, host)
    line, compared = facts.line(host), facts.comparison.replica(host)
    if line is None:
        return "the master's list could not be read"
    if line.status is ReportedStatus.OTHER:
        return f"the master lists it with the status {line.raw_status!r}, whose meaning is not known"
    if compared is None or (compared.lag is None and compared.ahead is None):
        return f"the master lists it as {line.raw_status}, but its numbers could not be compared"
    if compared.lag is None or compared.ahead is None:
        return f"the master's numbers could not be read {'before' if compared.lag is None else 'after'} the replica's"
    return None


def _without_master(facts: RoundFacts, host: HostName) -> str:
    masters = facts.snapshot.masters
    why = f"{', '.join(masters)} all report to be master" if masters else "no master answers"
    compared = facts.comparison.replica(host)
    if compared is None or compared.behind_best is None:
        return why
    if compared.behind_best == 0:
        return f"{why}; no reachable server is more advanced"
    return f"{why}; {updates(compared.behind_best)} behind the most advanced reachable server"
