"""The facts: who the hosts are, what they said, and what one round over a domain brought home; all frozen.

Times are Unix seconds by the exporter's own clock unless a name says otherwise: no host's clock is trusted.
`None` always means "not known", never zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from boks_exporter.errors import FailureReason

DomainName: TypeAlias = str
HostName: TypeAlias = str
Sequence: TypeAlias = int
TableNumber: TypeAlias = int
Seconds: TypeAlias = float
Timestamp: TypeAlias = float


class Role(StrEnum):
    """What a host is by its own BOKSINIT; `server` there means replica (K1456)."""

    MASTER = "master"
    REPLICA = "replica"
    CLIENT = "client"
    UNKNOWN = "unknown"


class ReportedStatus(StrEnum):
    """The last column of `boksdiag list`; any word that is not known is OTHER and kept raw beside it."""

    OK = "ok"
    LOADING = "loading"
    DOWN = "down"
    OTHER = "other"


class Promotion(StrEnum):
    """The operator's wish for a host as a future master."""

    PREFER = "prefer"
    NEUTRAL = "neutral"
    NEVER = "never"


class Section(StrEnum):
    """One thing that the gate can be asked; its reply carries a section of the same name."""

    ROLE = "role"
    SEQUENCE = "sequence"
    LIST = "list"
    MEMORY = "memory"
    ERRLOG = "errlog"
    QUEUE = "queue"
    CHECKSUMS = "checksums"


@dataclass(frozen=True, slots=True)
class Host:
    """One server of a domain, as configured or discovered; `name` is its identity in every label."""

    name: HostName
    address: str
    port: int = 22
    site: str = ""
    section: str = ""
    promotion: Promotion = Promotion.NEUTRAL
    discovered: bool = False


@dataclass(frozen=True, slots=True)
class Leftover:
    """A line that no rule of a parser knows; returned and counted, never dropped."""

    line: int
    text: str


# -- what the commands print ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableSequence:
    """One line of `boksdiag sequence`, such as `T7 13678d 8:33:46 5053 (5053)` (K1456).

    `stamp` is the printed `13678d 8:33:46` in seconds, very probably since 1970 (inferred); `parenthesised` has no
    documented meaning and equals `sequence` in every published sample: it is kept, never judged.
    """

    table: TableNumber
    sequence: Sequence
    parenthesised: Sequence | None
    stamp: Seconds | None


@dataclass(frozen=True, slots=True)
class SequenceReport:
    """Everything that one `boksdiag sequence` printed."""

    tables: tuple[TableSequence, ...]
    leftovers: tuple[Leftover, ...] = ()

    def by_table(self) -> dict[TableNumber, TableSequence]:
        """Index the tables by their number."""
        return {row.table: row for row in self.tables}


@dataclass(frozen=True, slots=True)
class ReplicaLine:
    """One line of the master's `boksdiag list` (K1456, K1256); ages in seconds before the moment of printing."""

    server: str
    since_packet: Seconds | None
    since_failure: Seconds | None
    since_sync: Seconds | None
    packets: int | None
    status: ReportedStatus
    raw_status: str


@dataclass(frozen=True, slots=True)
class ReplicaList:
    """Everything that one `boksdiag list` printed."""

    lines: tuple[ReplicaLine, ...]
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The keys of `$BOKS_etc/ENV` that matter here; nothing else of that file leaves the host."""

    boksinit: str | None
    shm_size_kilobytes: int | None = None
    bridge_accept_master_ips: str | None = None
    leftovers: tuple[Leftover, ...] = ()

    @property
    def role(self) -> Role:
        """Read BOKSINIT as a role; a word that is not known is UNKNOWN."""
        return {"master": Role.MASTER, "server": Role.REPLICA, "client": Role.CLIENT}.get(
            (self.boksinit or "").lower(), Role.UNKNOWN
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """`dumpbase -m`: shared memory in bytes (HS troubleshooting/312)."""

    total_bytes: int
    free_bytes: int
    used_bytes: int | None
    largest_free_bytes: int | None
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorLog:
    """The size of `boks_errlog` in lines and its last lines; their format is not public."""

    lines: int
    tail: tuple[str, ...]
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The master's spool (`master_spool/dd_fcom_*`): how many files, and when the oldest was written."""

    files: int
    oldest_age: Seconds | None
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True)
class Checksums:
    """Check sums of what must be equal on all servers, by the name of the thing (method.conf, ENV keys)."""

    by_name: tuple[tuple[str, str], ...]
    leftovers: tuple[Leftover, ...] = ()


# -- one exchange with one host ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SectionReply:
    """One section of a reply. Exactly one of `exit_status`, `timed_out`, `skipped` tells how it ended.

    `skipped` is the gate's reason for not running it (such as `not_master` for `list` on a replica).
    """

    name: Section
    stdout: str
    stderr: str = ""
    exit_status: int | None = None
    timed_out: bool = False
    skipped: str | None = None
    took: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One framed reply of the gate, taken apart but not yet understood."""

    gate_version: str
    host_clock: Timestamp | None
    sections: tuple[SectionReply, ...]
    leftovers: tuple[Leftover, ...] = ()

    def section(self, name: Section) -> SectionReply | None:
        """Find a section by its name."""
        return next((section for section in self.sections if section.name is name), None)


@dataclass(frozen=True, slots=True)
class SectionFault:
    """A section that was asked for and brought no fact: why, and in words for the operator."""

    section: Section
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class Observed:
    """A host that answered. A fact is None where its section was not asked, was skipped, or is in `faults`."""

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
    faults: tuple[SectionFault, ...] = ()

    @property
    def essential_faults(self) -> tuple[SectionFault, ...]:
        """The faults without which nothing can be judged: role, sequence and list; the others are a bonus."""
        essential = (Section.ROLE, Section.SEQUENCE, Section.LIST)
        return tuple(fault for fault in self.faults if fault.section in essential)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A host that could not be asked."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """A host that answered with something that is no reply of the gate; `raw` is its beginning."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    reason: FailureReason
    detail: str
    raw: str


HostOutcome: TypeAlias = Observed | Unreachable | Garbled


# -- one round over one domain ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MasterReading:
    """One reading of a master's sequences; several of them bracket the replicas' readings."""

    host: HostName
    started_at: Timestamp
    finished_at: Timestamp
    sequences: SequenceReport


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the master's list and the host that it means; None where no known host bears that name."""

    line: ReplicaLine
    host: HostName | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The one master's list, resolved to hosts; `read_at` is when the exchange that brought it ended."""

    master: HostName
    read_at: Timestamp
    entries: tuple[Listed, ...]


@dataclass(frozen=True)
class DomainSnapshot:
    """One bracketed look at a domain. `hosts` are all known ones; each was asked and has exactly one outcome.

    `last_known_master` is who was seen as the only master last, this round included; None if never seen.
    """

    domain: DomainName
    hosts: tuple[Host, ...]
    outcomes: tuple[HostOutcome, ...]
    started_at: Timestamp
    finished_at: Timestamp
    master_readings: tuple[MasterReading, ...] = ()
    listing: Listing | None = None
    last_known_master: HostName | None = None

    @cached_property
    def _outcome_by_host(self) -> dict[HostName, HostOutcome]:
        return {outcome.host: outcome for outcome in self.outcomes}

    def outcome(self, host: HostName) -> HostOutcome | None:
        """Look up how the round ended for a host."""
        return self._outcome_by_host.get(host)

    def observed(self) -> Iterator[Observed]:
        """Go through the hosts that answered."""
        return (outcome for outcome in self.outcomes if isinstance(outcome, Observed))

    @cached_property
    def masters(self) -> tuple[HostName, ...]:
        """Name every host that says it is master: none, one and several are three different situations."""
        return tuple(seen.host for seen in self.observed() if seen.role is Role.MASTER)

    @property
    def master(self) -> HostName | None:
        """Name the master if exactly one host says it is."""
        return self.masters[0] if len(self.masters) == 1 else None

    @property
    def skew(self) -> Seconds | None:
        """Tell the time between the first and the last reading of the master; None without a second one."""
        readings = [reading for reading in self.master_readings if reading.host == self.master]
        return readings[-1].started_at - readings[0].finished_at if len(readings) > 1 else None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Name the servers of the master's list that no known host bears."""
        entries = self.listing.entries if self.listing else ()
        return tuple(entry.line.server for entry in entries if entry.host is None)
