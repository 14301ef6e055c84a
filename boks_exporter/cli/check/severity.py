"""What each state of a report means to a monitoring system; the one place that decides it."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final, NamedTuple


class Severity(IntEnum):
    """The four results of a monitoring plugin; the number is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Rule(NamedTuple):
    """A severity, and why it is that one."""

    severity: Severity
    reason: str


HOST_RULES: Final[Mapping[str, Rule]] = {
    "ok": Rule(Severity.OK, "Listed as OK and compared without a finding."),
    "loading": Rule(Severity.WARNING, "It will serve soon, but until then there is one replica less."),
    "lagging": Rule(Severity.WARNING, "It decides logins by old data. How much is critical, --critical-lag says."),
    "ahead": Rule(Severity.CRITICAL, "It decides logins by data that the master never had."),
    "diverged": Rule(Severity.CRITICAL, "It is no copy of the master's database any more and must be rebuilt."),
    "down": Rule(Severity.CRITICAL, "The master cannot update it, and clients that ask it are not served."),
    "unreachable": Rule(Severity.WARNING, "We cannot look at it. Whether it serves, the master's list may say."),
    "unlisted": Rule(Severity.WARNING, "It gets no updates, though it lacks none yet that counts."),
    "unknown": Rule(Severity.UNKNOWN, "Too little is known to call it sound, and nothing is known to be wrong."),
}

LISTED_AS_DOWN: Final = Rule(
    Severity.CRITICAL, "The master lists it as DOWN; whether we can look at it ourselves changes nothing."
)

NOBODY_ANSWERS: Final = Rule(
    Severity.CRITICAL, "No host of the domain answers, its master included: the alert BoksNoMaster pages as well."
)

SAYS_NOTHING: Final = Rule(Severity.OK, "The hosts that make the domain so count themselves.")

DOMAIN_RULES: Final[Mapping[str, Rule]] = {
    "ok": Rule(Severity.OK, "One master, and every replica is ok."),
    "degraded": SAYS_NOTHING,
    "unknown": Rule(Severity.UNKNOWN, "Too little is known of some of its hosts."),
    "no_master": Rule(Severity.CRITICAL, "Nothing can be changed: no administration, no password, no replication."),
    "several_masters": Rule(Severity.CRITICAL, "Two databases take changes of their own and drift apart."),
}

SITE_WITHOUT_REPLICA: Final = Rule(
    Severity.CRITICAL, "Every replica there is proven unsound: its logins depend on other sites and the lines to them."
)
UNRESOLVED: Final = Rule(Severity.WARNING, "The master lists it, the exporter does not know it: nobody watches it.")
NO_FIGURE: Final = Rule(Severity.UNKNOWN, "A range was given for a figure that is not known.")
STALE: Final = Rule(Severity.UNKNOWN, "The report is older than --max-age: the exporter stands still.")
UNHEARD_OF: Final = Rule(Severity.UNKNOWN, "A state that this version does not know, of a newer exporter.")
NOTHING_SEEN: Final = Rule(Severity.UNKNOWN, "The report has no domain, or not the host that was asked for.")

_RISING: Final = (Severity.OK, Severity.UNKNOWN, Severity.WARNING, Severity.CRITICAL)
"""What is proven wrong outweighs what is not known, as in the monitoring plugins' own rules."""


def rank(severity: Severity) -> int:
    """Tell how much a severity weighs against the others."""
    return _RISING.index(severity)


def worst(severities: Iterable[Severity]) -> Severity:
    """Pick the one that counts; of nothing, OK."""
    return max(severities, key=rank, default=Severity.OK)
