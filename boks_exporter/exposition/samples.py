"""The samples of a page, from immutable views; no fact, no sample."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from boks_exporter.errors import FailureReason
from boks_exporter.exposition.domain_view import DomainView, ExporterInfo, HostCounters, TableLag, Tables
from boks_exporter.exposition.expected_processes import expected_processes
from boks_exporter.exposition.failover_activity import RunOutcome, RunProcedure
from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.specs import domains, exporter, hosts, operations, replicas
from boks_exporter.health import GroupHealth, HostVerdict
from boks_exporter.health.unread import unread_lines
from boks_exporter.model import Host, Observed, ReplicaLine, Role, SequenceReport, TableNumber, TableSequence, Timestamp
from boks_exporter.replication import ReplicaComparison

_REASONS: Final = tuple(map(str, FailureReason))
_NO_FAILURES: Final = (0,) * len(_REASONS)

LabelValues: TypeAlias = tuple[str, ...]
Last: TypeAlias = tuple[tuple[str, ...], tuple[float, ...]]
"""The values of the last label, each with its number."""
Sample: TypeAlias = tuple[MetricSpec, LabelValues, float]
Block: TypeAlias = tuple[MetricSpec, LabelValues, tuple[str, ...], tuple[float, ...]]
"""Samples that differ in their last label only, each once: the labels that they share, and the last ones."""
Piece: TypeAlias = Sample | Block


def samples(views: Iterable[DomainView], info: ExporterInfo) -> Iterator[Sample]:
    """Yield all samples of a page, in any order."""
    for piece in pieces(views, info):
        if len(piece) == 3:  # noqa: PLR2004 - a sample
            yield piece
        else:
            spec, labels, last, values = piece
            yield from ((spec, (*labels, label), value) for label, value in zip(last, values, strict=True))


def pieces(views: Iterable[DomainView], info: ExporterInfo) -> Iterator[Piece]:
    """Yield all samples of a page, in any order, those of a block together."""
    yield from _exporter(info)
    for view in views:
        yield from _domain(view)
        worst = _worst(view) if view.options.tables is Tables.WORST else None
        for host in view.snapshot.hosts:
            yield from _host(view, host, worst)
        for replica in view.comparison.replicas:
            yield from _replica(view, replica)
        for verdict in view.health.hosts:
            yield from _verdict(view, verdict)
        yield from _listing(view)
        yield from _operations(view)


def _known(spec: MetricSpec, labels: LabelValues, value: float | None) -> Iterator[Piece]:
    if value is not None:
        yield spec, labels, value


def _choice(spec: MetricSpec, labels: LabelValues, holds: StrEnum) -> Iterator[Piece]:
    """Yield a closed set: 1 for the value that holds and 0 for each other."""
    if spec.choices:
        yield spec, labels, *_one_of(spec.choices, holds)


@lru_cache(maxsize=256)
def _one_of(choices: type[StrEnum], holds: StrEnum) -> Last:
    return tuple(map(str, choices)), tuple(choice is holds for choice in choices)


def _exporter(info: ExporterInfo) -> Iterator[Piece]:
    yield exporter.BUILD_INFO, (info.version, info.revision, info.python), 1
    yield exporter.RELOAD_SUCCESSFUL, (), info.reload_successful
    yield from _known(exporter.RELOAD_SUCCESS_TIMESTAMP, (), info.reload_success_at)


# -- a domain ---------------------------------------------------------------------------------------------------------


def _domain(view: DomainView) -> Iterator[Piece]:
    snapshot, counters = view.snapshot, view.counters
    domain = (snapshot.domain,)
    yield from _known(exporter.EVIDENCE_SINCE, domain, view.evidence_since)
    yield exporter.INSECURE_HOST_KEYS, domain, counters.insecure_host_keys
    yield from _choice(domains.STATE, domain, view.health.state)
    is_known = len(snapshot.masters) <= 1 or snapshot.has_several_masters
    if is_known and any(isinstance(outcome, Observed) for outcome in snapshot.outcomes):
        yield domains.MASTERS, domain, len(snapshot.masters)
    yield domains.HOSTS, domain, len(snapshot.hosts)
    yield domains.SECOND_NAMES, domain, len(snapshot.second_names)
    for state, count in view.health.counts.items():
        yield domains.REPLICAS, (*domain, state), count
    if snapshot.listing:
        yield domains.UNRESOLVED, domain, len(snapshot.unresolved)
    yield from _groups(domains.SITE_REPLICAS, domain, view.health.sites)
    yield from _groups(domains.SECTION_REPLICAS, domain, view.health.sections)
    yield from _round(view)


def _groups(spec: MetricSpec, domain: LabelValues, groups: Iterable[GroupHealth]) -> Iterator[Piece]:
    for group in groups:
        for state, count in group.counts.items():
            yield spec, (*domain, group.name, state), count


def _round(view: DomainView) -> Iterator[Piece]:
    snapshot, counters = view.snapshot, view.counters
    domain = (snapshot.domain,)
    yield domains.ROUND_DURATION, domain, snapshot.finished_at - snapshot.started_at
    yield domains.ROUND_INTERVAL, domain, counters.interval_seconds
    yield domains.LAST_ROUND, domain, snapshot.finished_at
    yield from _known(domains.ROUND_SKEW, domain, snapshot.skew)
    yield domains.ROUNDS, domain, counters.rounds
    yield domains.ROUND_OVERRUNS, domain, counters.overruns


# -- a host -----------------------------------------------------------------------------------------------------------


def _host(view: DomainView, host: Host, worst: frozenset[TableNumber] | None) -> Iterator[Piece]:
    labels = (view.snapshot.domain, host.name)
    outcome = view.snapshot.outcome(host.name)
    seen = outcome if isinstance(outcome, Observed) else None
    yield hosts.INFO, (*labels, host.address, host.site, host.section), 1
    yield hosts.UP, labels, bool(seen and not seen.essential_faults)
    yield from _choice(hosts.ROLE, labels, seen.role if seen else Role.UNKNOWN)
    yield from _counted(labels, view.counters.hosts.get(host.name, HostCounters()))
    if outcome:
        yield hosts.POLL_DURATION, labels, outcome.finished_at - outcome.started_at
    if seen:
        yield from _known(hosts.CLOCK_OFFSET, labels, _clock_offset(seen))
        yield hosts.GATE_INFO, (*labels, seen.reply.gate_version), 1
        unread = [line for _, line in unread_lines(seen)]
        yield hosts.UNRECOGNISED_LINES, labels, sum(line.stands_for for line in unread if line.ignored is None)
        yield hosts.IGNORED_LINES, labels, sum(line.ignored is not None for line in unread)
        yield from _extras(labels, seen)
        yield from _tables(labels, seen.sequences, worst)


def _counted(labels: LabelValues, counters: HostCounters) -> Iterator[Piece]:
    yield from _known(hosts.LAST_ATTEMPT, labels, counters.last_attempt)
    yield from _known(hosts.LAST_SUCCESS, labels, counters.last_success)
    yield hosts.POLLS, labels, counters.polls
    yield hosts.POLL_FAILURES, labels, _REASONS, _by_reason(counters.failures) if counters.failures else _NO_FAILURES
    yield hosts.RECONNECTS, labels, counters.reconnects
    yield from _known(hosts.KEY_UNRESTRICTED, labels, counters.has_unrestricted_key)
    yield from _known(hosts.LOGIN_REFUSED, labels, counters.refuses_logins)


def _by_reason(failures: Mapping[FailureReason, int]) -> tuple[float, ...]:
    return tuple(failures.get(reason, 0) for reason in FailureReason)


def _clock_offset(seen: Observed) -> float | None:
    """Return the host's clock minus ours; the host read it some time during the exchange."""
    clock = seen.reply.host_clock
    return None if clock is None else clock - (seen.started_at + seen.finished_at) / 2


def _extras(labels: LabelValues, seen: Observed) -> Iterator[Piece]:
    """Yield what only some hosts offer."""
    if seen.memory:
        yield hosts.MEMORY_TOTAL, labels, seen.memory.total_bytes
        yield hosts.MEMORY_FREE, labels, seen.memory.free_bytes
    if seen.errlog:
        yield hosts.ERRLOG_LINES, labels, seen.errlog.lines
    if seen.queue:
        yield hosts.QUEUE_FILES, labels, seen.queue.files
        yield from _since(hosts.QUEUE_OLDEST, labels, seen.finished_at, seen.queue.oldest_age)
    for process, is_running in expected_processes(seen):
        yield hosts.PROCESS_RUNNING, (*labels, process), is_running
    if seen.diskspace:
        yield hosts.DATA_FREE, labels, seen.diskspace.free_bytes
        yield from _known(hosts.DATA_SIZE, labels, seen.diskspace.total_bytes)
    for name, checksum in seen.checksums.by_name if seen.checksums else ():
        yield hosts.CHECKSUM, (*labels, name, checksum), 1


def _since(spec: MetricSpec, labels: LabelValues, told_at: Timestamp, age: float | None) -> Iterator[Piece]:
    """Yield an age as the point in time at which it began."""
    yield from _known(spec, labels, None if age is None else told_at - age)


def _tables(labels: LabelValues, shown: SequenceReport | None, worst: frozenset[TableNumber] | None) -> Iterator[Piece]:
    if shown:
        numbers, stamps = _rows(shown, worst)
        yield hosts.TABLE_SEQUENCE, labels, *numbers
        yield hosts.TABLE_STAMP, labels, *stamps


@lru_cache(maxsize=256)
def _rows(shown: SequenceReport, worst: frozenset[TableNumber] | None) -> tuple[Last, Last]:
    """Return the tables with their numbers, and those that have a stamp with it."""
    rows: dict[TableNumber, TableSequence] = {}
    for row in shown.tables:
        if worst is None or row.table in worst:
            rows.setdefault(row.table, row)
    stamps = {table: row.stamp for table, row in rows.items() if row.stamp is not None}
    numbers = tuple(row.sequence for row in rows.values())
    return (_named(tuple(rows)), numbers), (_named(tuple(stamps)), tuple(stamps.values()))


@lru_cache(maxsize=256)
def _named(numbers: tuple[TableNumber, ...]) -> tuple[str, ...]:
    return tuple(f"T{number}" for number in numbers)


def _worst(view: DomainView) -> frozenset[TableNumber]:
    """Return the tables in which any replica differs from its master."""
    worst: set[TableNumber] = set()
    for replica in view.comparison.replicas:
        worst.update(replica.missing_tables or (), replica.extra_tables or (), replica.stamp_mismatch_tables or ())
        worst.update(table.table for table in replica.tables if table.lag or table.ahead)
    return frozenset(worst)


# -- a replica --------------------------------------------------------------------------------------------------------


def _replica(view: DomainView, replica: ReplicaComparison) -> Iterator[Piece]:
    labels = (view.snapshot.domain, replica.host)
    yield from _known(replicas.LAG, labels, replica.lag)
    yield from _known(replicas.AHEAD, labels, replica.ahead)
    yield from _known(replicas.LAG_POSSIBLE, labels, replica.lag_possible)
    yield from _known(replicas.AHEAD_POSSIBLE, labels, replica.ahead_possible)
    yield from _known(replicas.LAG_SECONDS, labels, replica.lag_seconds)
    yield from _known(replicas.LAG_AT_LEAST, labels, replica.lag_at_least_seconds)
    yield from _known(replicas.BEHIND_BEST, labels, replica.behind_best)
    yield from _known(replicas.STAMP_MISMATCH, labels, _count(replica.stamp_mismatch_tables))
    yield from _known(replicas.MISSING, labels, _count(replica.missing_tables))
    shows_zero = view.options.table_lag is TableLag.ALL
    differ = replica.lagging_tables or replica.ahead_tables
    for table in replica.tables if shows_zero or differ else ():
        named = (*labels, f"T{table.table}")
        yield from _difference(replicas.TABLE_LAG, named, table.lag, shows_zero=shows_zero)
        yield from _difference(replicas.TABLE_AHEAD, named, table.ahead, shows_zero=shows_zero)


def _difference(spec: MetricSpec, labels: LabelValues, value: int | None, *, shows_zero: bool) -> Iterator[Piece]:
    if value or (shows_zero and value is not None):
        yield spec, labels, value


def _count(tables: tuple[TableNumber, ...] | None) -> int | None:
    return None if tables is None else len(tables)


def _verdict(view: DomainView, verdict: HostVerdict) -> Iterator[Piece]:
    labels = (view.snapshot.domain, verdict.host)
    if verdict.is_replica:
        yield from _choice(replicas.STATE, labels, verdict.state)
        for kind, since in verdict.proven.items():
            yield replicas.EVIDENCE, (*labels, kind), since
        yield from _known(replicas.PROMOTABLE, labels, verdict.promotable)


def _listing(view: DomainView) -> Iterator[Piece]:
    listing = view.snapshot.listing
    if listing is None:
        return
    for host in dict.fromkeys(entry.host for entry in listing.entries if entry.host is not None):
        if line := view.snapshot.line(host):
            yield from _listed((view.snapshot.domain, host), line, listing.read_at)


def _listed(labels: LabelValues, line: ReplicaLine, read_at: Timestamp) -> Iterator[Piece]:
    yield from _choice(replicas.STATUS, labels, line.status)
    yield from _since(replicas.LAST_PACKET, labels, read_at, line.since_packet)
    yield from _since(replicas.LAST_FAILURE, labels, read_at, line.since_failure)
    yield from _since(replicas.LAST_SYNC, labels, read_at, line.since_sync)
    yield from _known(replicas.PACKETS, labels, line.packets)


# -- failover and maintenance -----------------------------------------------------------------------------------------


def _operations(view: DomainView) -> Iterator[Piece]:
    known, domain = view.operations, (view.snapshot.domain,)
    if known is None:
        return
    yield operations.JOURNAL_READABLE, domain, known.is_readable
    if not known.is_readable:
        return
    for procedure in RunProcedure:
        for outcome in RunOutcome:
            yield operations.RUNS, (*domain, procedure, outcome), known.runs.get((procedure, outcome), 0)
    yield operations.IN_PROGRESS, domain, known.in_progress
    yield from _known(operations.LAST, domain, known.last_at)
    yield operations.FREEZE_ACTIVE, domain, known.frozen_until is not None
    yield from _known(operations.FREEZE_UNTIL, domain, known.frozen_until)
    maintenance = known.maintenance
    for host in view.snapshot.hosts:
        until = maintenance.get(host.name)
        yield operations.MAINTENANCE_ACTIVE, (*domain, host.name), until is not None
        yield from _known(operations.MAINTENANCE_UNTIL, (*domain, host.name), until)
