"""Facts that the operator's gate reports: a host, its lock and the changes made on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from boks_exporter.model import Role


class Daemons(StrEnum):
    """Whether BoKS runs on a host; stopped is reported only where the gate found proof of it."""

    RUNNING = "running"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class RecordState(StrEnum):
    """Outcome of a change; `refused` means that nothing was run."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    VOID = "void"
    """The id was claimed before anything was begun under it, and nothing ever will be."""


class DatabaseState(StrEnum):
    """The database on a host. Partial: a removal or its undoing was cut; odd: a file of it is no plain file."""

    PRESENT = "present"
    ABSENT = "absent"
    PARTIAL = "partial"
    ODD = "odd"


class LockState(StrEnum):
    """Whether a host's lock is held by this run, by another, or free."""

    HELD = "held"
    OTHER = "other"
    NONE = "none"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that a host keeps: until when by its own clock. Without an end its file could not be read."""

    until: int | None
    owner: str = ""
    reason: str = ""


class AsideState(StrEnum):
    """A directory of what was moved aside. Partial: a removal or its undoing is not at its end; odd: no plain files."""

    WHOLE = "whole"
    PARTIAL = "partial"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Aside:
    """What a step of a run moved aside on a host; `moved_at` is a UTC time by the host's clock, where it is known."""

    removal: str
    files: int | None
    kilobytes: int | None
    moved_at: datetime | None
    state: AsideState | None


@dataclass(frozen=True, slots=True)
class GateReadiness:
    """The answer to `preflight`; None where the gate reported nothing. `lock` is a run, `busy` a step's id."""

    hostname: str
    role: Role
    daemons: Daemons
    permitted: bool | None
    boksadm: bool | None
    state_writable: bool | None
    lock: str | None = None
    busy: str | None = None
    free_kilobytes: int | None = None
    database_present: bool | None = None
    outlives_session: bool = True
    """False where the host ends all processes of a login, BoKS's daemons included, when its connection ends."""
    database: DatabaseState | None = None
    freeze: Freeze | None = None
    unchanged_since: str | None = None
    """The newest change that ended there, where ENV, and with it the role, was not written after its end."""


@dataclass(frozen=True, slots=True)
class HostLock:
    """A host's lock: its holder, and since when by the host's own clock."""

    state: LockState
    run: str | None = None
    owner: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A host's record of a change: how it ended, and what it printed."""

    state: RecordState
    exit_status: int | None = None
    output: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    repeated: bool = False
    refusal: str | None = None
