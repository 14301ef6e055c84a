"""Findings of guards, and their acceptance by an operator: by name, each for the host and the value that were shown."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from boks_exporter.failover.findings.guard_rules import RULES
from boks_exporter.failover.findings.guards import Guard
from boks_exporter.model import HostName, Seconds


class Level(StrEnum):
    """The effect of a finding: it refuses, a fact is unknown, or it is only shown."""

    REFUSE = "refuse"
    UNKNOWN = "unknown"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: figures as they are, unrounded, with their source and age."""

    guard: Guard
    level: Level
    sentence: str
    host: HostName | None = None
    value: str | None = None
    limit: str | None = None
    source: str | None = None
    age_seconds: Seconds | None = None

    @property
    def acceptable(self) -> bool:
        """Whether it can be accepted, by its name and with a reason."""
        return RULES[self.guard].acceptable

    @property
    def matters(self) -> bool:
        """Whether it blocks the run until it is accepted."""
        return self.level is not Level.NOTE


NAMES_HOST: Final = frozenset({Guard.OLD_MASTER_UNPROVEN, Guard.HOSTS_NOT_ASKED, Guard.SUCCESSOR_UNKNOWN})
"""Guards that are accepted for one host at a time: its name has to be typed."""

_COUNTED: Final = frozenset({Guard.UPDATES_ONLY_HERE, Guard.BEHIND_BEST, Guard.BEHIND_LAST_MASTER, Guard.ERROR_LOG})
"""Findings about updates that can be lost, and about lines that a person has to judge."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that was accepted; without a host that of any host, without a value whatever its value."""

    guard: Guard
    reason: str
    host: HostName | None = None
    value: str | None = None

    def covers(self, guard: Guard, host: HostName | None, amount: int | None) -> bool:
        """Return whether it accepts a finding; more than the accepted value is not accepted."""
        if self.guard is not guard or ((self.host or guard in NAMES_HOST) and self.host != host):
            return False
        limit = as_amount(self.value)
        return limit is None or amount is None or amount <= limit

    def __str__(self) -> str:
        """Write it as an argument of `--accept`."""
        return f"{self.guard}={self.host}" if self.host else str(self.guard)


@dataclass(frozen=True, slots=True)
class Acceptances:
    """All acceptances of a run."""

    entries: tuple[Acceptance, ...] = ()

    def cover(self, guard: Guard, host: HostName | None = None, amount: int | None = None) -> bool:
        """Return whether a fact is accepted."""
        return any(entry.covers(guard, host, amount) for entry in self.entries)

    def __contains__(self, finding: Finding) -> bool:
        """Return whether a finding is accepted."""
        return self.cover(finding.guard, finding.host, as_amount(finding.value))

    @property
    def guards(self) -> frozenset[Guard]:
        return frozenset(entry.guard for entry in self.entries)

    def bound(self, findings: Iterable[Finding]) -> "Acceptances":
        """Bind each acceptance to the hosts and values of the findings that it accepts, if there are any.

        What is counted is accepted as far as it was shown: not at all where the amount was unknown.
        """
        several, entries = tuple(findings), []
        for entry in self.entries:
            accepted = [each for each in several if each.matters and entry.covers(each.guard, each.host, None)]
            bound = [replace(entry, host=each.host, value=each.value) for each in accepted] or [entry]
            is_counted = entry.guard in _COUNTED
            entries += [replace(each, value=each.value or "0") if is_counted else each for each in bound]
        return Acceptances(tuple(dict.fromkeys(entries)))


def as_amount(value: str | None) -> int | None:
    """Return the value of a finding as a number, where it is one."""
    return int(value) if value is not None and value.isdecimal() else None
