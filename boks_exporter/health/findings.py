"""What a round shows of each replica, before it is decided what that makes of it."""

from dataclasses import dataclass

from boks_exporter.health.thresholds import Thresholds
from boks_exporter.model import (
    DomainSnapshot,
    HostName,
    ReplicaLine,
    ReportedStatus,
    Seconds,
    TableNumber,
)
from boks_exporter.replication import Condition, DomainComparison, Findings, History, ReplicaComparison


@dataclass(frozen=True, slots=True)
class Round:
    """Everything that a verdict of one round rests on."""

    snapshot: DomainSnapshot
    comparison: DomainComparison
    history: History
    thresholds: Thresholds

    def line(self, host: HostName) -> ReplicaLine | None:
        """Find the host's line in the master's list."""
        entries = self.snapshot.listing.entries if self.snapshot.listing else ()
        return next((entry.line for entry in entries if entry.host == host), None)


def findings(
    snapshot: DomainSnapshot, comparison: DomainComparison, history: History, thresholds: Thresholds
) -> Findings:
    """Find what must be seen in two rounds before it counts; to be remembered for the next round."""
    look = Round(snapshot, comparison, history, thresholds)
    return {
        (replica.host, condition): found
        for replica in comparison.replicas
        for condition, found in (
            (Condition.MISSING, _found(look, replica, replica.missing_tables, thresholds.missing_seconds)),
            (Condition.STAMP, _found(look, replica, replica.stamp_mismatch_tables, thresholds.stamp_seconds)),
        )
    }


def _found(
    look: Round, replica: ReplicaComparison, tables: tuple[TableNumber, ...] | None, limit: Seconds
) -> bool | None:
    if tables is None or is_excused(look, replica.host):
        return None
    return bool(overdue(look, tables, limit))


def overdue(look: Round, tables: tuple[TableNumber, ...], limit: Seconds) -> tuple[TableNumber, ...]:
    """Pick the tables that the master has had for so long that a sound replica would have them as well.

    A single look knows no ages and takes them all.
    """
    ages = {table: look.history.stamp_age(table, look.snapshot.finished_at) for table in tables}
    return tuple(table for table, age in ages.items() if look.history.is_empty or (age is not None and age >= limit))


def is_excused(look: Round, host: HostName) -> bool:
    """Tell whether a replica may lack anything just now: it loads its copy, or its numbers show that it began to."""
    line = look.line(host)
    return (line is not None and line.status is ReportedStatus.LOADING) or host in look.history.gone_back


def is_confirmed(look: Round, replica: ReplicaComparison, condition: Condition) -> bool:
    """Tell whether a condition was found in this round and in one before; a single look has only itself."""
    tables, limit = {
        Condition.MISSING: (replica.missing_tables, look.thresholds.missing_seconds),
        Condition.STAMP: (replica.stamp_mismatch_tables, look.thresholds.stamp_seconds),
    }[condition]
    if not _found(look, replica, tables, limit):
        return False
    return look.history.is_empty or look.history.last(replica.host, condition) is not None


def is_lagging(look: Round, replica: ReplicaComparison) -> bool:
    """Tell whether a replica lacks updates that are too old to be under way; without ages only very many count."""
    limits = look.thresholds
    if not replica.lag or replica.lag < limits.lag_sequences or replica.host in look.history.gone_back:
        return False
    if replica.lag_seconds is None:
        return replica.lag >= limits.lag_sequences_at_once
    return replica.lag_seconds >= limits.lag_seconds
