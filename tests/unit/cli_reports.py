"""Reports made by hand, for tests of what judges and shows them."""

from typing import Any

from boks_exporter.remote.gate import gate_version
from boks_exporter.report import DomainReport, HostReport, StatusReport

SEEN_AT = 1_700_000_000.0


def host(name: str = "replica1", state: str = "ok", **changed: Any) -> HostReport:
    """A healthy replica, with the given changes."""
    report: HostReport = {
        "host": name,
        "role": "replica",
        "state": state,
        "reason": "listed as OK, nothing ahead" if state == "ok" else f"the reason why it is {state}",
        "lag_sequences": 0,
        "ahead_sequences": 0,
        "lag_seconds": 0.0,
        "tables": {"T7": {"sequence": 5053, "lag": 0, "ahead": 0}},
        "evidence": [],
        "address": name,
        "site": "",
        "section": "",
        "behind_best_sequences": 0,
        "missing_tables": [],
        "stamp_mismatch_tables": [],
        "reported_status": "ok",
        "reported_status_word": "OK",
        "last_packet_timestamp_seconds": SEEN_AT - 49,
        "last_failure_timestamp_seconds": None,
        "last_sync_timestamp_seconds": SEEN_AT - 289,
        "last_attempt_timestamp_seconds": SEEN_AT,
        "last_success_timestamp_seconds": SEEN_AT,
        "promotable": True,
        "promotable_reasons": [],
        "gate_version": gate_version(),
    }
    return report | changed  # type: ignore[typeddict-item, return-value]  # some tests break the types


def master(name: str = "master1") -> HostReport:
    """The master."""
    nothing = {"lag_sequences": None, "ahead_sequences": None, "lag_seconds": None, "reported_status": None}
    return host(name, role="master", reason="is the master", last_packet_timestamp_seconds=None, **nothing)


def domain(*hosts: HostReport, name: str = "prod", **changed: Any) -> DomainReport:
    """A healthy domain, with the given changes."""
    report: DomainReport = {
        "domain": name,
        "masters": ["master1"],
        "state": "ok",
        "reason": f"master1 is master, {len(hosts)} replicas are ok",
        "hosts": [master(), *hosts],
        "unresolved": [],
        "unread_lines": [],
        "sites": [],
        "sections": [],
        "last_round_timestamp_seconds": SEEN_AT,
        "maintenance": [],
    }
    return report | changed  # type: ignore[typeddict-item, return-value]  # some tests break the types


def report(*domains: DomainReport) -> StatusReport:
    """The whole answer."""
    return {"domains": list(domains)}
