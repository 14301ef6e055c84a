"""A plan: steps with named hosts and written-out requests."""

from dataclasses import dataclass

from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind
from boks_exporter.model import DomainName, HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of one procedure for one target. Without steps, `obstacle` states the reason.

    `master` is the present one, or the one that a promotion replaces. The role of `excused` hosts was unknown when the
    plan was made: they may stay unreachable. `healthy` replicas were OK then, and have to be OK afterwards.
    `lock_hosts` are locked on the hosts.
    """

    procedure: Procedure
    domain: DomainName
    target: HostName
    master: HostName | None
    steps: tuple[ProcedureStep, ...]
    obstacle: str = ""
    excused: tuple[HostName, ...] = ()
    healthy: tuple[HostName, ...] = ()
    lock_hosts: tuple[HostName, ...] = ()
    afterwards: tuple[str, ...] = ()

    @property
    def changed_hosts(self) -> tuple[HostName, ...]:
        """The hosts that its steps change through the gate, each once."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.words))

    @property
    def concerned_hosts(self) -> tuple[HostName, ...]:
        """The hosts that its steps change, through the gate or at the console."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.changes))

    @property
    def fenced_hosts(self) -> tuple[HostName, ...]:
        return tuple(step.host for step in self.steps if step.kind is StepKind.FENCE)

    def step(self, number: int) -> ProcedureStep:
        return self.steps[number - 1]
