"""The verdict on one host; OK needs the list's row and the compared numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from boks_exporter.health.evidence_reasons import Reason
from boks_exporter.health.evidence_update import open_tables
from boks_exporter.health.machines import name_masters, other_names
from boks_exporter.health.promotable import judge_promotable
from boks_exporter.health.reasons import reasons
from boks_exporter.health.replica_conditions import RoundFacts
from boks_exporter.health.states import PRECEDENCE, ReplicaState
from boks_exporter.health.table_names import table_name, tables_named
from boks_exporter.health.unread import not_compared
from boks_exporter.model import Host, HostName, Observed, ReportedStatus, Role, Timestamp
from boks_exporter.replication import EvidenceKind, ReplicaComparison
from boks_exporter.text.formatting import at_time, in_words, updates


def evidence(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the findings as sentences."""
    yield from other_names(facts, host)
    line, compared = facts.line(host), facts.comparison.replica(host)
    if (
        line
        and line.since_failure is not None
        and line.since_packet is not None
        and line.since_failure < line.since_packet
    ):
        yield f"the last failed update ({in_words(line.since_failure)} before) came after the last packet"
    yield from _listed_last(facts, host)
    lines = facts.snapshot.lines(host)
    if len(lines) > 1:
        times = "twice" if len(lines) == 2 else f"{len(lines)} times"  # noqa: PLR2004 - twice
        yield f"is listed {times}, as {' and as '.join(line.raw_status for line in lines)}"
    if compared and compared.not_compared and facts.snapshot.master is None:
        yield not_compared(compared.not_compared)
    for table, ignored in sorted(compared.excluded.items()) if compared else ():
        yield f"{table_name(table)} is not compared: its line is ignored by the configuration ({ignored.ignored})"
    if compared and compared.extra_tables:
        yield f"has {tables_named(compared.extra_tables)}, which the master does not have"
    yield from _undecided(facts, host)


def _listed_last(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield what the last list showed of a discovered host, while there is no list."""
    known = facts.history.discovered.get(host)
    if facts.snapshot.listing is None and known and known.line:
        at = at_time(known.named_at, facts.snapshot.finished_at)
        packet = known.line.since_packet
        ago = f", the last packet {in_words(packet)} before" if packet is not None else ""
        yield f"a master's list last named it at {at}: {known.line.raw_status}{ago}"


def _undecided(facts: RoundFacts, host: HostName) -> Iterator[str]:
    """Yield the tables whose bounds have left open for long whether the copy is ahead."""
    now, limit = facts.snapshot.finished_at, facts.thresholds.undecided_seconds
    compared = facts.comparison.replica(host)
    for number, since in facts.history.undecided.get(host, {}).items():
        table = compared.table(number) if compared else None
        if table and table.ahead_possible and now - since >= limit:
            most = f"by at most {updates(table.ahead_possible)}"
            age = in_words(now - since)
            yield f"whether it is ahead in {table_name(number)} has not been decided for {age}: {most}"


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


_RANK: Final = {state: rank for rank, (state, _) in enumerate(PRECEDENCE)}


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """The verdict on a host, with its reason as a sentence for the person on call.

    `evidence` are further findings; `promotable` is None where too little is known, and for a host that is no replica.
    """

    host: HostName
    role: Role
    is_replica: bool
    state: ReplicaState
    reason: str
    evidence: tuple[str, ...] = ()
    promotable: bool | None = None
    promotable_reasons: tuple[str, ...] = ()
    proven: Mapping[EvidenceKind, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """The kinds of evidence against the copy that are not cleared, and since when."""


def judge_host(facts: RoundFacts, host: Host) -> HostVerdict:
    """Judge a host: every finding is collected, and the first in order of precedence is the verdict."""
    outcome = facts.snapshot.outcome(host.name)
    is_replica = _is_replica(facts, host.name)
    found = sorted(reasons(facts, host, is_replica=is_replica), key=lambda reason: _RANK[reason[0]])
    if not found:
        found = [ok_or_unknown(facts, host.name)]
    (state, reason), *others = found
    promotable, against = judge_promotable(facts, host, state) if is_replica else (None, ())
    return HostVerdict(
        host=host.name,
        role=outcome.role if isinstance(outcome, Observed) else Role.UNKNOWN,
        is_replica=is_replica,
        state=state,
        reason=reason,
        evidence=(*(reason for _, reason in others), *evidence(facts, host.name)),
        promotable=promotable,
        promotable_reasons=against,
        proven=facts.history.evidence_of(host.name).kinds if is_replica else {},
    )


def _is_replica(facts: RoundFacts, host: HostName) -> bool:
    """Return whether a host counts as a replica.

    It does if it reports that role; if it reports client, but the master lists it, because then logins are expected of
    it; and if it reports nothing, but was a replica when last seen, or is listed and has never answered.
    """
    outcome = facts.snapshot.outcome(host)
    is_listed = facts.is_listed(host)
    if isinstance(outcome, Observed) and outcome.role is not Role.UNKNOWN:
        return outcome.role is Role.REPLICA or (outcome.role is Role.CLIENT and is_listed)
    last = facts.history.roles.get(host)
    return last is Role.REPLICA or (last is not Role.MASTER and is_listed)
