"""The report of a rehearsal, while it runs and at its end."""

from dataclasses import dataclass, field
from typing import Protocol

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Finding
from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.runner import Proposal, RunResult
from boks_exporter.model import HostName, Seconds
from boks_exporter.rehearsal.fault_spec import FaultSpec
from boks_exporter.simulator.domain.invariants import Breach


@dataclass(frozen=True, slots=True)
class TwinCommand:
    """One command on the twin; it was killed where there is no result."""

    command: str
    result: RunResult | None


@dataclass(kw_only=True)
class Rehearsal:
    """What was found and what happened; `left` are the findings for which nothing was rehearsed.

    `hypothetical` is the proposal for the twin on which live hosts are assumed `dead`.
    """

    live: Proposal
    exit: Exit = Exit.INTERNAL
    dead: tuple[HostName, ...] = ()
    hypothetical: Proposal | None = None
    blocking: tuple[Finding, ...] = ()
    differences: tuple[str, ...] = ()
    injected: FaultSpec | None = None
    happened: bool = False
    commands: list[TwinCommand] = field(default_factory=list)
    steps: tuple[LoggedStep, ...] = ()
    still_open: str | None = None
    afterwards: FailoverFacts | None = None
    masters: tuple[HostName, ...] = ()
    breaches: tuple[Breach, ...] = ()
    accepted_breaches: tuple[Breach, ...] = ()
    """Breaches that were accepted by name."""
    took_seconds: Seconds = 0.0

    @property
    def proposal(self) -> Proposal:
        """The plan that is rehearsed."""
        return self.hypothetical or self.live


class Reporter(Protocol):
    """Receives the progress of a rehearsal."""

    def show_live(self, proposal: Proposal) -> None:
        """Show the live domain, before the twin is built."""
        ...

    def show_differences(self, differences: tuple[str, ...]) -> None:
        """Show how the twin differs from the live domain, before anything changes."""
        ...

    def show_hypothetical(self, dead: tuple[HostName, ...], proposal: Proposal) -> None:
        """Show the proposal for the twin on which some hosts are dead."""
        ...

    def show_line(self, line: str) -> None:
        """Show a typed command or its output."""
        ...
