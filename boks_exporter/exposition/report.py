"""The stable JSON of `status`, `check` and `/api/v1/status`: null where something is not known."""

from collections.abc import Iterable
from typing import TypedDict

from boks_exporter.exposition.views import DomainView
from boks_exporter.health import GroupHealth, HostVerdict
from boks_exporter.model import Host, Listed, Observed, Seconds, Sequence, Timestamp


class TableReport(TypedDict):
    """One table of one host; `lag` and `ahead` are null on a master and where they cannot be proven."""

    sequence: Sequence
    lag: int | None
    ahead: int | None


class HostReport(TypedDict):
    """One host."""

    host: str
    role: str
    state: str
    reason: str
    evidence: list[str]
    lag_sequences: int | None
    ahead_sequences: int | None
    lag_seconds: Seconds | None
    behind_best_sequences: int | None
    reported_status: str | None
    last_packet_timestamp_seconds: Timestamp | None
    address: str
    site: str
    section: str
    promotable: bool | None
    promotable_reasons: list[str]
    tables: dict[str, TableReport]


class GroupReport(TypedDict):
    """One site or section: how many of its replicas are ok, out of how many."""

    name: str
    verdict: str
    replicas_ok: int
    replicas: int


class DomainReport(TypedDict):
    """One domain."""

    domain: str
    masters: list[str]
    state: str
    reason: str
    last_round_timestamp_seconds: Timestamp
    unresolved: list[str]
    hosts: list[HostReport]
    sites: list[GroupReport]
    sections: list[GroupReport]


class StatusReport(TypedDict):
    """The whole answer."""

    domains: list[DomainReport]


def status_report(views: Iterable[DomainView]) -> StatusReport:
    """Report all domains; keys are only ever added."""
    return {"domains": [_domain(view) for view in views]}


def _domain(view: DomainView) -> DomainReport:
    return {
        "domain": view.snapshot.domain,
        "masters": list(view.snapshot.masters),
        "state": view.health.state,
        "reason": view.health.reason,
        "last_round_timestamp_seconds": view.snapshot.finished_at,
        "unresolved": list(view.snapshot.unresolved),
        "hosts": [_host(view, host, view.health.host(host.name)) for host in view.snapshot.hosts],
        "sites": [_group(group) for group in view.health.sites],
        "sections": [_group(group) for group in view.health.sections],
    }


def _host(view: DomainView, host: Host, verdict: HostVerdict) -> HostReport:
    compared = view.comparison.replica(host.name)
    entry = _entry(view, host)
    age = entry.line.since_packet if entry else None
    return {
        "host": host.name,
        "role": verdict.role,
        "state": verdict.state,
        "reason": verdict.reason,
        "evidence": list(verdict.evidence),
        "lag_sequences": compared.lag if compared else None,
        "ahead_sequences": compared.ahead if compared else None,
        "lag_seconds": compared.lag_seconds if compared else None,
        "behind_best_sequences": compared.behind_best if compared else None,
        "reported_status": entry.line.raw_status if entry else None,
        "last_packet_timestamp_seconds": (
            view.snapshot.listing.read_at - age if view.snapshot.listing and age is not None else None
        ),
        "address": host.address,
        "site": host.site,
        "section": host.section,
        "promotable": verdict.promotable,
        "promotable_reasons": list(verdict.promotable_reasons),
        "tables": _tables(view, host),
    }


def _entry(view: DomainView, host: Host) -> Listed | None:
    entries = view.snapshot.listing.entries if view.snapshot.listing else ()
    return next((entry for entry in entries if entry.host == host.name), None)


def _tables(view: DomainView, host: Host) -> dict[str, TableReport]:
    seen = view.snapshot.outcome(host.name)
    if not isinstance(seen, Observed) or seen.sequences is None:
        return {}
    compared = view.comparison.replica(host.name)
    proven = {table.table: table for table in compared.tables} if compared else {}
    return {
        f"T{row.table}": {
            "sequence": row.sequence,
            "lag": proven[row.table].lag if row.table in proven else None,
            "ahead": proven[row.table].ahead if row.table in proven else None,
        }
        for row in sorted(seen.sequences.tables, key=lambda row: row.table)
    }


def _group(group: GroupHealth) -> GroupReport:
    counts = group.counts
    return {
        "name": group.name,
        "verdict": group.verdict,
        "replicas_ok": sum(count for state, count in counts.items() if state == "ok"),
        "replicas": sum(counts.values()),
    }
