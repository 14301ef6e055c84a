"""The plan that guards judge, and constructors of their findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs.proven import Certainty, Proven
from boks_exporter.model import HostName


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A plan, its facts, and the limits of the guards. `own_run` is a run that is resumed."""

    plan: Plan
    facts: FailoverFacts
    limits: FailoverLimits
    own_run: str | None = None

    @property
    def procedure(self) -> Procedure:
        return self.plan.procedure

    @property
    def target(self) -> HostName:
        """The host that the command names."""
        return self.plan.target

    @property
    def makes_master(self) -> bool:
        """Whether the target becomes master."""
        return self.procedure.makes_master


def judged(
    guard: Guard, found: Proven, host: HostName | None = None, **figures: str | float | None
) -> Iterator[Finding]:
    """Yield the finding that a condition does not hold: it is the one that a step asks again."""
    if not found.holds:
        level = Level.REFUSE if found.truth is Certainty.NO else Level.UNKNOWN
        yield Finding(guard, level, found.sentence, host, **figures)  # type: ignore[arg-type]  # figures as they are named


def refuse(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Return a finding that refuses."""
    return Finding(guard, Level.REFUSE, sentence, host, **figures)  # type: ignore[arg-type]  # figures as they are named


def unknown(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Return a finding that a fact is unknown."""
    return Finding(guard, Level.UNKNOWN, sentence, host, **figures)  # type: ignore[arg-type]  # as above


def note(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Return a finding that is only shown."""
    return Finding(guard, Level.NOTE, sentence, host, **figures)  # type: ignore[arg-type]  # as above
