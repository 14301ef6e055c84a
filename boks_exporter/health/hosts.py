"""The verdict on one host, with its reason in a sentence for whoever is on call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from boks_exporter.health.findings import Round, is_confirmed, is_lagging, overdue
from boks_exporter.health.promotable import reasons_against
from boks_exporter.health.states import PRECEDENCE, ReplicaState
from boks_exporter.health.tables import table_name, tables_named
from boks_exporter.health.words import in_words, updates
from boks_exporter.model import (
    Garbled,
    Host,
    HostName,
    Observed,
    ReplicaLine,
    ReportedStatus,
    Role,
    TableNumber,
    Unreachable,
)
from boks_exporter.replication import Condition, ReplicaComparison

Reason: TypeAlias = tuple[ReplicaState, str]

_RANK: Final = {state: rank for rank, (state, _) in enumerate(PRECEDENCE)}


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """What is thought of a host. `evidence` are further findings; `promotable` is None for what is no replica."""

    host: HostName
    role: Role
    is_replica: bool
    state: ReplicaState
    reason: str
    evidence: tuple[str, ...] = ()
    promotable: bool | None = None
    promotable_reasons: tuple[str, ...] = ()


def judge_host(look: Round, host: Host) -> HostVerdict:
    """Judge a host: every finding is collected, and the first in order of precedence is the verdict."""
    outcome = look.snapshot.outcome(host.name)
    role = outcome.role if isinstance(outcome, Observed) else Role.UNKNOWN
    is_replica = role is Role.REPLICA or (not isinstance(outcome, Observed) and _was_replica(look, host.name))
    found = sorted(_found(look, host, is_replica=is_replica), key=lambda reason: _RANK[reason[0]])
    state, reason = found[0] if found else _ok_or_unknown(look, host.name, look.line(host.name))
    against, certain = reasons_against(look, host, state) if is_replica else ((), False)
    return HostVerdict(
        host=host.name,
        role=role,
        is_replica=is_replica,
        state=state,
        reason=reason,
        evidence=(*(reason for _, reason in found[1:]), *_evidence(look, host.name)),
        promotable=(not against if certain or against else None) if is_replica else None,
        promotable_reasons=against,
    )


def _was_replica(look: Round, host: HostName) -> bool:
    """Tell whether a host that does not answer is a replica: it was when it last did, or the master lists it."""
    last = look.history.roles.get(host)
    return last is Role.REPLICA or (last is None and look.line(host) is not None)


def _found(look: Round, host: Host, *, is_replica: bool) -> Iterator[Reason]:
    outcome = look.snapshot.outcome(host.name)
    line = look.line(host.name)
    if isinstance(outcome, Unreachable | Garbled):
        yield ReplicaState.UNREACHABLE, _unreachable(outcome, line)
    if isinstance(outcome, Observed):
        yield from ((ReplicaState.UNKNOWN, fault.detail) for fault in outcome.essential_faults)
        if not is_replica:
            yield _other_role(outcome)
    if is_replica:
        yield from _listed(look, host.name, line)
        if compared := look.comparison.replica(host.name):
            yield from _compared(look, compared)


def _unreachable(outcome: Unreachable | Garbled, line: ReplicaLine | None) -> str:
    asked = f"cannot be looked at ({outcome.reason}): {outcome.detail}"
    if line is None:
        return asked
    if line.status is ReportedStatus.DOWN:
        return f"{asked}; the master lists it as DOWN too"
    return f"{asked}; the master lists it as {line.raw_status}"


def _other_role(outcome: Observed) -> Reason:
    match outcome.role:
        case Role.MASTER if not outcome.essential_faults:
            return ReplicaState.OK, "is the master"
        case Role.MASTER:
            return ReplicaState.UNKNOWN, "is the master, but not everything could be read"
        case Role.CLIENT:
            return ReplicaState.OK, "is a client"
        case _:
            return (
                ReplicaState.UNKNOWN,
                f"BOKSINIT is {outcome.environment.boksinit!r}, expected master, server or client",
            )


def _listed(look: Round, host: HostName, line: ReplicaLine | None) -> Iterator[Reason]:
    """Say what the master's list makes of a replica."""
    if line is None:
        if look.snapshot.listing:
            yield ReplicaState.UNLISTED, f"is a replica, but {look.snapshot.listing.master} does not list it"
    elif line.status is ReportedStatus.DOWN:
        answers = isinstance(look.snapshot.outcome(host), Observed)
        yield ReplicaState.DOWN, f"the master lists it as DOWN{', though it answers' if answers else ''}{_silent(line)}"
    elif line.status is ReportedStatus.LOADING:
        yield ReplicaState.LOADING, "the master lists it as loading its copy"


def _silent(line: ReplicaLine) -> str:
    return "" if line.since_packet is None else f"; last packet {in_words(line.since_packet)} before"


def _compared(look: Round, replica: ReplicaComparison) -> Iterator[Reason]:
    """Say what the numbers make of a replica."""
    ahead = [table for table in replica.ahead_tables if (table.ahead or 0) >= look.thresholds.ahead_sequences]
    lagging = is_lagging(look, replica)
    if ahead:
        yield ReplicaState.AHEAD, f"ahead of the master by {_amount([(t.table, t.ahead or 0) for t in ahead])}"
    if lagging:
        yield ReplicaState.LAGGING, _behind(replica)
    if ahead and lagging:
        yield ReplicaState.DIVERGED, f"ahead in {tables_named(t.table for t in ahead)} and {_behind(replica)}"
    if is_confirmed(look, replica, Condition.STAMP):
        tables = overdue(look, replica.stamp_mismatch_tables or (), look.thresholds.stamp_seconds)
        yield (
            ReplicaState.DIVERGED,
            f"another generation than the master's (the stamp differs) of {tables_named(tables)}",
        )
    if is_confirmed(look, replica, Condition.MISSING):
        tables = overdue(look, replica.missing_tables or (), look.thresholds.missing_seconds)
        yield ReplicaState.DIVERGED, f"lacks {tables_named(tables)}, which the master has"


def _behind(replica: ReplicaComparison) -> str:
    amount = f"behind the master by {_amount([(table.table, table.lag or 0) for table in replica.lagging_tables])}"
    return amount if replica.lag_seconds is None else f"{amount}; the oldest is {in_words(replica.lag_seconds)} old"


def _amount(tables: Sequence[tuple[TableNumber, int]]) -> str:
    """Name the worst table and count the others."""
    table, count = tables[0]
    others = len(tables) - 1
    more = f" and less in {others} other{'s' if others > 1 else ''}" if others else ""
    return f"{updates(count)} in {table_name(table)}{more}"


def _ok_or_unknown(look: Round, host: HostName, line: ReplicaLine | None) -> Reason:
    """Call a replica OK only on both proofs, the list's and the numbers'; else name the one that is missing."""
    if look.snapshot.master is None:
        return ReplicaState.UNKNOWN, _without_master(look, host)
    compared = look.comparison.replica(host)
    if line is None:
        return ReplicaState.UNKNOWN, "the master's list could not be read"
    if line.status is ReportedStatus.OTHER:
        return (
            ReplicaState.UNKNOWN,
            f"the master lists it with the status {line.raw_status!r}, whose meaning is not known",
        )
    if compared is None or (compared.lag is None and compared.ahead is None):
        return ReplicaState.UNKNOWN, f"the master lists it as {line.raw_status}, but its numbers could not be compared"
    if compared.lag is None or compared.ahead is None:
        reading = "before" if compared.lag is None else "after"
        return ReplicaState.UNKNOWN, f"the master's numbers could not be read {reading} the replica's"
    if line.status is not ReportedStatus.OK:
        return ReplicaState.UNKNOWN, f"the master lists it as {line.raw_status}"
    return ReplicaState.OK, "listed as OK, nothing ahead" + (
        f", {updates(compared.lag)} under way" if compared.lag else ""
    )


def _without_master(look: Round, host: HostName) -> str:
    masters = look.snapshot.masters
    why = f"{', '.join(masters)} all say they are master" if masters else "no master answers"
    compared = look.comparison.replica(host)
    if compared is None or compared.behind_best is None:
        return why
    if compared.behind_best == 0:
        return f"{why}; no reachable server is more advanced"
    return f"{why}; {updates(compared.behind_best)} behind the most advanced reachable server"


def _evidence(look: Round, host: HostName) -> Iterator[str]:
    """Add what is worth knowing and decides nothing."""
    line = look.line(host)
    if (
        line
        and line.since_failure is not None
        and line.since_packet is not None
        and line.since_failure < line.since_packet
    ):
        yield f"the last failed update ({in_words(line.since_failure)} before) came after the last packet"
    compared = look.comparison.replica(host)
    if compared and compared.extra_tables:
        yield f"has {tables_named(compared.extra_tables)}, which the master does not have"
    if host in look.history.gone_back:
        yield "a number is lower than at the look before: it loads its copy anew or was restored"
