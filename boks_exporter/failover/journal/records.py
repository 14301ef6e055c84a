"""What the journal holds, as facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.plan import Plan
from boks_exporter.model import DomainName, HostName, Timestamp


class StepPhase(StrEnum):
    """Whether a step is done or undone, or BoKS is started after a conversion that ended before it did so."""

    DO = "do"
    UNDO = "undo"
    START = "start"


class StepOutcome(StrEnum):
    """What became of a step; a step that was intended and has none is not known."""

    DONE = "done"
    FAILED = "failed"
    NOT_CONVERGED = "not_converged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who runs it, from where."""

    user: str
    sudo_user: str = ""
    terminal: str = ""
    host: str = ""
    pid: int = 0

    def __str__(self) -> str:
        """Write it as `anna (root) on ops7`."""
        name = f"{self.sudo_user} ({self.user})" if self.sudo_user else self.user
        return f"{name} on {self.host}" if self.host else name


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that somebody took upon themselves."""

    guard: Guard
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: its plan, who and why, and how it stands. An open one holds its locks."""

    name: str
    plan: Plan
    who: Who
    reason: str
    fingerprint: str
    outcome: Outcome
    is_open: bool
    started_at: Timestamp
    ended_at: Timestamp | None
    message: str = ""

    @property
    def domain(self) -> DomainName:
        """Tell the domain."""
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
    """Give the attempts at undoing a step that came after an attempt at doing it."""
    later = log[log.index(entry) + 1 :]
    return tuple(each for each in later if each.phase is StepPhase.UNDO and each.number == entry.number)


def is_undoing(log: Sequence[LoggedStep]) -> bool:
    """Tell whether a run was at going back when it was last heard of; one that tried again goes on."""
    return bool(log) and log[-1].phase is StepPhase.UNDO


@dataclass(frozen=True, slots=True)
class BrokenLock:
    """A host's lock that somebody took away from a run; `became` is None where the command never came to its end."""

    run: str
    host: HostName
    owner: str
    intended_at: Timestamp
    became: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window in which somebody works on a host; it ends by itself."""

    number: int
    domain: DomainName
    host: HostName
    started_at: Timestamp
    until: Timestamp
    reason: str
    owner: str
    run: str | None = None
    ended_at: Timestamp | None = None

    def is_active(self, now: Timestamp) -> bool:
        """Tell whether it holds now."""
        return self.ended_at is None and self.started_at <= now < self.until
