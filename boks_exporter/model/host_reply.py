"""One poll of one host: the reply and the outcome."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from boks_exporter.errors import FailureReason
from boks_exporter.model.command_output import (
    Checksums,
    Environment,
    ErrorLog,
    Memory,
    Queue,
    ReplicaList,
    SequenceReport,
    UnreadLine,
)
from boks_exporter.model.diagnosis_facts import DiskSpace, Ports, Processes
from boks_exporter.model.hosts import HostName, Role, Seconds, Timestamp


class Section(StrEnum):
    """A part of a request to the gate; the reply has a section of the same name."""

    ROLE = "role"
    SEQUENCE = "sequence"
    LIST = "list"
    MEMORY = "memory"
    ERRLOG = "errlog"
    QUEUE = "queue"
    CHECKSUMS = "checksums"
    PROCESSES = "processes"
    DISKSPACE = "diskspace"
    PORTS = "ports"
    HOSTKEY = "hostkey"
    REGISTERED = "registered"
    FQUE = "fque"


@dataclass(frozen=True, slots=True)
class SectionReply:
    """One section of a reply. Exactly one of `exit_status`, `timed_out`, `skipped` is set.

    `skipped` is the gate's reason for not running it (such as `not_master` for `list` on a replica). `cut` is `lines`
    where the gate has shortened lines, `bytes` where it has left out the rest, or both.
    """

    name: Section
    stdout: str
    stderr: str = ""
    exit_status: int | None = None
    timed_out: bool = False
    skipped: str | None = None
    took: Seconds | None = None
    cut: str | None = None

    @property
    def is_whole(self) -> bool:
        """False if the rest of the output was left out."""
        return "bytes" not in (self.cut or "").split(",")


_SAME_START: Final[Seconds] = 2.0
"""The start of a process is counted from the machine's own start, which its clock can shift by a second."""


@dataclass(frozen=True, slots=True)
class ProcessStart:
    """One run of a program on a host: its process id and its start by the host's clock."""

    pid: int
    started_at: Timestamp

    def is_same(self, other: "ProcessStart") -> bool:
        """Return whether both are the same run."""
        return self.pid == other.pid and abs(self.started_at - other.started_at) <= _SAME_START


@dataclass(frozen=True, slots=True)
class Reply:
    """One framed reply of the gate, split into sections whose text is not yet parsed."""

    gate_version: str
    host_clock: Timestamp | None
    sections: tuple[SectionReply, ...]
    unread_lines: tuple[UnreadLine, ...] = ()
    machine: HostName | None = None
    """The machine's own name; None from a gate of protocol 1."""
    boks_init: ProcessStart | None = None

    def section(self, name: Section) -> SectionReply | None:
        """Find a section by its name."""
        for section in self.sections:
            if section.name is name:
                return section
        return None


@dataclass(frozen=True, slots=True)
class SectionFault:
    """A requested section without a fact: the reason, and a text for the operator."""

    section: Section
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The far end of the connection on which a host answered; behind a jump host it is not `is_direct`."""

    address: str
    port: int
    host_key: str
    """The key's fingerprint."""
    is_direct: bool = True

    def __str__(self) -> str:
        """Write it for the operator."""
        where = f"{self.address} port {self.port}" if self.is_direct else "behind a jump host"
        return f"{where}, host key {self.host_key}"


_ESSENTIAL: Final = (Section.ROLE, Section.SEQUENCE, Section.LIST)


@dataclass(frozen=True, slots=True)
class Observed:
    """A host that answered. A fact is None where its section was not requested, was skipped, or is in `faults`."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    reply: Reply
    role: Role
    environment: Environment
    sequences: SequenceReport | None = None
    replicas: ReplicaList | None = None
    memory: Memory | None = None
    errlog: ErrorLog | None = None
    queue: Queue | None = None
    checksums: Checksums | None = None
    processes: Processes | None = None
    diskspace: DiskSpace | None = None
    ports: Ports | None = None
    faults: tuple[SectionFault, ...] = ()
    endpoint: Endpoint | None = None
    """None over a transport without connections."""

    @property
    def essential_faults(self) -> tuple[SectionFault, ...]:
        """Faults of the sections that every verdict needs: role, sequence and list."""
        return tuple(fault for fault in self.faults if fault.section in _ESSENTIAL) if self.faults else ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A host that could not be polled."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """A host whose answer is not a reply of the gate; `raw` is its beginning."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    reason: FailureReason
    detail: str
    raw: str


HostOutcome: TypeAlias = Observed | Unreachable | Garbled
