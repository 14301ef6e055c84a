"""What the commands on a host printed, one shape for each."""

from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.model.hosts import Role
from boks_exporter.model.units import Seconds, Sequence, TableNumber


class ReportedStatus(StrEnum):
    """The last column of `boksdiag list`; any word that is not known is OTHER and kept raw beside it."""

    OK = "ok"
    LOADING = "loading"
    DOWN = "down"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A line that no rule of a parser knows; returned and counted, never dropped.

    Of a flood the last one stands for all that are not kept themselves, with the number and the text of the first.
    """

    line: int
    text: str
    stands_for: int = 1


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

    @property
    def admitted_masters(self) -> frozenset[str] | None:
        """Name whom BRIDGE_ACCEPT_MASTER_IPS admits as a master; None where it is not set (HS hotfix/105)."""
        listed = self.bridge_accept_master_ips
        return None if listed is None else frozenset(listed.replace(",", " ").split())


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
