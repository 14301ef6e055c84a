"""What every part of a run uses: its order, its tools, requests to stop, and progress while waiting."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from boks_exporter.failover.findings import Acceptance, Acceptances
from boks_exporter.failover.gate_client import ChangingGates, ReadOnlyGates
from boks_exporter.failover.journal import Journal, RunOwner
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.failover.runner.programs import Fence, Hooks, ProgramFence, ProgramHooks
from boks_exporter.failover.survey import Survey
from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.observe import Clock
from boks_exporter.remote.operator_requests import RunName
from boks_exporter.remote.settings import RemotePaths

_Result = TypeVar("_Result")


@dataclass
class StopRequest:
    """Whether a stop was requested, and why."""

    reason: str = ""
    _asked: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def is_asked(self) -> bool:
        return bool(self.reason)

    def ask(self, reason: str) -> None:
        """Request it; the first reason counts."""
        self.reason = self.reason or reason
        self._asked.set()

    async def unless(self, waiting: Awaitable[_Result]) -> _Result | None:
        """Wait for a result, but no longer than until a stop is requested; None then."""
        waited, asked = asyncio.ensure_future(waiting), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({waited, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            if not waited.done():
                waited.cancel()
        return waited.result() if waited.done() else None


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
    read_only_gates: ReadOnlyGates
    changing_gates: ChangingGates
    journal: Journal
    clock: Clock
    who: RunOwner
    limits: FailoverLimits = field(default_factory=FailoverLimits)
    say: Callable[[str], None] = _silently
    hooks: Hooks = field(default_factory=ProgramHooks)
    fence: Fence = field(default_factory=ProgramFence)
    paths: RemotePaths = field(default_factory=RemotePaths)
    halt: StopRequest = field(default_factory=StopRequest)
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
        rebuilt=plan.target if plan.procedure is Procedure.REBUILD else None,
        excused=frozenset(plan.excused),
        healthy=frozenset(plan.healthy),
        accepted=accepted,
        to_fence=frozenset(plan.fenced_hosts),
        max_behind_updates=limits.max_behind_updates,
    )


_AGAIN_AFTER: Final[Seconds] = 30.0


class ProgressReporter:
    """The last report of one wait, and its time."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._last = ""
        self._began = self._at = tools.clock.monotonic()

    def __repr__(self) -> str:
        return f"<ProgressReporter {self._last!r}>"

    def waiting(self, left: Seconds, sentence: str) -> None:
        """Report what is waited for, and how long at most."""
        self._report(sentence, f"    waiting, {left:.0f} s at most: {sentence}")

    def running(self, host: str, sentence: str) -> None:
        """Report that a command is running on a host."""
        now = self._tools.clock.monotonic()
        self._last = self._last or sentence
        self._report(sentence, f"    {host}: {sentence}, {now - self._began:.0f} s so far")

    def _report(self, sentence: str, line: str) -> None:
        now = self._tools.clock.monotonic()
        if sentence != self._last or now - self._at >= _AGAIN_AFTER:
            self._tools.say(line)
            self._last, self._at = sentence, now


def facts_of_plan(tools: Tools, name: RunName, plan: Plan) -> dict[str, str]:
    """Return the facts that every program of the operator's gets about a run."""
    return {
        "run": name,
        "domain": plan.domain,
        "procedure": plan.procedure,
        "target": plan.target,
        "master": plan.master or "",
        "owner": str(tools.who),
    }
