"""A plan and its steps; every host is named, every request is written out."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim
from boks_exporter.failover.procedures.step_template import StepKind
from boks_exporter.model import DomainName, HostName, Seconds
from boks_exporter.remote.operator_requests import OperatorChange, RunName, StepId

UNNAMED: Final = "RUN"
"""What stands for a run's name while it has none."""

REMOVAL: Final = "{id}"
"""What stands in an undo for the id under which the step was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One step. `words` are told to the operator's gate of `host`; a step that only waits has none."""

    number: int
    key: str
    purpose: str
    host: HostName
    kind: StepKind
    words: tuple[str, ...]
    needs: tuple[Claim, ...]
    prefers: tuple[Claim, ...] = ()
    proves: tuple[Claim, ...]
    undo: tuple[str, ...] | None
    undo_needs: tuple[Claim, ...]
    no_undo: str
    point_of_no_return: bool
    trusts_exit: bool
    gives_up: bool
    last_line: str | None
    deadline_seconds: Seconds

    def id(self, run: RunName, attempt: int = 1) -> StepId:
        """Name the step on the host; a step that is tried again gets a name of its own."""
        return f"{run}.{self.number}" if attempt == 1 else f"{run}.{self.number}-{attempt}"

    def request(self, step_id: StepId) -> OperatorChange | None:
        """Make the request that changes the host; None where nothing is changed."""
        return OperatorChange.do(step_id, self.words) if self.words else None

    def undo_words(self, done_as: StepId) -> tuple[str, ...]:
        """Tell what undoes the step."""
        return tuple(done_as if word == REMOVAL else word for word in self.undo or ())

    @property
    def changes(self) -> bool:
        """Tell whether it may change a host."""
        return self.kind is not StepKind.WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is going to be done. Without steps, `obstacle` says why none can be named.

    `master` is the present one, or the one that a promotion replaces. `excused` are hosts that did not say what they
    are when the plan was made: that they stay silent is no failure of it. `sound` are the replicas that were OK then:
    it has to leave them so. `lock_hosts` are locked on the hosts.
    """

    procedure: Procedure
    domain: DomainName
    target: HostName
    master: HostName | None
    steps: tuple[PlanStep, ...]
    obstacle: str = ""
    excused: tuple[HostName, ...] = ()
    sound: tuple[HostName, ...] = ()
    lock_hosts: tuple[HostName, ...] = ()
    afterwards: tuple[str, ...] = ()

    @property
    def changed_hosts(self) -> tuple[HostName, ...]:
        """Name the hosts that its steps change through the gate, each once."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.words))

    @property
    def concerned_hosts(self) -> tuple[HostName, ...]:
        """Name the hosts that it works on, by whatever way."""
        return tuple(dict.fromkeys(step.host for step in self.steps if step.changes))

    def step(self, number: int) -> PlanStep:
        """Find a step by its number."""
        return self.steps[number - 1]
