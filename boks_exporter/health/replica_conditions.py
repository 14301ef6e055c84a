"""What a round shows of each replica, before a verdict."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import DomainSnapshot, HostName, ReplicaLine, ReportedStatus, TableNumber
from boks_exporter.replication import Condition, DomainComparison, Findings, History, ReplicaComparison, TableComparison


@dataclass(frozen=True)
class RoundFacts:
    """Everything that a verdict of one round rests on."""

    snapshot: DomainSnapshot
    comparison: DomainComparison
    history: History
    thresholds: Thresholds

    def line(self, host: HostName) -> ReplicaLine | None:
        """Return the host's line in the master's list."""
        return self.snapshot.line(host)

    def is_listed(self, host: HostName) -> bool:
        """Whether the master's list names a host, even in a line that could not be read."""
        unread = self.snapshot.listing.unread if self.snapshot.listing else ()
        return self.line(host) is not None or any(host in entry.hosts for entry in unread)

    @cached_property
    def admitting(self) -> dict[frozenset[str], list[HostName]]:
        """Return the servers by their list of admitted masters (HS hotfix/105); most have the same list."""
        found: dict[frozenset[str], list[HostName]] = defaultdict(list)
        for seen in self.snapshot.observed():
            if seen.environment.admitted_masters is not None:
                found[seen.environment.admitted_masters].append(seen.host)
        return found


def findings(facts: RoundFacts) -> Findings:
    """Return what later rounds need to know of this one."""
    return {
        (replica.host, condition): found_of(facts, replica, condition)
        for replica in facts.comparison.replicas
        for condition in Condition
    }


def found_of(facts: RoundFacts, replica: ReplicaComparison, condition: Condition) -> bool | None:
    """Return whether this round shows a condition; None where it could not be judged."""
    tables = tables_of(replica, condition)
    if tables is None or is_excused(facts, replica.host):
        return None
    shown = bool(overdue(facts, replica, condition))
    return None if replica.not_compared and not shown else shown


def tables_of(replica: ReplicaComparison, condition: Condition) -> tuple[TableNumber, ...] | None:
    """Return the tables that a condition is about."""
    return replica.missing_tables if condition is Condition.MISSING else replica.stamp_mismatch_tables


def overdue(facts: RoundFacts, replica: ReplicaComparison, condition: Condition) -> tuple[TableNumber, ...]:
    """Return the tables that the master has had for so long that a healthy replica would have them as well.

    A replica that lags may lack what is new and no older than the oldest update that it waits for. A one-shot
    poll knows no ages, so all tables count.
    """
    tables, history = tables_of(replica, condition) or (), facts.history
    if not tables or history.is_empty:
        return tables
    limits = facts.thresholds
    limit = limits.missing_seconds if condition is Condition.MISSING else limits.stamp_seconds
    waiting = limit + (replica.lag_at_least_seconds or 0.0)
    ages = {table: history.stamp_age(table, facts.snapshot.finished_at) or 0.0 for table in tables}
    return tuple(table for table, age in ages.items() if age >= (waiting if history.is_new(table) else limit))


def is_excused(facts: RoundFacts, host: HostName) -> bool:
    """Return whether a replica may lack anything now: it loads its copy, or whether it does is unknown.

    One that began to load after the list was read shows as OK once; that is why a finding must be seen twice.
    """
    if facts.line(host) is None:
        return facts.snapshot.listing is None or bool(facts.snapshot.unread_lines(host))
    return is_listed_as_loading(facts, host)


def loads_copy(facts: RoundFacts, host: HostName) -> bool:
    """Return whether a replica reloads its copy: by the list, or because its numbers went back."""
    return host in facts.history.gone_back or is_listed_as_loading(facts, host)


def is_listed_as_loading(facts: RoundFacts, host: HostName) -> bool:
    """Return whether the master's list shows LOADING."""
    line = facts.line(host)
    return line is not None and line.status is ReportedStatus.LOADING


def is_confirmed(facts: RoundFacts, replica: ReplicaComparison, condition: Condition) -> bool:
    """Return whether a condition was found in this round and in one before; a one-shot poll has only itself."""
    if not found_of(facts, replica, condition):
        return False
    return facts.history.is_empty or facts.history.has(replica.host, condition)


def ahead_tables(facts: RoundFacts, replica: ReplicaComparison) -> list[TableComparison]:
    """List the tables that are ahead by more than is allowed.

    A table with another stamp is another generation, whose numbers prove nothing: it is judged by the stamp.
    """
    limit = facts.thresholds.ahead_sequences
    return [table for table in replica.ahead_tables if (table.ahead or 0) >= limit and not table.stamp_mismatch]


def lagging_tables(facts: RoundFacts, replica: ReplicaComparison) -> list[TableComparison]:
    """List the tables that lack updates too old to be in flight, worst first; stamps as in `ahead_tables`."""
    if replica.host in facts.history.gone_back:
        return []
    return [table for table in replica.lagging_tables if not table.stamp_mismatch and _is_overdue(facts, table)]


def _is_overdue(facts: RoundFacts, table: TableComparison) -> bool:
    """Require the amount and the age; without ages, a very large amount, unless the master is writing as many now."""
    limits, lag = facts.thresholds, table.lag or 0
    if table.lag_at_least_seconds is not None:
        return lag >= limits.lag_sequences and table.lag_at_least_seconds >= limits.lag_seconds
    written_meanwhile = (table.written or 0) * limits.lag_seconds / (facts.snapshot.skew or limits.lag_seconds)
    return lag >= max(limits.lag_sequences_at_once, limits.lag_sequences, written_meanwhile)
