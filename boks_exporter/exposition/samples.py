"""The samples of a page, from immutable views; no fact, no sample."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import specs
from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.views import DomainView, ExporterInfo, HostCounters, TableLag, Tables
from boks_exporter.health import GroupHealth, HostVerdict
from boks_exporter.model import Host, Listed, Observed, Role, TableNumber, Timestamp
from boks_exporter.replication import ReplicaComparison

LabelValues: TypeAlias = tuple[str, ...]
Sample: TypeAlias = tuple[MetricSpec, LabelValues, float]


def samples(views: Iterable[DomainView], exporter: ExporterInfo) -> Iterator[Sample]:
    """Give all samples of a page, in no order that matters."""
    yield from _exporter(exporter)
    for view in views:
        yield from _domain(view)
        for host in view.snapshot.hosts:
            yield from _host(view, host)
        for replica in view.comparison.replicas:
            yield from _replica(view, replica)
        for verdict in view.health.hosts:
            yield from _verdict(view, verdict)
        yield from _listing(view)


def _known(spec: MetricSpec, labels: LabelValues, value: float | None) -> Iterator[Sample]:
    if value is not None:
        yield spec, labels, value


def _choice(spec: MetricSpec, labels: LabelValues, holds: StrEnum) -> Iterator[Sample]:
    """Give a closed set: 1 for the one that holds and 0 for each other."""
    for choice in spec.choices or ():
        yield spec, (*labels, choice), choice is holds


def _exporter(exporter: ExporterInfo) -> Iterator[Sample]:
    yield specs.BUILD_INFO, (exporter.version, exporter.revision, exporter.python), 1
    yield specs.RELOAD_SUCCESSFUL, (), exporter.reload_successful
    yield from _known(specs.RELOAD_SUCCESS_TIMESTAMP, (), exporter.reload_success_at)


# -- a domain ---------------------------------------------------------------------------------------------------------


def _domain(view: DomainView) -> Iterator[Sample]:
    snapshot, counters = view.snapshot, view.counters
    domain = (snapshot.domain,)
    yield specs.INSECURE_HOST_KEYS, domain, counters.insecure_host_keys
    yield from _choice(specs.DOMAIN_STATE, domain, view.health.state)
    yield specs.DOMAIN_MASTERS, domain, len(snapshot.masters)
    yield specs.DOMAIN_HOSTS, domain, len(snapshot.hosts)
    for state, count in view.health.counts.items():
        yield specs.DOMAIN_REPLICAS, (*domain, state), count
    if snapshot.listing:
        yield specs.DOMAIN_UNRESOLVED, domain, len(snapshot.unresolved)
    yield from _groups(specs.SITE_REPLICAS, domain, view.health.sites)
    yield from _groups(specs.SECTION_REPLICAS, domain, view.health.sections)
    yield from _round(view)


def _groups(spec: MetricSpec, domain: LabelValues, groups: Iterable[GroupHealth]) -> Iterator[Sample]:
    for group in groups:
        for state, count in group.counts.items():
            yield spec, (*domain, group.name, state), count


def _round(view: DomainView) -> Iterator[Sample]:
    snapshot, counters = view.snapshot, view.counters
    domain = (snapshot.domain,)
    yield specs.ROUND_DURATION, domain, snapshot.finished_at - snapshot.started_at
    yield specs.ROUND_INTERVAL, domain, counters.interval_seconds
    yield specs.ROUND_LAST, domain, snapshot.finished_at
    yield from _known(specs.ROUND_SKEW, domain, snapshot.skew)
    yield specs.ROUNDS, domain, counters.rounds
    yield specs.ROUND_OVERRUNS, domain, counters.overruns


# -- a host -----------------------------------------------------------------------------------------------------------


def _host(view: DomainView, host: Host) -> Iterator[Sample]:
    labels = (view.snapshot.domain, host.name)
    outcome = view.snapshot.outcome(host.name)
    seen = outcome if isinstance(outcome, Observed) else None
    yield specs.HOST_INFO, (*labels, host.address, host.site, host.section), 1
    yield specs.HOST_UP, labels, bool(seen and not seen.essential_faults)
    yield from _choice(specs.HOST_ROLE, labels, seen.role if seen else Role.UNKNOWN)
    yield from _counted(labels, view.counters.hosts.get(host.name, HostCounters()))
    if outcome:
        yield specs.HOST_POLL_DURATION, labels, outcome.finished_at - outcome.started_at
    if seen:
        yield specs.HOST_UNRECOGNISED_LINES, labels, _unrecognised(seen)
        yield from _extras(labels, seen)
        yield from _tables(view, labels, seen)


def _counted(labels: LabelValues, counters: HostCounters) -> Iterator[Sample]:
    yield from _known(specs.HOST_LAST_ATTEMPT, labels, counters.last_attempt)
    yield from _known(specs.HOST_LAST_SUCCESS, labels, counters.last_success)
    yield specs.HOST_POLLS, labels, counters.polls
    for reason in FailureReason:
        yield specs.HOST_POLL_FAILURES, (*labels, reason), counters.failures.get(reason, 0)
    yield specs.HOST_RECONNECTS, labels, counters.reconnects


def _unrecognised(seen: Observed) -> int:
    essential = (seen.reply, seen.environment, seen.sequences, seen.replicas)
    read = (*essential, seen.memory, seen.errlog, seen.queue, seen.checksums)
    return sum(len(part.leftovers) for part in read if part)


def _extras(labels: LabelValues, seen: Observed) -> Iterator[Sample]:
    """Give what only some hosts offer."""
    if seen.memory:
        yield specs.HOST_MEMORY_TOTAL, labels, seen.memory.total_bytes
        yield specs.HOST_MEMORY_FREE, labels, seen.memory.free_bytes
    if seen.errlog:
        yield specs.HOST_ERRLOG_LINES, labels, seen.errlog.lines
    if seen.queue:
        yield specs.HOST_QUEUE_FILES, labels, seen.queue.files
        yield from _since(specs.HOST_QUEUE_OLDEST, labels, seen.finished_at, seen.queue.oldest_age)
    for name, checksum in seen.checksums.by_name if seen.checksums else ():
        yield specs.HOST_CHECKSUM, (*labels, name, checksum), 1


def _since(spec: MetricSpec, labels: LabelValues, told_at: Timestamp, age: float | None) -> Iterator[Sample]:
    """Turn an age into the point in time that it began at."""
    yield from _known(spec, labels, None if age is None else told_at - age)


def _tables(view: DomainView, labels: LabelValues, seen: Observed) -> Iterator[Sample]:
    worst = _worst(view) if view.options.tables is Tables.WORST else None
    for row in seen.sequences.tables if seen.sequences else ():
        if worst is None or row.table in worst:
            named = (*labels, f"T{row.table}")
            yield specs.TABLE_SEQUENCE, named, row.sequence
            yield from _known(specs.TABLE_STAMP, named, row.stamp)


def _worst(view: DomainView) -> set[TableNumber]:
    """Name the tables in which any replica differs from its master."""
    worst: set[TableNumber] = set()
    for replica in view.comparison.replicas:
        worst.update(replica.missing_tables or (), replica.extra_tables or (), replica.stamp_mismatch_tables or ())
        worst.update(table.table for table in replica.tables if table.lag or table.ahead)
    return worst


# -- a replica --------------------------------------------------------------------------------------------------------


def _replica(view: DomainView, replica: ReplicaComparison) -> Iterator[Sample]:
    labels = (view.snapshot.domain, replica.host)
    yield from _known(specs.REPLICA_LAG, labels, replica.lag)
    yield from _known(specs.REPLICA_AHEAD, labels, replica.ahead)
    yield from _known(specs.REPLICA_LAG_SECONDS, labels, replica.lag_seconds)
    yield from _known(specs.REPLICA_BEHIND_BEST, labels, replica.behind_best)
    yield from _known(specs.REPLICA_STAMP_MISMATCH, labels, _count(replica.stamp_mismatch_tables))
    yield from _known(specs.REPLICA_MISSING, labels, _count(replica.missing_tables))
    shows_zero = view.options.table_lag is TableLag.ALL
    for table in replica.tables:
        named = (*labels, f"T{table.table}")
        yield from _difference(specs.REPLICA_TABLE_LAG, named, table.lag, shows_zero=shows_zero)
        yield from _difference(specs.REPLICA_TABLE_AHEAD, named, table.ahead, shows_zero=shows_zero)


def _difference(spec: MetricSpec, labels: LabelValues, value: int | None, *, shows_zero: bool) -> Iterator[Sample]:
    if value or (shows_zero and value is not None):
        yield spec, labels, value


def _count(tables: tuple[TableNumber, ...] | None) -> int | None:
    return None if tables is None else len(tables)


def _verdict(view: DomainView, verdict: HostVerdict) -> Iterator[Sample]:
    labels = (view.snapshot.domain, verdict.host)
    if verdict.is_replica:
        yield from _choice(specs.REPLICA_STATE, labels, verdict.state)
        yield from _known(specs.REPLICA_PROMOTABLE, labels, verdict.promotable)


def _listing(view: DomainView) -> Iterator[Sample]:
    listing = view.snapshot.listing
    if listing:
        for entry in listing.entries:
            if entry.host is not None:
                yield from _listed((view.snapshot.domain, entry.host), entry, listing.read_at)


def _listed(labels: LabelValues, entry: Listed, read_at: Timestamp) -> Iterator[Sample]:
    line = entry.line
    yield from _choice(specs.REPLICA_STATUS, labels, line.status)
    yield from _since(specs.REPLICA_LAST_PACKET, labels, read_at, line.since_packet)
    yield from _since(specs.REPLICA_LAST_FAILURE, labels, read_at, line.since_failure)
    yield from _since(specs.REPLICA_LAST_SYNC, labels, read_at, line.since_sync)
    yield from _known(specs.REPLICA_PACKETS, labels, line.packets)
