"""Records of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Finding
from boks_exporter.failover.plan import Basis, Plan
from boks_exporter.model import DomainName, HostName, Timestamp


class StepPhase(StrEnum):
    """Whether a step is done or undone; older programs started BoKS in a conversion that ended before it did so."""

    DO = "do"
    UNDO = "undo"
    START = "start"


class StepOutcome(StrEnum):
    """The outcome of an attempt; without one its effect is unknown."""

    DONE = "done"
    FAILED = "failed"
    NOT_CONVERGED = "not_converged"
    UNKNOWN = "unknown"


class ActionKind(StrEnum):
    """What an operator did outside of runs."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    RESTORE_ASIDE = "restore-aside"
    REMOVE_ASIDE = "remove-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAction:
    """One such action; `subject` is the removal, `until` the end of a freeze; without `became` its end is unknown."""

    domain: DomainName
    kind: ActionKind
    host: HostName = ""
    subject: str = ""
    owner: str
    reason: str
    intended_at: Timestamp
    until: Timestamp | None = None
    became: str | None = None
    is_effective: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOwner:
    """The operator and the process of a run."""

    user: str
    sudo_user: str = ""
    terminal: str = ""
    host: str = ""
    pid: int = 0

    def __str__(self) -> str:
        """Write it as `anna (root) on ops7`."""
        name = f"{self.sudo_user} ({self.user})" if self.sudo_user else self.user
        return f"{name} on {self.host}" if self.host else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: its plan, its operator and reason, and its state. An open run holds its locks."""

    name: str
    plan: Plan
    who: RunOwner
    reason: str
    fingerprint: str
    outcome: Outcome
    is_open: bool
    started_at: Timestamp
    ended_at: Timestamp | None
    message: str = ""

    @property
    def domain(self) -> DomainName:
        return self.plan.domain


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedStep:
    """One attempt at a step or at its rollback: the intent, and its outcome.

    `begun`: a command may have run on the host. It is false only where it is proven that none did.
    """

    number: int
    phase: StepPhase
    attempt: int
    step_id: str
    host: HostName
    request: str
    intended_at: Timestamp
    ended_at: Timestamp | None = None
    outcome: StepOutcome | None = None
    sentence: str = ""
    exit_status: int | None = None
    output: str = ""
    begun: bool = True


def undone_since(log: Sequence[LoggedStep], entry: LoggedStep) -> tuple[LoggedStep, ...]:
    """Return the attempts at undoing a step that came after an attempt at doing it."""
    later = log[log.index(entry) + 1 :]
    return tuple(each for each in later if each.phase is StepPhase.UNDO and each.number == entry.number)


def is_undoing(log: Sequence[LoggedStep]) -> bool:
    """Return whether the last action of a run was part of its rollback."""
    return bool(log) and log[-1].phase is StepPhase.UNDO


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """What a plan was based on when it was shown, and its findings with their values."""

    basis: Basis
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class BrokenLock:
    """A host's lock that was broken by hand; `became` is None where the command never ended."""

    run: str
    host: HostName
    owner: str
    intended_at: Timestamp
    became: str | None
