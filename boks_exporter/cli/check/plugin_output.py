"""Output of the plugin: one short line, details, and performance data."""

import json
from collections.abc import Iterator
from typing import Final

from boks_exporter.cli.check.evaluate import (
    FIGURES,
    Criteria,
    PluginFinding,
    PluginResult,
    figures,
    is_replica,
    is_wanted,
)
from boks_exporter.cli.check.plugin_lines import judgement, plugin_text
from boks_exporter.cli.check.severity import Severity
from boks_exporter.report import DomainReport, StatusReport

_NAMED_AT_MOST: Final = 3
_HEADLINE_AT_MOST: Final = 250
_UNITS: Final = {"lag_seconds": "s"}


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
    return line if len(line) <= _HEADLINE_AT_MOST else f"{line[: _HEADLINE_AT_MOST - 3]}..."


def as_text(report: StatusReport, result: PluginResult, criteria: Criteria) -> str:
    """Format the plugin's output: totals after the first line, the hosts' figures after the last."""
    lines = [f"BOKS {result.severity.name} - {summary(report, result)}", *details(result)]
    data = ["" if criteria.hosts else " ".join(_totals(report)), " ".join(_host_data(report, criteria))]
    if len(lines) == 1:
        data = [" ".join(part for part in data if part), ""]
    lines[0] += f" | {data[0]}" if data[0] else ""
    lines[-1] += f" | {data[1]}" if data[1] else ""
    return "\n".join(lines)


def details(result: PluginResult) -> Iterator[str]:
    """Format a line per finding, worst first; hosts that are ok share one."""
    fine: dict[str, list[str]] = {}
    for finding in result.findings:
        if finding.severity is Severity.OK and finding.host is not None:
            fine.setdefault(finding.domain, []).append(finding.host)
        else:
            yield _line(finding)
    for domain, hosts in fine.items():
        yield plugin_text(f"[OK] {domain}: {', '.join(hosts)}")


def _line(finding: PluginFinding) -> str:
    where = f"{finding.domain}: " if finding.domain else ""
    return plugin_text(f"[{finding.severity.name}] {where}{finding.detail}")


def _totals(report: StatusReport) -> Iterator[str]:
    for domain in report["domains"]:
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


def _host_data(report: StatusReport, criteria: Criteria) -> Iterator[str]:
    for domain in report["domains"]:
        for host in domain["hosts"]:
            if not is_replica(host) or not is_wanted(host, criteria):
                continue
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
