"""What speaks against a run: one finding of a guard."""

from dataclasses import dataclass
from enum import StrEnum

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
