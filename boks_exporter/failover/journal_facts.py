"""What the journal says of a domain: its runs, who was declared lost, maintenance windows, fork points."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import DomainName, HostName, Role, Seconds, Sequence, TableNumber, Timestamp

Mark: TypeAlias = tuple[Sequence, Seconds | None]
"""A table's number and the stamp of its generation."""


Numbers: TypeAlias = Mapping[TableNumber, Mark]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a line."""

    run: str
    procedure: Procedure
    target: HostName
    outcome: Outcome
    started_at: Timestamp
    ended_at: Timestamp | None
    owner: str


@dataclass(frozen=True, slots=True)
class DeclaredLost:
    """A host that an operator declared permanently lost; its first answer ends the declaration."""

    host: HostName
    owner: str
    reason: str
    at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A maintenance window of a host; it expires on its own. `run` set it, if one did."""

    number: int = 0
    domain: DomainName
    host: HostName
    started_at: Timestamp
    until: Timestamp
    reason: str
    owner: str
    run: str | None = None
    ended_at: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class ForkPoint:
    """The numbers of a replica right before it became master instead of `old_master`.

    `above` is what other copies had above them, by host and table: these updates are in no copy of the new master,
    whatever its numbers are later. A copy that was read, while nothing more could be written to it, has an entry, an
    empty one where it had nothing; the new master has one wherever the others were asked.
    """

    run: str
    old_master: HostName | None
    new_master: HostName
    numbers: Numbers
    above: Mapping[HostName, Mapping[TableNumber, int]]
    at: Timestamp
    read_at: Timestamp | None = None
    """When the numbers were read, where that was some time before."""

    def knows(self, host: HostName) -> bool:
        """Return whether it is known what a copy had above it; where others were not asked, only the old master may."""
        return host in self.above if self.new_master in self.above else host != self.old_master

    def is_of_change(self, seen: "ForkPoint") -> bool:
        """Return whether a change that was seen from outside is the one that this fork point was written for."""
        began = seen.at if seen.read_at is None else seen.read_at
        return self.new_master == seen.new_master and began <= self.at <= seen.at


@dataclass(frozen=True, slots=True)
class JournalView:
    """The open runs of a domain, and its last closed run."""

    open_runs: tuple[RunSummary, ...] = ()
    last: RunSummary | None = None
    last_roles: Mapping[HostName, Role] = field(default_factory=lambda: MappingProxyType({}))
    """The role of each host after the last conversion that a run made."""
    converted_by: Mapping[HostName, str] = field(default_factory=lambda: MappingProxyType({}))
    """The run that made it."""
    lost: Mapping[HostName, DeclaredLost] = field(default_factory=lambda: MappingProxyType({}))
    forks: tuple[ForkPoint, ...] = ()
    removed: Mapping[HostName, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """When the database of each host was last moved aside by a run."""
    windows: tuple[Maintenance, ...] = ()
    """Those that were not ended by hand, expired ones included."""
