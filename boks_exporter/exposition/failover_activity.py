"""Failover runs and maintenance of a domain, read from the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from boks_exporter.model import HostName, Timestamp


class RunProcedure(StrEnum):
    """The procedures of the label; `verify`, which was one, changes nothing and is not journaled: it stays at 0."""

    ADD_REPLICA = "add-replica"
    PROMOTE = "promote"
    RETIRE = "retire"
    FAILBACK = "failback"
    SWITCHOVER = "switchover"
    REBUILD = "rebuild"
    VERIFY = "verify"


class RunOutcome(StrEnum):
    """How a run that is closed ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_CONVERGED = "not_converged"
    UNKNOWN = "unknown"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window of a host; `run` is the failover run that set it, if one did."""

    host: HostName
    started_at: Timestamp
    until: Timestamp
    owner: str
    reason: str
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInProgress:
    """The open failover run of a domain; `step` is what its newest step does, None before the first."""

    run: str
    procedure: str
    target: HostName
    user: str
    started_at: Timestamp
    step: str | None = None
    step_host: HostName | None = None
    step_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What the journal shows of a domain now; `is_readable` is False where it could not be read.

    `windows` are the active ones, ordered by their end.
    """

    is_readable: bool = True
    runs: Mapping[tuple[RunProcedure, RunOutcome], int] = field(default_factory=dict)
    in_progress: bool = False
    open_run: RunInProgress | None = None
    last_at: Timestamp | None = None
    windows: tuple[Window, ...] = ()
    frozen_until: Timestamp | None = None
    """When the freeze of the domain ends, by the journal; None where it is not frozen."""

    @property
    def maintenance(self) -> Mapping[HostName, Timestamp]:
        """Return the hosts under maintenance and when it ends at the latest."""
        return {window.host: window.until for window in sorted(self.windows, key=lambda window: window.until)}
