"""The order and the tools of a run."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from boks_exporter.failover.findings import Acceptance, Acceptances
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates
from boks_exporter.failover.journal import Journal, RunOwner
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.failover.runner.fence import Fence, ProgramFence
from boks_exporter.failover.runner.graceful_stop import Halt
from boks_exporter.failover.runner.hooks import Hooks, ProgramHooks
from boks_exporter.failover.survey import Survey
from boks_exporter.model import HostName, Timestamp
from boks_exporter.observe import Clock
from boks_exporter.remote.operator_requests import RunName
from boks_exporter.remote.settings import RemotePaths


@dataclass(frozen=True, kw_only=True)
class Order:
    """A procedure for a target, with acceptances and a reason."""

    procedure: Procedure
    target: HostName
    accepted: tuple[Acceptance, ...] = ()
    reason: str = ""

    @property
    def acceptances(self) -> Acceptances:
        return Acceptances(self.accepted)


def _silently(_: str) -> None:
    """Print nothing."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Everything that a run needs from outside."""

    survey: Survey
    looking: ReadOnlyGates
    changing: ChangingGates
    journal: Journal
    clock: Clock
    who: RunOwner
    limits: FailoverLimits = field(default_factory=FailoverLimits)
    say: Callable[[str], None] = _silently
    hooks: Hooks = field(default_factory=ProgramHooks)
    fence: Fence = field(default_factory=ProgramFence)
    paths: RemotePaths = field(default_factory=RemotePaths)
    halt: Halt = field(default_factory=Halt)
    token: Callable[[], str] = lambda: secrets.token_hex(4)


def run_name(procedure: Procedure, now: Timestamp, token: str) -> RunName:
    """Return the name of a run by the time of its beginning, such as 20261124-201512-promote-3f9a01c7.

    The token keeps operators on two machines apart who begin in the same second: a host's lock names a run by this
    name alone.
    """
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{procedure}-{token}"


def circumstances(plan: Plan, accepted: Acceptances, limits: FailoverLimits) -> Circumstances:
    """Return what the proofs need to know about a plan."""
    return Circumstances(
        old_master=plan.master if plan.procedure.makes_master else None,
        steps_down=plan.master if plan.procedure.is_switchover else None,
        excused=frozenset(plan.excused),
        healthy=frozenset(plan.healthy),
        accepted=accepted,
        to_fence=frozenset(plan.fenced_hosts),
        max_behind_updates=limits.max_behind_updates,
    )
