"""What a rehearsal tells: to whoever watches, and at its end."""

from dataclasses import dataclass, field
from typing import Protocol

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Finding
from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.runner import Proposal, RunResult
from boks_exporter.model import HostName, Seconds
from boks_exporter.rehearsal.fault_spec import Wish
from boks_exporter.simulator.domain.invariants import Breach


@dataclass(frozen=True, slots=True)
class Played:
    """One command on the twin. It was killed where there is no result."""

    command: str
    result: RunResult | None


@dataclass(kw_only=True)
class Rehearsal:
    """What was found and what happened; `left` are the findings for which nothing was rehearsed.

    `supposed` is what is proposed for the twin where hosts are taken for `dead` that live.
    """

    live: Proposal
    exit: Exit = Exit.INTERNAL
    dead: tuple[HostName, ...] = ()
    supposed: Proposal | None = None
    left: tuple[Finding, ...] = ()
    differences: tuple[str, ...] = ()
    wish: Wish | None = None
    happened: bool = False
    commands: list[Played] = field(default_factory=list)
    steps: tuple[LoggedStep, ...] = ()
    still_open: str | None = None
    afterwards: FailoverFacts | None = None
    masters: tuple[HostName, ...] = ()
    breaches: tuple[Breach, ...] = ()
    taken: tuple[Breach, ...] = ()
    """What is no breach because somebody accepted it by its name."""
    took_seconds: Seconds = 0.0

    @property
    def proposal(self) -> Proposal:
        """Tell what is rehearsed."""
        return self.supposed or self.live


class Audience(Protocol):
    """Whoever watches."""

    def see_live(self, proposal: Proposal) -> None:
        """Hear of the live domain, before anything is built."""
        ...

    def see_twin(self, differences: tuple[str, ...]) -> None:
        """Hear in what the twin is not as the live domain, before anything is done to it."""
        ...

    def see_supposed(self, dead: tuple[HostName, ...], proposal: Proposal) -> None:
        """Hear what is proposed for the twin on which some hosts are dead."""
        ...

    def see(self, line: str) -> None:
        """Hear what is typed and what it prints."""
        ...
