"""Hosts whose gate is older than the bundled one."""

from collections.abc import Iterator

from boks_exporter.cli.sanitize import harmless
from boks_exporter.report import DomainReport
from boks_exporter.text.formatting import listed
from boks_exporter.text.versions import version_numbers


def old_gates(domain: DomainReport, shipped: str) -> Iterator[str]:
    """Format one line for each older version; a version that is not numeric is never reported as old."""
    hosts: dict[str, list[str]] = {}
    for host in domain["hosts"]:
        version = host["gate_version"]
        if version is not None and _is_older(version, shipped):
            hosts.setdefault(version, []).append(host["host"])
    for version, names in sorted(hosts.items()):
        yield harmless(f"gate {version} on {listed(names)} is older than {shipped}; see `boks-exporter gate install`")


def _is_older(version: str, shipped: str) -> bool:
    known, ours = version_numbers(version), version_numbers(shipped)
    return known is not None and ours is not None and known < ours
