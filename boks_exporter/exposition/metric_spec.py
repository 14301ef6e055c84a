"""The description of a metric, and the labels, units and reasons for absence that several share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kind of a metric. An info and a stateset are exposed as gauges of 1 and of 0 or 1."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"
    STATESET = "stateset"


class SourceCertainty(StrEnum):
    """How certain the meaning of a figure of BoKS is."""

    READ = "read there"
    INFERRED = "inferred from samples"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure of BoKS is described, and how well."""

    name: str
    certainty: SourceCertainty

    def __str__(self) -> str:
        """Write it as text: `K1456 (inferred from samples)`."""
        return f"{self.name} ({self.certainty})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric. `choices` is the closed set of the last label's values; `absent` says when there is no sample."""

    name: str
    kind: Kind = Kind.GAUGE
    unit: str
    labels: tuple[str, ...]
    meaning: str
    absent: str = ""
    source: Source | None = None
    choices: type[StrEnum] | None = None

    @property
    def help(self) -> str:
        """Write one line: meaning, unit, closed set, when absent, source."""
        parts = [self.meaning, f"Unit: {self.unit}."]
        if self.choices:
            parts.append(f"Values of {self.labels[-1]}: {', '.join(self.choices)}.")
        if self.absent:
            parts.append(f"Absent {self.absent}.")
        if self.source:
            parts.append(f"Source: {self.source}.")
        return " ".join(parts)


DOMAIN: Final = ("boks_domain",)
HOST: Final = ("boks_domain", "host")
TABLE: Final = ("boks_domain", "host", "table")

UNIX: Final = "Unix seconds"
NO_ANSWER: Final = "while the host does not answer"
NOT_LISTED: Final = "while the one master's list does not show the host"
