"""What the exporter knows of a domain from before, for failover commands on other machines."""

from collections.abc import Iterator, Mapping

from boks_exporter.exposition.domain_view import DomainView, HostCounters
from boks_exporter.model import HostName, Observed, Role, Seconds, Sequence, TableNumber, Timestamp
from boks_exporter.replication import History
from boks_exporter.report import KnowledgeReport, KnownHostReport, KnownReadingReport


def knowledge_report(view: DomainView, history: History) -> KnowledgeReport:
    """Return each host's last role, and the last numbers of those that do not show them now."""
    return {
        "last_known_master": view.snapshot.last_known_master,
        "hosts": [_host(view, history, host.name) for host in view.snapshot.hosts],
        "readings": list(_readings(view, history)),
        "unresolved_timestamp_seconds": dict(history.unresolved),
    }


def _host(view: DomainView, history: History, name: HostName) -> KnownHostReport:
    host = view.snapshot.host(name)
    return {
        "host": name,
        "port": host.port if host else 22,
        "role": history.roles.get(name, Role.UNKNOWN),
        "discovered": bool(host and host.discovered),
        "failing_since_timestamp_seconds": history.failing.get(name),
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
