"""Output of the plugin: one short line, details, and performance data."""

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from boks_exporter.cli.check.evaluate import (
    FIGURES,
    Criteria,
    Perfdata,
    PluginFinding,
    PluginResult,
    figures,
    is_replica,
    is_wanted,
)
from boks_exporter.cli.check.severity import Severity, judgement, plugin_text
from boks_exporter.report import DomainReport, HostReport, StatusReport, unread_sentences

_NAMED_AT_MOST: Final = 3
_HOSTS_NAMED_AT_MOST: Final = 10
_HEADLINE_AT_MOST: Final = 250
_LINE_AT_MOST: Final = 400
_UNITS: Final = {"lag_seconds": "s"}

OUTPUT_LIMIT: Final = 4096
"""Bytes of the output; Nagios cuts at 8 kB and Icinga's agents at 4 kB, performance data first."""

_HEADLINE_BYTES, _DETAIL_BYTES, _TOTAL_BYTES = 500, 2200, 1000


def summary(report: StatusReport, result: PluginResult) -> str:
    """Summarise the result in one line; with several domains, each is named."""
    counting = [finding for finding in result.findings if finding.severity is result.severity]
    if result.severity is Severity.OK:
        counting = [finding for finding in counting if finding.host is None] or counting
    is_named = len(report["domains"]) > 1
    texts = [
        f"{finding.domain}: {finding.headline}" if is_named and finding.domain else finding.headline
        for finding in counting
    ]
    if len(counting) == 1 and counting[0].detail.startswith(counting[0].headline):
        texts = [texts[0] + counting[0].detail.removeprefix(counting[0].headline)]
    rest = len(texts) - _NAMED_AT_MOST
    line = plugin_text("; ".join(texts[:_NAMED_AT_MOST]) + (f"; and {rest} more" if rest > 0 else ""))
    return _shortened(line, _HEADLINE_AT_MOST, _HEADLINE_BYTES)


def _shortened(line: str, length: int, size: int) -> str:
    """Cut a line to a number of characters and of bytes."""
    if len(line) <= length and len(line.encode()) <= size:
        return line
    return f"{line[: length - 3].encode()[: size - 3].decode(errors='ignore')}..."


def as_text(report: StatusReport, result: PluginResult, criteria: Criteria, everything: str) -> str:
    """Format the plugin's output: totals after the first line, the hosts' figures after the last.

    `everything` is the command that shows what has no room. It stays below the limit: the worst findings and the
    figures of hosts with a fault come first. With all performance data requested, they alone may exceed it.
    """
    is_all = criteria.perfdata is Perfdata.ALL
    more = [*details(result), *_unread_lines(report, criteria)]
    lines = [f"BOKS {result.severity.name} - {summary(report, result)}", *_fitting_lines(more, everything)]
    totals = [] if criteria.hosts else list(_totals(report, result))
    totals = totals if is_all else _fitting(totals, _TOTAL_BYTES)
    hosts = [" ".join(_host_data(domain, host, criteria)) for domain, host in _shown_hosts(report, result, criteria)]
    left = OUTPUT_LIMIT - len(" ".join(("\n".join(lines), *totals)).encode()) - len(" |  | \n")
    hosts = hosts if is_all else _fitting(hosts, left)
    data = [" ".join(totals), " ".join(hosts)]
    if len(lines) == 1:
        data = [" ".join(part for part in data if part), ""]
    lines[0] += f" | {data[0]}" if data[0] else ""
    lines[-1] += f" | {data[1]}" if data[1] else ""
    return "\n".join(lines)


def _fitting(parts: list[str], size: int) -> list[str]:
    """Return the first parts that fit into a number of bytes, separators included."""
    ends = accumulate(len(part.encode()) + 1 for part in parts)
    return [part for part, end in zip(parts, ends, strict=True) if end <= size]


def _fitting_lines(lines: list[str], everything: str) -> list[str]:
    shown = _fitting(lines, _DETAIL_BYTES - len(everything.encode()))
    rest = len(lines) - len(shown)
    return [*shown, plugin_text(f"... and {rest} more lines: {everything}")] if rest else shown


def _shown_hosts(
    report: StatusReport, result: PluginResult, criteria: Criteria
) -> Iterator[tuple[DomainReport, HostReport]]:
    """List the hosts whose figures are printed: those with a fault, worst first; all if they were requested."""
    faults = [(found.domain, found.host) for found in result.findings if found.is_fault]
    order = {key: index for index, key in reversed(list(enumerate(faults)))}
    is_all = criteria.perfdata is Perfdata.ALL or bool(criteria.hosts)
    replicas = [
        (order.get((domain["domain"], host["host"]), len(faults)), domain, host)
        for domain in report["domains"]
        for host in domain["hosts"]
        if is_replica(host) and is_wanted(host, criteria)
    ]
    yield from (
        (domain, host)
        for place, domain, host in sorted(replicas, key=lambda item: item[0])
        if is_all or place < len(faults)
    )


def details(result: PluginResult) -> Iterator[str]:
    """Format a line per finding, worst first; hosts that are ok share one."""
    fine: dict[str, list[str]] = {}
    for finding in result.findings:
        if finding.severity is Severity.OK and finding.host is not None and not finding.is_fault:
            fine.setdefault(finding.domain, []).append(finding.host)
        else:
            yield _line(finding)
    for domain, hosts in fine.items():
        rest = len(hosts) - _HOSTS_NAMED_AT_MOST
        names = ", ".join(hosts[:_HOSTS_NAMED_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")
        yield _shortened(plugin_text(f"[OK] {domain}: {names}"), _LINE_AT_MOST, _LINE_AT_MOST)


def _unread_lines(report: StatusReport, criteria: Criteria) -> Iterator[str]:
    """Format each form of line that could not be read; where one hides something, a host's finding says so."""
    for domain in report["domains"]:
        for sentence in unread_sentences(domain, criteria.hosts):
            yield _shortened(plugin_text(f"[OK] {domain['domain']}: {sentence}"), _LINE_AT_MOST, _LINE_AT_MOST)


def _line(finding: PluginFinding) -> str:
    where = f"{finding.domain}: " if finding.domain else ""
    return _shortened(plugin_text(f"[{finding.severity.name}] {where}{finding.detail}"), _LINE_AT_MOST, _LINE_AT_MOST)


def _totals(report: StatusReport, result: PluginResult) -> Iterator[str]:
    """Format the totals of each domain, the one with the worst finding first."""
    order = {found.domain: index for index, found in reversed(list(enumerate(result.findings)))}
    for domain in sorted(report["domains"], key=lambda domain: order.get(domain["domain"], 0)):
        states = [
            host["state"] for host in domain["hosts"] if host["role"] == "replica" or _is_missing(domain, host["host"])
        ]
        name = domain["domain"]
        yield _datum(f"{name}/masters", len(domain["masters"]))
        yield _datum(f"{name}/replicas", len(states))
        yield _datum(f"{name}/replicas_ok", states.count("ok"), most=len(states))


def _is_missing(domain: DomainReport, name: str) -> bool:
    """Return whether a host of unknown role is a replica: the master lists it."""
    return any(
        host["host"] == name and host["role"] == "unknown" and host["reported_status"] for host in domain["hosts"]
    )


def _host_data(domain: DomainReport, host: HostReport, criteria: Criteria) -> Iterator[str]:
    known = figures(host)
    for figure in FIGURES:
        limits = criteria.of(figure)
        yield _datum(
            f"{domain['domain']}/{host['host']}/{figure}",
            known[figure],
            _UNITS.get(figure, ""),
            limits.warning.text if limits.warning else "",
            limits.critical.text if limits.critical else "",
        )


def _datum(
    label: str, value: float | None, unit: str = "", warning: str = "", critical: str = "", most: int | None = None
) -> str:
    """Format `'label'=value;warn;crit;min;max`; U is the plugins' notation for an unknown value."""
    name = plugin_text(label).replace("=", "_").replace("'", "''")
    number = "U" if value is None else f"{_plain(value)}{unit}"
    return f"'{name}'={number};{warning};{critical};0;{'' if most is None else most}"


def _plain(value: float) -> str:
    """Format a number without an exponent, which some readers of performance data do not support."""
    return str(value) if isinstance(value, int) else f"{value:.3f}".rstrip("0").rstrip(".")


def as_json(report: StatusReport, result: PluginResult) -> str:
    """Format the report and the plugin's result as JSON."""
    found = [
        {"state": found.severity.name, "domain": found.domain or None, "host": found.host, "text": found.detail}
        for found in result.findings
    ]
    return json.dumps({"check": judgement(result.severity, summary(report, result), found), **report})
