"""Facts about the processes, the disk and the network of a host, as the gate reports them."""

from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.model.command_output import UnreadLine


class Reach(StrEnum):
    """Whether one host reaches a port of another."""

    REACHABLE = "reachable"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RawOutput:
    """Output whose format is not public (U): kept as it is."""

    text: str
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes that sites check, by name: whether each runs (SYS and BR1, read).

    `stale_pid_files` are those whose pid file names another process or none that runs.
    """

    running: tuple[tuple[str, bool], ...]
    stale_pid_files: tuple[str, ...] = ()
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The file system that holds `$BOKS_var`."""

    free_bytes: int
    total_bytes: int | None
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PortCheck:
    """One port of the master, as the host reaches it."""

    address: str
    port: int
    reach: Reach


@dataclass(frozen=True, slots=True)
class Ports:
    """The four ports of the master that the host's own files name."""

    checks: tuple[PortCheck, ...]
    unread_lines: tuple[UnreadLine, ...] = ()
