"""What the exporter says: the samples that Prometheus would scrape."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from boks_exporter.exposition import DomainView, ExporterInfo, render
from boks_exporter.exposition.samples import samples

_Sample: TypeAlias = tuple[str, str, str, float]
"""Name, host, state or status, value."""

_EXPORTER: Final = ExporterInfo(version="trial", revision="", python="3")
_WANTED: Final = frozenset(
    f"boks_{name}"
    for name in (
        *("host_up", "replica_state", "replica_reported_status", "domain_state"),
        *("replica_ahead_sequences", "replica_lag_seconds", "replica_missing_tables"),
        "replica_evidence_timestamp_seconds",
    )
)
_LINE: Final = re.compile(
    r'^(boks_[a-z_]+)\{boks_domain="[^"]*"(?:,host="([^"]*)")?(?:,(?:state|status|kind)="([^"]*)")?\} (\S+)$',
    re.MULTILINE,
)


@dataclass(slots=True)
class Shown:
    """The page in part; what has no sample is not there."""

    domain_state: str = ""
    up: dict[str, bool] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    reported: dict[str, str] = field(default_factory=dict)
    ahead: dict[str, float] = field(default_factory=dict)
    lag_seconds: dict[str, float] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)
    """Replicas with evidence against their copy."""


def shown(view: DomainView, *, as_text: bool) -> Shown:
    """Take the samples of a view, before they are written as a page or read back from it."""
    return _sorted(_from_text(view) if as_text else _from_samples(view))


def _from_samples(view: DomainView) -> Iterable[_Sample]:
    for spec, labels, value in samples([view], _EXPORTER):
        if spec.name in _WANTED:
            named = dict(zip(spec.labels, labels, strict=True))
            yield (
                spec.name,
                named.get("host", ""),
                named.get("state") or named.get("status") or named.get("kind", ""),
                float(value),
            )


def _from_text(view: DomainView) -> Iterable[_Sample]:
    for name, host, state, value in _LINE.findall(render([view], _EXPORTER).classic.decode()):
        if name in _WANTED:
            yield name, host, state, float(value)


def _sorted(found: Iterable[_Sample]) -> Shown:
    page = Shown()
    values = {
        "boks_replica_ahead_sequences": page.ahead,
        "boks_replica_lag_seconds": page.lag_seconds,
        "boks_replica_missing_tables": page.missing,
    }
    for name, host, state, value in found:
        if name in values:
            values[name][host] = value
        elif name == "boks_replica_evidence_timestamp_seconds":
            page.proven.add(host)
        elif name == "boks_host_up":
            page.up[host] = value == 1
        elif name == "boks_replica_reported_status":
            page.reported |= {host: str(state)} if value == 1 else {}
        elif value == 1 and host:
            page.state[host] = str(state)
        elif value == 1:
            page.domain_state = str(state)
    return page
