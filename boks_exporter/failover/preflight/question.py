"""The plan that guards judge, and constructors of their findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs.proven import Certainty, Circumstances, Proven
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
        return self.procedure.makes_master

    @property
    def by(self) -> Circumstances:
        """What a step that moves a copy aside is asked with; unread tables have a guard of their own."""
        rebuilt = self.target if self.procedure is Procedure.REBUILD else None
        return Circumstances(rebuilt=rebuilt, accepted=Acceptances((Acceptance(Guard.UNREAD_TABLES, ""),)))


def judged(
    guard: Guard, found: Proven, host: HostName | None = None, **figures: str | float | None
) -> Iterator[Finding]:
    """Yield the finding that a condition does not hold: it is the one that a step asks again."""
    if not found.holds:
        level = Level.REFUSE if found.truth is Certainty.NO else Level.UNKNOWN
        yield _finding(level, guard, found.sentence, host, **figures)


def _finding(
    level: Level, guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None
) -> Finding:
    return Finding(guard, level, sentence, host, **figures)  # type: ignore[arg-type]  # figures as they are named


refuse: Final = partial(_finding, Level.REFUSE)
unknown: Final = partial(_finding, Level.UNKNOWN)
note: Final = partial(_finding, Level.NOTE)
