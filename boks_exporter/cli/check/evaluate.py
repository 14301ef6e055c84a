"""Evaluation of a report by the rules of severity.py and the ranges of the command line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from boks_exporter.cli.check.maintenance import DomainMaintenance, MaintenanceEffect
from boks_exporter.cli.check.ranges import Range
from boks_exporter.cli.check.severity import (
    DECIDED_BY_HOSTS,
    DOMAIN_RULES,
    HOST_RULES,
    LISTED_AS_DOWN,
    NO_FIGURE,
    NO_HOST_ANSWERS,
    NOTHING_POLLED,
    SITE_WITHOUT_REPLICA,
    STALE,
    UNKNOWN_STATE,
    UNRESOLVED,
    WITH_EVIDENCE,
    Severity,
    rank,
    worst,
)
from boks_exporter.report import DomainReport, HostReport, StatusReport
from boks_exporter.text.formatting import STRANGERS_NAMED, in_words

FIGURES: Final = ("lag", "lag_seconds", "ahead")
_CLOCK_TOLERANCE_SECONDS: Final = 60.0
_NOT_PROVEN_UNHEALTHY: Final = frozenset({"ok", "unknown", "unreachable"})


@dataclass(frozen=True, slots=True)
class FigureRanges:
    """The ranges of one figure."""

    warning: Range | None = None
    critical: Range | None = None


class Perfdata(StrEnum):
    """Which hosts' figures are printed: those with a fault, or all."""

    SUMMARY = "summary"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The criteria of the command line, in addition to the verdicts."""

    limits: Mapping[str, FigureRanges] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    max_age_seconds: float = 300.0
    perfdata: Perfdata = Perfdata.SUMMARY
    maintenance: MaintenanceEffect = MaintenanceEffect.IGNORE
    now: float

    def of(self, figure: str) -> FigureRanges:
        return self.limits.get(figure, FigureRanges())


@dataclass(frozen=True, slots=True)
class PluginFinding:
    """One result; `headline` is for the first line, `detail` for the long output."""

    severity: Severity
    domain: str
    host: str | None
    headline: str
    detail: str
    is_fault: bool = False
    """Whether the host has a fault, also one that counts as OK during maintenance."""


@dataclass(frozen=True, slots=True)
class PluginResult:
    """All findings, worst first."""

    findings: tuple[PluginFinding, ...]

    @property
    def severity(self) -> Severity:
        return worst(finding.severity for finding in self.findings)


def judge(report: StatusReport, criteria: Criteria) -> PluginResult:
    """Evaluate all domains, or only the requested hosts."""
    found = [finding for domain in report["domains"] for finding in _domain(domain, criteria)]
    seen = {host["host"].casefold() for domain in report["domains"] for host in domain["hosts"]}
    if not report["domains"]:
        found.append(_nothing("no domain has been polled yet"))
    found += (_nothing(f"no host {name} in the report") for name in criteria.hosts if name.casefold() not in seen)
    return PluginResult(tuple(sorted(found, key=lambda finding: -rank(finding.severity))))


def is_wanted(host: HostReport, criteria: Criteria) -> bool:
    """Return whether a host was requested; without names, all are."""
    return not criteria.hosts or host["host"].casefold() in {name.casefold() for name in criteria.hosts}


def figures(host: HostReport) -> dict[str, float | None]:
    """Return a replica's figures; the lag in seconds of a replica that lacks no update is 0."""
    seconds = host["lag_seconds"]
    return {
        "lag": host["lag_sequences"],
        "lag_seconds": 0.0 if seconds is None and host["lag_sequences"] == 0 else seconds,
        "ahead": host["ahead_sequences"],
    }


def is_replica(host: HostReport) -> bool:
    """Return whether a host has figures: a replica, or a host of unknown role."""
    return host["role"] in {"replica", "unknown"}


def _nothing(text: str) -> PluginFinding:
    return PluginFinding(NOTHING_POLLED.severity, "", None, text, text)


def _domain(domain: DomainReport, criteria: Criteria) -> Iterator[PluginFinding]:
    maintenance = DomainMaintenance(domain, criteria.now, criteria.maintenance)
    yield from _staleness(domain, criteria)
    for note in domain.get("notes", ()):
        yield PluginFinding(Severity.OK, domain["domain"], None, note, note)
    if not criteria.hosts:
        yield from _domain_itself(domain)
        yield from _sites(domain, maintenance)
        yield from _strangers(domain["domain"], domain["unresolved"])
    for host in domain["hosts"]:
        if is_wanted(host, criteria):
            found = [_host(domain, host), *(_figures(domain, host, criteria) if is_replica(host) else ())]
            yield from (_under_maintenance(finding, host["host"], maintenance) for finding in found)


def _strangers(domain: str, names: Sequence[str]) -> Iterator[PluginFinding]:
    """Report the names that the master lists and the configuration does not; of many, how many there are."""
    texts = [f"{name} is listed by the master, but not configured" for name in names[:STRANGERS_NAMED]]
    if (rest := len(names) - STRANGERS_NAMED) > 0:
        texts.append(f"{rest} more are listed by the master, but not configured")
    for text in texts:
        yield PluginFinding(UNRESOLVED.severity, domain, None, text, f"{text}; add it to hosts, or set discover: true")


def _under_maintenance(finding: PluginFinding, host: str, maintenance: DomainMaintenance) -> PluginFinding:
    """Mention the host's window in a finding that is not OK, and soften it as the command line says."""
    if finding.severity is Severity.OK:
        return finding
    severity = maintenance.soften(finding.severity) if maintenance.covers(host) else finding.severity
    return replace(finding, severity=severity, detail=f"{finding.detail}{maintenance.note(host)}", is_fault=True)


def _staleness(domain: DomainReport, criteria: Criteria) -> Iterator[PluginFinding]:
    age = criteria.now - domain["last_round_timestamp_seconds"]
    if age > criteria.max_age_seconds:
        text = f"the last round is {in_words(age)} old"
        detail = f"{text}; check that the exporter's poll loop is running"
        yield PluginFinding(STALE.severity, domain["domain"], None, text, detail)
    elif age < -_CLOCK_TOLERANCE_SECONDS:
        text = f"the last round is {in_words(-age)} in the future"
        detail = f"{text}: the clock was set back, or the exporter's poll loop has stopped since"
        yield PluginFinding(STALE.severity, domain["domain"], None, text, detail)


def _domain_itself(domain: DomainReport) -> Iterator[PluginFinding]:
    none_answers = bool(domain["hosts"]) and all(host["state"] == "unreachable" for host in domain["hosts"])
    rule = NO_HOST_ANSWERS if none_answers else DOMAIN_RULES.get(domain["state"], UNKNOWN_STATE)
    if rule is DECIDED_BY_HOSTS:
        return
    state = domain["state"].replace("_", " ")
    headline = domain["reason"] if rule.severity is Severity.OK else f"{state}: {domain['reason']}"
    yield PluginFinding(rule.severity, domain["domain"], None, headline, headline)


def _sites(domain: DomainReport, maintenance: DomainMaintenance) -> Iterator[PluginFinding]:
    """Find the sites whose replicas are all proven unhealthy; maintenance of all of them softens the finding."""
    replicas: dict[str, list[HostReport]] = {}
    for host in domain["hosts"]:
        if host["site"] and is_replica(host):
            replicas.setdefault(host["site"], []).append(host)
    for site, hosts in sorted(replicas.items()):
        if all(map(_is_proven_unhealthy, hosts)):
            text, severity = f"site {site} has no healthy replica", SITE_WITHOUT_REPLICA.severity
            if all(maintenance.covers(host["host"]) for host in hosts):
                text, severity = f"{text}, all under maintenance", maintenance.soften(severity)
            yield PluginFinding(severity, domain["domain"], None, text, text)


def _is_proven_unhealthy(host: HostReport) -> bool:
    """Return whether it is proven: an unreachable host proves nothing unless the master lists it as DOWN."""
    is_proven = host["reported_status"] == "down" or host["state"] not in _NOT_PROVEN_UNHEALTHY
    return is_proven or has_evidence(host)


def has_evidence(host: HostReport) -> bool:
    """Return whether the host's copy was proven wrong and is not cleared."""
    return bool(host.get("evidence_timestamp_seconds"))


def _host(domain: DomainReport, host: HostReport) -> PluginFinding:
    """Evaluate a host by its state; what the master lists as DOWN is down, even if it is unreachable."""
    rule, state = HOST_RULES.get(host["state"], UNKNOWN_STATE), host["state"]
    if host["reported_status"] == "down" and rank(rule.severity) < rank(LISTED_AS_DOWN.severity):
        rule, state = LISTED_AS_DOWN, "down"
    if has_evidence(host) and rank(rule.severity) < rank(WITH_EVIDENCE.severity):
        rule = WITH_EVIDENCE
    shown = state if rule.severity is Severity.OK else state.upper()
    text = f"{host['host']} is {shown}"
    return PluginFinding(rule.severity, domain["domain"], host["host"], text, f"{text}: {host['reason']}")


def _figures(domain: DomainReport, host: HostReport, criteria: Criteria) -> Iterator[PluginFinding]:
    for name, value in figures(host).items():
        limits = criteria.of(name)
        if limits == FigureRanges():
            continue
        label = f"{host['host']} {name.replace('_', ' ')}"
        if value is None:
            text = f"{label} is unknown"
            hint = (
                "; a one-shot poll has no history: read from a running exporter with --url"
                if name == "lag_seconds"
                else ""
            )
            yield PluginFinding(NO_FIGURE.severity, domain["domain"], host["host"], text, text + hint)
        for severity, limit in _broken(limits, value):
            text = f"{label} is {value:g}"
            detail = f"{text}, expected {'outside' if limit.alerts_inside else 'within'} {limit.text.lstrip('@')}"
            yield PluginFinding(severity, domain["domain"], host["host"], text, detail)


def _broken(limits: FigureRanges, value: float | None) -> Iterable[tuple[Severity, Range]]:
    """Return the range that is violated; the critical one takes precedence."""
    if value is None:
        return
    if limits.critical and limits.critical.alerts(value):
        yield Severity.CRITICAL, limits.critical
    elif limits.warning and limits.warning.alerts(value):
        yield Severity.WARNING, limits.warning
