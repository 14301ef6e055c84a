"""The samples of a page, from immutable views; no fact, no sample."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import specs
from boks_exporter.exposition.specs import Spec
from boks_exporter.exposition.views import DomainView, ExporterInfo, HostCounters, TableLag, Tables
from boks_exporter.health import DomainState, GroupHealth, HostVerdict, ReplicaState
from boks_exporter.model import Host, Listed, Observed, ReportedStatus, Role, TableSequence
from boks_exporter.replication import ReplicaComparison, TableComparison

Sample: TypeAlias = tuple[Spec, tuple[str, ...], float]


def samples(views: Iterable[DomainView], exporter: ExporterInfo) -> Iterator[Sample]:
    """Give all samples of a page."""
    yield specs.BUILD_INFO, (exporter.version, exporter.revision, exporter.python), 1
    yield specs.RELOAD_SUCCESSFUL, (), exporter.reload_successful
    yield from _known(specs.RELOAD_SUCCESS_TIMESTAMP, (), exporter.reload_success_at)
    for view in views:
        yield from _domain(view)
        for host in view.snapshot.hosts:
            yield from _host(view, host)
        for replica in view.comparison.replicas:
            yield from _replica(view, replica)
        for verdict in view.health.hosts:
            yield from _verdict(view, verdict)
        yield from _listing(view)


def _known(spec: Spec, labels: tuple[str, ...], value: float | None) -> Iterator[Sample]:
    if value is not None:
        yield spec, labels, value


def _choice(spec: Spec, labels: tuple[str, ...], all_: type[StrEnum], holds: StrEnum) -> Iterator[Sample]:
    """Give a closed set: 1 for the one that holds and 0 for each other."""
    for choice in all_:
        yield spec, (*labels, choice.value), choice is holds


def _domain(view: DomainView) -> Iterator[Sample]:
    snapshot, counters = view.snapshot, view.counters
    domain = (snapshot.domain,)
    yield specs.INSECURE_HOST_KEYS, domain, counters.insecure_host_keys
    yield from _choice(specs.DOMAIN_STATE, domain, DomainState, view.health.state)
    yield specs.DOMAIN_MASTERS, domain, len(snapshot.masters)
    yield specs.DOMAIN_HOSTS, domain, len(snapshot.hosts)
    for state, count in view.health.counts.items():
        yield specs.DOMAIN_REPLICAS, (*domain, state), count
    if snapshot.listing:
        yield specs.DOMAIN_UNRESOLVED, domain, len(snapshot.unresolved)
    yield from _groups(specs.SITE_REPLICAS, domain, view.health.sites)
    yield from _groups(specs.SECTION_REPLICAS, domain, view.health.sections)
    yield specs.ROUND_DURATION, domain, snapshot.finished_at - snapshot.started_at
    yield specs.ROUND_INTERVAL, domain, counters.interval_seconds
    yield specs.ROUND_LAST, domain, snapshot.finished_at
    yield from _known(specs.ROUND_SKEW, domain, snapshot.skew)
    yield specs.ROUNDS, domain, counters.rounds
    yield specs.ROUND_OVERRUNS, domain, counters.overruns


def _groups(spec: Spec, domain: tuple[str, ...], groups: Iterable[GroupHealth]) -> Iterator[Sample]:
    for group in groups:
        for state, count in group.counts.items():
            yield spec, (*domain, group.name, state), count


def _host(view: DomainView, host: Host) -> Iterator[Sample]:
    labels = (view.snapshot.domain, host.name)
    outcome = view.snapshot.outcome(host.name)
    seen = outcome if isinstance(outcome, Observed) else None
    yield specs.HOST_INFO, (*labels, host.address, host.site, host.section), 1
    yield specs.HOST_UP, labels, bool(seen and not seen.essential_faults)
    yield from _choice(specs.HOST_ROLE, labels, Role, seen.role if seen else Role.UNKNOWN)
    yield from _counted(labels, view.counters.hosts.get(host.name, HostCounters()))
    if outcome:
        yield specs.HOST_POLL_DURATION, labels, outcome.finished_at - outcome.started_at
    if seen:
        yield from _extras(labels, seen)
        yield from _tables(view, labels, seen)


def _counted(labels: tuple[str, ...], counters: HostCounters) -> Iterator[Sample]:
    yield from _known(specs.HOST_LAST_ATTEMPT, labels, counters.last_attempt)
    yield from _known(specs.HOST_LAST_SUCCESS, labels, counters.last_success)
    yield specs.HOST_POLLS, labels, counters.polls
    for reason in FailureReason:
        yield specs.HOST_POLL_FAILURES, (*labels, reason), counters.failures.get(reason, 0)
    yield specs.HOST_RECONNECTS, labels, counters.reconnects


def _extras(labels: tuple[str, ...], seen: Observed) -> Iterator[Sample]:
    """Give what only some hosts offer."""
    if seen.memory:
        yield specs.HOST_MEMORY_TOTAL, labels, seen.memory.total_bytes
        yield specs.HOST_MEMORY_FREE, labels, seen.memory.free_bytes
    if seen.errlog:
        yield specs.HOST_ERRLOG_LINES, labels, seen.errlog.lines
    if seen.queue:
        yield specs.HOST_QUEUE_FILES, labels, seen.queue.files
        if seen.queue.oldest_age is not None:
            yield specs.HOST_QUEUE_OLDEST, labels, seen.finished_at - seen.queue.oldest_age
    for name, checksum in seen.checksums.by_name if seen.checksums else ():
        yield specs.HOST_CHECKSUM, (*labels, name, checksum), 1


def _tables(view: DomainView, labels: tuple[str, ...], seen: Observed) -> Iterator[Sample]:
    rows: Iterable[TableSequence] = seen.sequences.tables if seen.sequences else ()
    if view.options.tables is Tables.WORST:
        worst = {table.table for replica in view.comparison.replicas for table in replica.tables if _stands_out(table)}
        rows = [row for row in rows if row.table in worst]
    for row in rows:
        yield specs.TABLE_SEQUENCE, (*labels, f"T{row.table}"), row.sequence
        yield from _known(specs.TABLE_STAMP, (*labels, f"T{row.table}"), row.stamp)


def _stands_out(table: TableComparison) -> bool:
    return bool(table.lag or table.ahead or table.stamp_mismatch)


def _replica(view: DomainView, replica: ReplicaComparison) -> Iterator[Sample]:
    labels = (view.snapshot.domain, replica.host)
    yield from _known(specs.REPLICA_LAG, labels, replica.lag)
    yield from _known(specs.REPLICA_AHEAD, labels, replica.ahead)
    yield from _known(specs.REPLICA_LAG_SECONDS, labels, replica.lag_seconds)
    yield from _known(specs.REPLICA_BEHIND_BEST, labels, replica.behind_best)
    yield from _known(specs.REPLICA_STAMP_MISMATCH, labels, _count(replica.stamp_mismatch_tables))
    yield from _known(specs.REPLICA_MISSING, labels, _count(replica.missing_tables))
    everything = view.options.table_lag is TableLag.ALL
    for table in replica.tables:
        named = (*labels, f"T{table.table}")
        if table.lag or (everything and table.lag is not None):
            yield specs.REPLICA_TABLE_LAG, named, table.lag
        if table.ahead or (everything and table.ahead is not None):
            yield specs.REPLICA_TABLE_AHEAD, named, table.ahead


def _count(tables: tuple[int, ...] | None) -> int | None:
    return None if tables is None else len(tables)


def _verdict(view: DomainView, verdict: HostVerdict) -> Iterator[Sample]:
    labels = (view.snapshot.domain, verdict.host)
    if verdict.is_replica:
        yield from _choice(specs.REPLICA_STATE, labels, ReplicaState, verdict.state)
    yield from _known(specs.REPLICA_PROMOTABLE, labels, verdict.promotable)


def _listing(view: DomainView) -> Iterator[Sample]:
    listing = view.snapshot.listing
    for entry in listing.entries if listing else ():
        if entry.host is not None and listing:
            yield from _listed((view.snapshot.domain, entry.host), entry, listing.read_at)


def _listed(labels: tuple[str, ...], entry: Listed, read_at: float) -> Iterator[Sample]:
    line = entry.line
    yield from _choice(specs.REPLICA_STATUS, labels, ReportedStatus, line.status)
    ages: tuple[tuple[Spec, float | None], ...] = (
        (specs.REPLICA_LAST_PACKET, line.since_packet),
        (specs.REPLICA_LAST_FAILURE, line.since_failure),
        (specs.REPLICA_LAST_SYNC, line.since_sync),
    )
    for spec, age in ages:
        yield from _known(spec, labels, None if age is None else read_at - age)
    yield from _known(specs.REPLICA_PACKETS, labels, line.packets)
