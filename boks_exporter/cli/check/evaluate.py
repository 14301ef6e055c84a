"""Judge a report by the rules of severity.py and the ranges of the command line; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.cli.check.ranges import Range
from boks_exporter.cli.check.severity import (
    DOMAIN_RULES,
    HOST_RULES,
    LISTED_AS_DOWN,
    NO_FIGURE,
    NOBODY_ANSWERS,
    NOTHING_SEEN,
    SAYS_NOTHING,
    SITE_WITHOUT_REPLICA,
    STALE,
    UNHEARD_OF,
    UNRESOLVED,
    Severity,
    rank,
    worst,
)
from boks_exporter.exposition import DomainReport, HostReport, StatusReport
from boks_exporter.health.formatting import in_words

FIGURES: Final = ("lag", "lag_seconds", "ahead")
_NOT_PROVEN_UNSOUND: Final = frozenset({"ok", "unknown", "unreachable"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The ranges of one figure; None where none was given."""

    warning: Range | None = None
    critical: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What the command line asks for, beyond the verdicts."""

    limits: Mapping[str, Limits] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    max_age_seconds: float = 300.0
    now: float

    def of(self, figure: str) -> Limits:
        """Look up the ranges of a figure."""
        return self.limits.get(figure, Limits())


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `headline` stands in the first line, `detail` in the long output."""

    severity: Severity
    domain: str
    host: str | None
    headline: str
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was found, the worst first."""

    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """Tell what counts."""
        return worst(finding.severity for finding in self.findings)


def judge(report: StatusReport, criteria: Criteria) -> Result:
    """Judge all domains, or of them only the hosts that were asked for."""
    found = [finding for domain in report["domains"] for finding in _domain(domain, criteria)]
    seen = {host["host"].casefold() for domain in report["domains"] for host in domain["hosts"]}
    if not report["domains"]:
        found.append(_nothing("no domain has been looked at yet"))
    found += (_nothing(f"no host {name} in the report") for name in criteria.hosts if name.casefold() not in seen)
    return Result(tuple(sorted(found, key=lambda finding: -rank(finding.severity))))


def is_wanted(host: HostReport, criteria: Criteria) -> bool:
    """Tell whether a host was asked for; without names all are."""
    return not criteria.hosts or host["host"].casefold() in {name.casefold() for name in criteria.hosts}


def figures(host: HostReport) -> dict[str, float | None]:
    """Tell a replica's figures; where it lacks no update, the oldest that it lacks has no age."""
    seconds = host["lag_seconds"]
    return {
        "lag": host["lag_sequences"],
        "lag_seconds": 0.0 if seconds is None and host["lag_sequences"] == 0 else seconds,
        "ahead": host["ahead_sequences"],
    }


def is_replica(host: HostReport) -> bool:
    """Tell whether a host has figures: a replica, or what may be one and does not answer."""
    return host["role"] in {"replica", "unknown"}


def _nothing(text: str) -> Finding:
    return Finding(NOTHING_SEEN.severity, "", None, text, text)


def _domain(domain: DomainReport, criteria: Criteria) -> Iterator[Finding]:
    yield from _staleness(domain, criteria)
    if not criteria.hosts:
        yield from _domain_itself(domain)
        yield from _sites(domain)
        for name in domain["unresolved"]:
            text = f"{name} is listed by the master, but not known here"
            yield Finding(
                UNRESOLVED.severity, domain["domain"], None, text, f"{text}; add it to hosts, or set discover"
            )
    for host in domain["hosts"]:
        if is_wanted(host, criteria):
            yield _host(domain, host)
            if is_replica(host):
                yield from _figures(domain, host, criteria)


def _staleness(domain: DomainReport, criteria: Criteria) -> Iterator[Finding]:
    age = criteria.now - domain["last_round_timestamp_seconds"]
    if age > criteria.max_age_seconds:
        text = f"the last look is {in_words(age)} old"
        yield Finding(STALE.severity, domain["domain"], None, text, f"{text}; does the exporter's poll loop still run?")


def _domain_itself(domain: DomainReport) -> Iterator[Finding]:
    nobody = bool(domain["hosts"]) and all(host["state"] == "unreachable" for host in domain["hosts"])
    rule = NOBODY_ANSWERS if nobody else DOMAIN_RULES.get(domain["state"], UNHEARD_OF)
    if rule is SAYS_NOTHING:
        return
    state = domain["state"].replace("_", " ")
    headline = domain["reason"] if rule.severity is Severity.OK else f"{state}: {domain['reason']}"
    yield Finding(rule.severity, domain["domain"], None, headline, headline)


def _sites(domain: DomainReport) -> Iterator[Finding]:
    """Find the sites whose replicas are all proven unsound."""
    unsound: dict[str, bool] = {}
    for host in domain["hosts"]:
        if host["site"] and is_replica(host):
            unsound[host["site"]] = unsound.get(host["site"], True) and _is_proven_unsound(host)
    for site in sorted(site for site, proven in unsound.items() if proven):
        text = f"site {site} has no sound replica"
        yield Finding(SITE_WITHOUT_REPLICA.severity, domain["domain"], None, text, text)


def _is_proven_unsound(host: HostReport) -> bool:
    """Tell what is certain: that we cannot look at a host proves nothing where the master does not list it as DOWN."""
    return host["reported_status"] == "down" or host["state"] not in _NOT_PROVEN_UNSOUND


def _host(domain: DomainReport, host: HostReport) -> Finding:
    """Judge a host by its state; what the master lists as DOWN is down, even if we could not look at it ourselves."""
    rule, state = HOST_RULES.get(host["state"], UNHEARD_OF), host["state"]
    if host["reported_status"] == "down" and rank(rule.severity) < rank(LISTED_AS_DOWN.severity):
        rule, state = LISTED_AS_DOWN, "down"
    shown = state if rule.severity is Severity.OK else state.upper()
    text = f"{host['host']} is {shown}"
    return Finding(rule.severity, domain["domain"], host["host"], text, f"{text}: {host['reason']}")


def _figures(domain: DomainReport, host: HostReport, criteria: Criteria) -> Iterator[Finding]:
    for name, value in figures(host).items():
        limits = criteria.of(name)
        if limits == Limits():
            continue
        label = f"{host['host']} {name.replace('_', ' ')}"
        if value is None:
            text = f"{label} is not known"
            hint = "; a single look has no history: ask a running exporter with --url" if name == "lag_seconds" else ""
            yield Finding(NO_FIGURE.severity, domain["domain"], host["host"], text, text + hint)
        for severity, limit in _broken(limits, value):
            text = f"{label} is {value:g}"
            detail = f"{text}, expected {'outside' if limit.alerts_inside else 'within'} {limit.text.lstrip('@')}"
            yield Finding(severity, domain["domain"], host["host"], text, detail)


def _broken(limits: Limits, value: float | None) -> Iterable[tuple[Severity, Range]]:
    """Tell which range counts: the critical one says it all."""
    if value is None:
        return
    if limits.critical and limits.critical.alerts(value):
        yield Severity.CRITICAL, limits.critical
    elif limits.warning and limits.warning.alerts(value):
        yield Severity.WARNING, limits.warning
