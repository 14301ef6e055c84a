"""What is wrong with a host: every finding with the state that it implies."""

from collections.abc import Iterator, Sequence

from boks_exporter.health.evidence_reasons import Reason, behind, evidence_reasons
from boks_exporter.health.machines import second_name
from boks_exporter.health.replica_conditions import (
    RoundFacts,
    found_of,
    is_confirmed,
    is_excused,
    lagging_tables,
    loads_copy,
    overdue,
    tables_of,
)
from boks_exporter.health.states import ReplicaState
from boks_exporter.health.table_names import tables_named
from boks_exporter.health.unread import excerpt, not_compared, not_listed_readably, rows_of_master
from boks_exporter.model import (
    Garbled,
    Host,
    HostName,
    Observed,
    ReplicaLine,
    ReportedStatus,
    Role,
    Section,
    TableNumber,
    Unreachable,
)
from boks_exporter.replication import Condition, ReplicaComparison
from boks_exporter.text.formatting import in_words


def reasons(facts: RoundFacts, host: Host, *, is_replica: bool) -> Iterator[Reason]:
    """Yield every finding about a host, and what a host that is no replica is instead."""
    outcome = facts.snapshot.outcome(host.name)
    line = facts.line(host.name)
    if isinstance(outcome, Unreachable | Garbled):
        yield ReplicaState.UNREACHABLE, _unreachable(outcome, line)
    if isinstance(outcome, Observed):
        yield from _itself(facts, outcome, line)
    if is_replica:
        yield from _listed(facts, host.name, line)
        yield from evidence_reasons(facts, host.name)
        if compared := facts.comparison.replica(host.name):
            yield from _compared(facts, compared)


def _unreachable(outcome: Unreachable | Garbled, line: ReplicaLine | None) -> str:
    asked = f"cannot be polled ({outcome.reason}): {outcome.detail}"
    if line is None:
        return asked
    if line.status is ReportedStatus.DOWN:
        return f"{asked}; the master lists it as DOWN too"
    return f"{asked}; the master lists it as {line.raw_status}"


def _itself(facts: RoundFacts, seen: Observed, line: ReplicaLine | None) -> Iterator[Reason]:
    """Yield the findings of a host's own reply."""
    yield from ((ReplicaState.UNKNOWN, fault.detail) for fault in seen.essential_faults)
    same = second_name(facts, seen.host)
    if same:
        yield ReplicaState.UNKNOWN, same
    match seen.role:
        case Role.MASTER if same:
            return
        case Role.MASTER:
            yield _master(facts, seen)
        case Role.CLIENT if line is None and facts.is_listed(seen.host):
            yield ReplicaState.UNKNOWN, f"reports to be a client, but the list of {facts.snapshot.master} names it"
        case Role.CLIENT if line:
            text = f"reports to be a client, but {facts.snapshot.master} lists it as a replica ({line.raw_status})"
            yield ReplicaState.UNKNOWN, text
        case Role.CLIENT:
            yield ReplicaState.OK, "is a client"
        case Role.UNKNOWN if all(fault.section is not Section.ROLE for fault in seen.faults):
            word = "missing" if seen.environment.boksinit is None else repr(seen.environment.boksinit)
            yield ReplicaState.UNKNOWN, f"BOKSINIT is {word}, expected master, server or client"


def _master(facts: RoundFacts, seen: Observed) -> Reason:
    others = [name for name in facts.snapshot.masters if name != seen.host]
    if others:
        return ReplicaState.UNKNOWN, f"reports to be master, as does {', '.join(others)}"
    if seen.essential_faults:
        return ReplicaState.UNKNOWN, "is the master, but not everything could be read"
    if unread := next(rows_of_master(seen, facts.snapshot), None):
        return ReplicaState.UNKNOWN, f"is the master, but a row could not be read: {excerpt(unread.text)}"
    if facts.snapshot.listing is None or seen.sequences is None:
        missing = "list of its replicas" if facts.snapshot.listing is None else "numbers"
        return ReplicaState.UNKNOWN, f"is the master, but printed no {missing}"
    line = facts.line(seen.host)
    if line and line.status is not ReportedStatus.OK:
        return ReplicaState.UNKNOWN, f"is the master, but its own list shows it as {line.raw_status}"
    return ReplicaState.OK, "is the master"


def _listed(facts: RoundFacts, host: HostName, line: ReplicaLine | None) -> Iterator[Reason]:
    """Yield the findings of the master's list."""
    unread = not_listed_readably(facts.snapshot, host)
    if unread:
        yield ReplicaState.UNKNOWN, unread
    if line is None:
        if facts.snapshot.listing and not unread:
            yield ReplicaState.UNLISTED, f"is a replica, but {facts.snapshot.listing.master} does not list it"
    elif line.status is ReportedStatus.DOWN:
        answers = isinstance(facts.snapshot.outcome(host), Observed)
        yield ReplicaState.DOWN, f"the master lists it as DOWN{', though it answers' if answers else ''}{_silent(line)}"
    elif line.status is ReportedStatus.LOADING:
        yield ReplicaState.LOADING, "the master lists it as loading its copy"


def _silent(line: ReplicaLine) -> str:
    return "" if line.since_packet is None else f"; last packet {in_words(line.since_packet)} before"


def _compared(facts: RoundFacts, replica: ReplicaComparison) -> Iterator[Reason]:
    """Yield the findings of the comparison."""
    if replica.not_compared and facts.snapshot.master is not None:
        yield ReplicaState.UNKNOWN, not_compared(replica.not_compared)
    if lagging := lagging_tables(facts, replica):
        yield ReplicaState.LAGGING, behind(lagging)
    if replica.host in facts.history.gone_back and (replica.lag or replica.missing_tables):
        yield (ReplicaState.LOADING, "its numbers went back since the last poll: it reloads its copy or was restored")
    yield from _condition(facts, replica, Condition.STAMP)
    yield from _condition(facts, replica, Condition.MISSING)


def _condition(facts: RoundFacts, replica: ReplicaComparison, condition: Condition) -> Iterator[Reason]:
    """Yield diverged for what was found twice, and unknown for what was found once or may be in flight."""
    if not (tables := tables_of(replica, condition)):
        return
    if is_confirmed(facts, replica, condition):
        yield ReplicaState.DIVERGED, _differs(condition, overdue(facts, replica, condition))
    elif found_of(facts, replica, condition):
        yield ReplicaState.UNKNOWN, f"{_differs(condition, overdue(facts, replica, condition))}; seen once"
    elif condition is Condition.STAMP:
        yield ReplicaState.UNKNOWN, f"{_differs(condition, tables)}; the master has not had its own for long"
    elif not (is_excused(facts, replica.host) or loads_copy(facts, replica.host)):
        yield ReplicaState.UNKNOWN, f"{_differs(condition, tables)}; in flight, as far as is known"


def _differs(condition: Condition, tables: Sequence[TableNumber]) -> str:
    if condition is Condition.MISSING:
        return f"lacks {tables_named(tables)}, which the master has"
    return f"another generation than the master's (the stamp differs) of {tables_named(tables)}"
