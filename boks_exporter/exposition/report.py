"""The stable JSON of `status`, `check` and `/api/v1/status`: null where something is not known."""

from collections.abc import Iterable, Iterator, Mapping

from boks_exporter.exposition.domain_view import DomainView, HostCounters
from boks_exporter.exposition.failover_activity import Operations
from boks_exporter.health import GroupHealth, HostVerdict, ReplicaState
from boks_exporter.health.unread import unread_forms
from boks_exporter.model import Host, HostName, Listing, Observed, Role, Seconds, Sequence, TableNumber, Timestamp
from boks_exporter.replication import History, ReplicaComparison
from boks_exporter.report import (
    DomainReport,
    GroupReport,
    HostReport,
    KnowledgeReport,
    KnownHostReport,
    KnownReadingReport,
    StatusReport,
    TableReport,
    WindowReport,
)


def knowledge_report(view: DomainView, history: History) -> KnowledgeReport:
    """Return each host's last role, and the last numbers of those that do not show them now."""
    return {
        "last_known_master": view.snapshot.last_known_master,
        "hosts": [_host_knowledge(history, host) for host in view.snapshot.hosts],
        "readings": list(_readings(view, history)),
        "unresolved_timestamp_seconds": dict(history.unresolved),
    }


def _host_knowledge(history: History, host: Host) -> KnownHostReport:
    return {
        "host": host.name,
        "port": host.port,
        "role": history.roles.get(host.name, Role.UNKNOWN),
        "discovered": host.discovered,
        "failing_since_timestamp_seconds": history.failing.get(host.name),
    }


def _readings(view: DomainView, history: History) -> Iterator[KnownReadingReport]:
    if history.master is not None and history.tables and not _answers(view, history.master):
        tables = {table: (known.steps[-1].sequence, known.stamp) for table, known in history.tables.items()}
        read_at = max(known.read_at for known in history.tables.values())
        yield _reading(history.master, read_at, tables)
    for host, floor in history.floors.items():
        answered_at = view.counters.hosts.get(host, HostCounters()).last_success
        if answered_at is not None and not _answers(view, host):
            stamps = history.stamps.get(host, {})
            yield _reading(host, answered_at, {table: (number, stamps.get(table)) for table, number in floor.items()})


def _answers(view: DomainView, host: HostName) -> bool:
    return isinstance(view.snapshot.outcome(host), Observed)


def _reading(
    host: HostName, at: Timestamp, tables: Mapping[TableNumber, tuple[Sequence, Seconds | None]]
) -> KnownReadingReport:
    return {
        "host": host,
        "read_timestamp_seconds": at,
        "sequences": {f"T{table}": number for table, (number, _) in tables.items()},
        "stamps": {f"T{table}": stamp for table, (_, stamp) in tables.items()},
    }


def status_report(views: Iterable[DomainView]) -> StatusReport:
    """Report all domains; keys are only ever added, and their order stays."""
    return {"domains": [_domain(view) for view in views]}


def _domain(view: DomainView) -> DomainReport:
    report = _without_knowledge(view)
    if view.history is not None:
        report["knowledge"] = knowledge_report(view, view.history)
    return report


def _without_knowledge(view: DomainView) -> DomainReport:
    return {
        "domain": view.snapshot.domain,
        "masters": list(view.snapshot.masters),
        "state": view.health.state,
        "reason": view.health.reason,
        "hosts": [_host(view, host, view.health.host(host.name)) for host in view.snapshot.hosts],
        "unresolved": list(view.snapshot.unresolved),
        "unread_lines": [
            {"section": form.section, "line": form.text, "lines": form.lines, "hosts": form.hosts}
            for form in unread_forms(view.snapshot)
        ],
        "sites": [_group(group) for group in view.health.sites],
        "sections": [_group(group) for group in view.health.sections],
        "last_round_timestamp_seconds": view.snapshot.finished_at,
        "maintenance": _maintenance(view.operations),
        "evidence_since_timestamp_seconds": view.evidence_since,
        "notes": list(view.notes),
    }


def _maintenance(known: Operations | None) -> list[WindowReport] | None:
    """List the windows that hold; a journal that cannot be read leaves them unknown, and without one there are none."""
    if known is not None and not known.is_readable:
        return None
    return [
        {
            "host": window.host,
            "started_timestamp_seconds": window.started_at,
            "until_timestamp_seconds": window.until,
            "owner": window.owner,
            "reason": window.reason,
            "run": window.run,
        }
        for window in (known.windows if known else ())
    ]


def _host(view: DomainView, host: Host, verdict: HostVerdict) -> HostReport:
    compared = view.comparison.replica(host.name)
    counters = view.counters.hosts.get(host.name, HostCounters())
    listing = view.snapshot.listing
    line = view.snapshot.line(host.name)
    seen = view.snapshot.outcome(host.name)
    since = view.timeline.host(host.name).since
    return {
        "host": host.name,
        "role": verdict.role,
        "state": verdict.state,
        "reason": verdict.reason,
        "lag_sequences": compared.lag if compared else None,
        "ahead_sequences": compared.ahead if compared else None,
        "lag_seconds": compared.lag_seconds if compared else None,
        "tables": _tables(view, host, compared),
        "evidence": list(verdict.evidence),
        "address": host.address,
        "site": host.site,
        "section": host.section,
        "behind_best_sequences": compared.behind_best if compared else None,
        "missing_tables": _named(compared.missing_tables if compared else None),
        "stamp_mismatch_tables": _named(compared.stamp_mismatch_tables if compared else None),
        "reported_status": line.status if line else None,
        "reported_status_word": line.raw_status if line else None,
        "last_packet_timestamp_seconds": _since(listing, line.since_packet if line else None),
        "last_failure_timestamp_seconds": _since(listing, line.since_failure if line else None),
        "last_sync_timestamp_seconds": _since(listing, line.since_sync if line else None),
        "last_attempt_timestamp_seconds": counters.last_attempt,
        "last_success_timestamp_seconds": counters.last_success,
        "promotable": verdict.promotable,
        "promotable_reasons": list(verdict.promotable_reasons),
        "gate_version": seen.reply.gate_version if isinstance(seen, Observed) else None,
        "lag_possible_sequences": compared.lag_possible if compared else None,
        "ahead_possible_sequences": compared.ahead_possible if compared else None,
        "evidence_timestamp_seconds": {str(kind): since for kind, since in verdict.proven.items()},
        "since_timestamp_seconds": since,
        "since_is_exact": since is not None and not view.timeline.is_at_least(since, view.counters.interval_seconds),
    }


def _since(listing: Listing | None, age: Seconds | None) -> Timestamp | None:
    return listing.read_at - age if listing and age is not None else None


def _named(tables: tuple[int, ...] | None) -> list[str] | None:
    return None if tables is None else [f"T{table}" for table in tables]


def _tables(view: DomainView, host: Host, compared: ReplicaComparison | None) -> dict[str, TableReport]:
    seen = view.snapshot.outcome(host.name)
    rows = seen.sequences.tables if isinstance(seen, Observed) and seen.sequences else ()
    proven = {table.table: table for table in compared.tables} if compared else {}
    reports: dict[str, TableReport] = {}
    for row in sorted(rows, key=lambda row: row.table):
        table = proven.get(row.table)
        reports[f"T{row.table}"] = {
            "sequence": row.sequence,
            "lag": table.lag if table else None,
            "ahead": table.ahead if table else None,
            "lag_possible": table.lag_possible if table else None,
            "ahead_possible": table.ahead_possible if table else None,
        }
    return reports


def _group(group: GroupHealth) -> GroupReport:
    return {
        "name": group.name,
        "verdict": group.verdict,
        "replicas": sum(group.counts.values()),
        "replicas_ok": group.counts[ReplicaState.OK],
    }
