"""What people do to a domain, as the journal of failover has it: runs and maintenance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from boks_exporter.model import HostName, Timestamp


class RunProcedure(StrEnum):
    """The procedures that are journaled; `verify` changes nothing and is not."""

    ADD_REPLICA = "add-replica"
    PROMOTE = "promote"
    RETIRE = "retire"
    FAILBACK = "failback"
    SWITCHOVER = "switchover"
    REBUILD = "rebuild"


class RunOutcome(StrEnum):
    """How a run that is closed ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_CONVERGED = "not_converged"
    UNKNOWN = "unknown"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which somebody works on a host; `run` is the failover run that set it, if one did."""

    host: HostName
    started_at: Timestamp
    until: Timestamp
    owner: str
    reason: str
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What the journal of a domain shows now; `is_readable` tells whether it could be read at all.

    `windows` are those that hold now, the one that ends first before the others.
    """

    is_readable: bool = True
    runs: Mapping[tuple[RunProcedure, RunOutcome], int] = field(default_factory=dict)
    in_progress: bool = False
    last_at: Timestamp | None = None
    windows: tuple[Window, ...] = ()

    @property
    def maintenance(self) -> Mapping[HostName, Timestamp]:
        """Tell the hosts on which somebody works, and until when at most."""
        return {window.host: window.until for window in sorted(self.windows, key=lambda window: window.until)}
