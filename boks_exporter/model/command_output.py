"""Facts parsed from the output of the commands on a host, one class for each command."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from boks_exporter.model.hosts import Role, Seconds, Sequence, TableNumber

_NUMBER: Final = re.compile(r"[0-9]+")
_LONGEST_FORM: Final = 200


class ReportedStatus(StrEnum):
    """The last column of `boksdiag list`; any other word is OTHER, and kept as `raw_status`."""

    OK = "ok"
    LOADING = "loading"
    DOWN = "down"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that a parser could not read; returned and counted, never dropped.

    Of a flood the last one stands for all lines whose text is not kept, with the number and the text of the first.
    `is_row` marks a line that begins like a row; `tables` are those that the line names. `ignored` is the reason why
    the configuration declares that the line hides nothing.
    """

    line: int
    text: str
    stands_for: int = 1
    is_row: bool = False
    tables: tuple[TableNumber, ...] = ()
    ignored: str | None = None

    @property
    def form(self) -> str:
        """The text with its numbers replaced, by which lines of different hosts and rounds are compared."""
        return _NUMBER.sub("0", self.text[:_LONGEST_FORM])

    @property
    def hides_any_table(self) -> bool:
        """Whether the line may be a row of any table: it stands for lines not kept, or names its table unreadably."""
        return self.stands_for > 1 or (self.is_row and not self.tables)


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


@dataclass(frozen=True)
class SequenceReport:
    """The output of one `boksdiag sequence`.

    Equal outputs are one report: what is derived from it, its hash included, is derived once.
    """

    tables: tuple[TableSequence, ...]
    unread_lines: tuple[UnreadLine, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tables, self.unread_lines))

    @cached_property
    def suspect_lines(self) -> tuple[UnreadLine, ...]:
        """The unread lines that the configuration does not ignore."""
        return tuple(line for line in self.unread_lines if line.ignored is None)

    @cached_property
    def ignored_tables(self) -> dict[TableNumber, UnreadLine]:
        """The tables that have no number, and whose line the configuration ignores."""
        shown = self.by_table()
        ignored = (line for line in self.unread_lines if line.ignored is not None)
        return {table: line for line in ignored for table in line.tables if table not in shown}

    def by_table(self) -> Mapping[TableNumber, TableSequence]:
        """Index the tables by their number."""
        return self._by_table

    @cached_property
    def _by_table(self) -> dict[TableNumber, TableSequence]:
        return {row.table: row for row in self.tables}

    @cached_property
    def numbers(self) -> Mapping[TableNumber, Sequence]:
        """The number of each table."""
        return {row.table: row.sequence for row in self.tables}

    @cached_property
    def stamps(self) -> Mapping[TableNumber, Seconds | None]:
        """The stamp of each table."""
        return {row.table: row.stamp for row in self.tables}


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
    """The output of one `boksdiag list`."""

    lines: tuple[ReplicaLine, ...]
    unread_lines: tuple[UnreadLine, ...] = ()


_ROLES: Final = {"master": Role.MASTER, "server": Role.REPLICA, "client": Role.CLIENT}


@dataclass(frozen=True, slots=True)
class Environment:
    """The keys of `$BOKS_etc/ENV` that matter here; the gate sends no others."""

    boksinit: str | None
    shm_size_kilobytes: int | None = None
    bridge_accept_master_ips: str | None = None
    unread_lines: tuple[UnreadLine, ...] = ()
    has_no_database: bool = False
    """Whether the gate found no file of a database; False where there is one or it is not known."""

    @property
    def role(self) -> Role:
        """The role that BOKSINIT names; any other word is UNKNOWN."""
        return _ROLES.get((self.boksinit or "").lower(), Role.UNKNOWN)

    @property
    def admitted_masters(self) -> frozenset[str] | None:
        """The masters that BRIDGE_ACCEPT_MASTER_IPS admits; None where it is not set (HS hotfix/105)."""
        listed = self.bridge_accept_master_ips
        return None if listed is None else frozenset(listed.replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class Memory:
    """`dumpbase -m`: shared memory in bytes (HS troubleshooting/312)."""

    total_bytes: int
    free_bytes: int
    used_bytes: int | None
    largest_free_bytes: int | None
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorLog:
    """The size of `boks_errlog` in lines and its last lines; their format is not public."""

    lines: int
    tail: tuple[str, ...]
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The master's spool (`master_spool/dd_fcom_*`): the number of files and the age of the oldest."""

    files: int
    oldest_age: Seconds | None
    unread_lines: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Checksums:
    """Check sums of files and settings that must be equal on all servers, by name (method.conf, ENV keys)."""

    by_name: tuple[tuple[str, str], ...]
    unread_lines: tuple[UnreadLine, ...] = ()
