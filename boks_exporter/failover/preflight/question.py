"""What every guard is asked about."""

from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import HostName


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A plan, what it rests on, and what the guards measure by. `own_run` is a run that is resumed."""

    plan: Plan
    facts: FailoverFacts
    limits: FailoverLimits
    own_run: str | None = None

    @property
    def procedure(self) -> Procedure:
        """Tell the procedure."""
        return self.plan.procedure

    @property
    def target(self) -> HostName:
        """Tell the host that the command names."""
        return self.plan.target

    @property
    def makes_master(self) -> bool:
        """Tell whether the target becomes master."""
        return self.procedure in {Procedure.PROMOTE, Procedure.SWITCHOVER, Procedure.FAILBACK}


def refuse(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Make a finding that refuses."""
    return Finding(guard, Level.REFUSE, sentence, host, **figures)  # type: ignore[arg-type]  # figures as they are named


def unknown(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Make a finding that something is not known."""
    return Finding(guard, Level.UNKNOWN, sentence, host, **figures)  # type: ignore[arg-type]  # as above


def note(guard: Guard, sentence: str, host: HostName | None = None, **figures: str | float | None) -> Finding:
    """Make a finding that is only told."""
    return Finding(guard, Level.NOTE, sentence, host, **figures)  # type: ignore[arg-type]  # as above
