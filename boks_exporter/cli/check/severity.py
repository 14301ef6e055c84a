"""Severities of a check, and the output lines of results and failures; few imports, since usage errors need them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from boks_exporter.text.harmless import harmless


class Severity(IntEnum):
    """The results of a monitoring plugin; the value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class SeverityRule(NamedTuple):
    """A severity and the reason for it."""

    severity: Severity
    reason: str


HOST_RULES: Final[Mapping[str, SeverityRule]] = {
    "ok": SeverityRule(Severity.OK, "Listed as OK and compared without a finding."),
    "loading": SeverityRule(Severity.WARNING, "It will serve soon; until then one replica is missing."),
    "lagging": SeverityRule(Severity.WARNING, "It decides logins by old data. --critical-lag sets what is critical."),
    "ahead": SeverityRule(Severity.CRITICAL, "It decides logins by data that the master never had."),
    "diverged": SeverityRule(Severity.CRITICAL, "It is no longer a copy of the master's database and must be rebuilt."),
    "down": SeverityRule(Severity.CRITICAL, "The master cannot update it, and it does not serve its clients."),
    "unreachable": SeverityRule(Severity.WARNING, "It cannot be polled. The master's list may show whether it serves."),
    "unlisted": SeverityRule(Severity.WARNING, "It receives no updates, although it does not lag yet."),
    "unknown": SeverityRule(Severity.UNKNOWN, "Too little is known to call it ok, and no fault is known."),
}

LISTED_AS_DOWN: Final = SeverityRule(
    Severity.CRITICAL, "The master lists it as DOWN; whether it can be polled does not matter."
)

WITH_EVIDENCE: Final = SeverityRule(
    Severity.WARNING, "Its copy was proven wrong and has not been reloaded; equal numbers do not prove equal data."
)

NO_HOST_ANSWERS: Final = SeverityRule(
    Severity.CRITICAL, "No host of the domain answers, the master included; the alert BoksNoMaster fires as well."
)

DECIDED_BY_HOSTS: Final = SeverityRule(Severity.OK, "The hosts that cause it are evaluated themselves.")

DOMAIN_RULES: Final[Mapping[str, SeverityRule]] = {
    "ok": SeverityRule(Severity.OK, "One master, and every replica is ok."),
    "degraded": DECIDED_BY_HOSTS,
    "unknown": SeverityRule(Severity.UNKNOWN, "Too little is known of some hosts."),
    "no_master": SeverityRule(
        Severity.CRITICAL, "Nothing can be changed: no administration, no passwords, no replication."
    ),
    "role_changing": SeverityRule(
        Severity.UNKNOWN, "Two hosts reported to be master, one after the other; the next answer decides."
    ),
    "several_masters": SeverityRule(Severity.CRITICAL, "Two databases accept changes independently and diverge."),
}

SITE_WITHOUT_REPLICA: Final = SeverityRule(
    Severity.CRITICAL, "Every replica there is proven unhealthy: logins depend on other sites and the network."
)
UNRESOLVED: Final = SeverityRule(Severity.WARNING, "The master lists it, but it is not configured: it is not polled.")
NO_FIGURE: Final = SeverityRule(Severity.UNKNOWN, "A range was given for an unknown figure.")
STALE: Final = SeverityRule(
    Severity.UNKNOWN, "The report is older than --max-age: the exporter's poll loop has stopped."
)
UNKNOWN_STATE: Final = SeverityRule(Severity.UNKNOWN, "A state of a newer exporter that this version does not know.")
NOTHING_POLLED: Final = SeverityRule(Severity.UNKNOWN, "The report has no domain, or not the requested host.")

_RISING: Final = (Severity.OK, Severity.UNKNOWN, Severity.WARNING, Severity.CRITICAL)
"""A proven fault outweighs an unknown state, as in the guidelines of monitoring plugins."""


def rank(severity: Severity) -> int:
    """Return the rank of a severity, higher is worse."""
    return _RISING.index(severity)


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the worst severity, OK for none."""
    return max(severities, key=rank, default=Severity.OK)


def plugin_text(text: str) -> str:
    """Sanitize a text for a monitoring system: a pipe would start the performance data."""
    return harmless(text).replace("|", "/")


def judgement(severity: Severity, summary: str, findings: Sequence[dict[str, str | None]] = ()) -> dict[str, Any]:
    """Build the JSON of a result."""
    return {"state": severity.name, "exit_code": int(severity), "summary": summary, "findings": list(findings)}


def unknown(text: str, *, wants_json: bool) -> str:
    """Format a failure as the plugin's output."""
    line = plugin_text(text)
    if wants_json:
        return json.dumps({"check": judgement(Severity.UNKNOWN, line), "domains": []})
    return f"BOKS UNKNOWN - {line}"
