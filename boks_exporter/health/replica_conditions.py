"""What a round shows of each replica, before it is decided what that makes of it."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    ReplicaLine,
    ReportedStatus,
    Seconds,
    TableNumber,
)
from boks_exporter.replication import (
    Condition,
    DomainComparison,
    Findings,
    History,
    ReplicaComparison,
    TableComparison,
)


@dataclass(frozen=True)
class Round:
    """Everything that a verdict of one round rests on."""

    snapshot: DomainSnapshot
    comparison: DomainComparison
    history: History
    thresholds: Thresholds

    def line(self, host: HostName) -> ReplicaLine | None:
        """Find the host's line in the master's list."""
        return self.snapshot.line(host)

    @cached_property
    def admitting(self) -> dict[frozenset[str], list[HostName]]:
        """Name the servers by what they list as admitted masters (HS hotfix/105); most list the same."""
        found: dict[frozenset[str], list[HostName]] = defaultdict(list)
        for seen in self.snapshot.observed():
            if seen.environment.admitted_masters is not None:
                found[seen.environment.admitted_masters].append(seen.host)
        return found


def findings(
    snapshot: DomainSnapshot, comparison: DomainComparison, history: History, thresholds: Thresholds
) -> Findings:
    """Find what a later round has to know of this one."""
    look = Round(snapshot, comparison, history, thresholds)
    return {
        (replica.host, condition): found
        for replica in comparison.replicas
        for condition, found in (
            (Condition.MISSING, found_of(look, replica, Condition.MISSING)),
            (Condition.STAMP, found_of(look, replica, Condition.STAMP)),
            (Condition.APART, _is_apart(look, replica)),
        )
    }


def found_of(look: Round, replica: ReplicaComparison, condition: Condition) -> bool | None:
    """Tell whether this round shows a condition; None where it could not be judged."""
    tables = tables_of(replica, condition)
    if tables is None or is_excused(look, replica.host):
        return None
    return bool(overdue(look, replica, condition))


def tables_of(replica: ReplicaComparison, condition: Condition) -> tuple[TableNumber, ...] | None:
    """Name the tables that a condition is about."""
    return replica.missing_tables if condition is Condition.MISSING else replica.stamp_mismatch_tables


def overdue(look: Round, replica: ReplicaComparison, condition: Condition) -> tuple[TableNumber, ...]:
    """Pick the tables that the master has had for so long that a sound replica would have them as well.

    A replica that lags may lack what is new and no older than the oldest update that it waits for. A single look knows
    no ages and takes all tables.
    """
    tables, history = tables_of(replica, condition) or (), look.history
    if history.is_empty:
        return tables
    limits = look.thresholds
    limit = limits.missing_seconds if condition is Condition.MISSING else limits.stamp_seconds
    waiting = limit + _waits_for_at_least(replica)
    ages = {table: history.stamp_age(table, look.snapshot.finished_at) or 0.0 for table in tables}
    return tuple(table for table, age in ages.items() if age >= (waiting if history.is_new(table) else limit))


def _waits_for_at_least(replica: ReplicaComparison) -> Seconds:
    """Tell how old the oldest update that a replica waits for is at least.

    A table of another generation waits for nothing, whatever its number: that it differs is what is asked.
    """
    waiting = (table for table in replica.lagging_tables if not table.stamp_mismatch)
    return max((table.lag_at_least_seconds or 0.0 for table in waiting), default=0.0)


def is_excused(look: Round, host: HostName) -> bool:
    """Tell whether a replica may lack anything just now: it loads its copy, or nobody could say whether it does.

    One that began to load after the list was read shows as OK once; that is why a finding must be seen twice.
    """
    line = look.line(host)
    return look.snapshot.listing is None or (line is not None and line.status is ReportedStatus.LOADING)


def is_confirmed(look: Round, replica: ReplicaComparison, condition: Condition) -> bool:
    """Tell whether a condition was found in this round and in one before; a single look has only itself."""
    if not found_of(look, replica, condition):
        return False
    return look.history.is_empty or look.history.has(replica.host, condition)


def ahead_tables(look: Round, replica: ReplicaComparison) -> list[TableComparison]:
    """List the tables that are ahead by more than is allowed.

    A table with another stamp is another generation, whose numbers say nothing of this one: it is judged by the stamp.
    """
    limit = look.thresholds.ahead_sequences
    return [table for table in replica.ahead_tables if (table.ahead or 0) >= limit and not table.stamp_mismatch]


def lagging_tables(look: Round, replica: ReplicaComparison) -> list[TableComparison]:
    """List the tables that lack updates too old to be under way, worst first; stamps as in `ahead_tables`."""
    if replica.host in look.history.gone_back:
        return []
    return [table for table in replica.lagging_tables if not table.stamp_mismatch and _is_overdue(look, table)]


def _is_overdue(look: Round, table: TableComparison) -> bool:
    """Ask for the amount and for the age; without ages, for very many, unless the master just now writes as many."""
    limits, lag = look.thresholds, table.lag or 0
    if table.lag_at_least_seconds is not None:
        return lag >= limits.lag_sequences and table.lag_at_least_seconds >= limits.lag_seconds
    written_meanwhile = (table.written or 0) * limits.lag_seconds / (look.snapshot.skew or limits.lag_seconds)
    return lag >= max(limits.lag_sequences_at_once, limits.lag_sequences, written_meanwhile)


def _is_apart(look: Round, replica: ReplicaComparison) -> bool | None:
    if ahead_tables(look, replica) or any(
        is_confirmed(look, replica, condition) for condition in (Condition.STAMP, Condition.MISSING)
    ):
        return True
    return None if replica.ahead is None or is_excused(look, replica.host) else False
