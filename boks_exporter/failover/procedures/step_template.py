"""What a row of a procedure's table is made of; hosts are named by the part that they play."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.model import Seconds

UNCHANGED: Final = "nothing was changed"
"""Why a step that only waits has no undo."""


class Part(StrEnum):
    """The host that the command names, and the master at the time of the plan."""

    TARGET = "target"
    MASTER = "master"

    @property
    def other(self) -> "Part":
        """Name the other part."""
        return Part.MASTER if self is Part.TARGET else Part.TARGET


class Do(StrEnum):
    """What the operator's gate is told to do."""

    CONVERT_MASTER = "convert-master"
    CONVERT_SERVER = "convert-server"
    CONVERT_CLIENT = "convert-client"
    BOOT_STOP = "boot-stop"
    BOOT_START = "boot-start"
    SET_SHM_SIZE = "set-shm-size"
    REMOVE_DATABASE = "remove-database"
    RESTORE_DATABASE = "restore-database"


class When(StrEnum):
    """When a row is part of the plan at all."""

    ALWAYS = "always"
    SHM_SIZE_DIFFERS = "shm_size_differs"
    DATABASE_IS_THERE = "database_is_there"


class Kind(StrEnum):
    """How a row is carried out."""

    CHANGE = "change"
    WAIT = "wait"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class About:
    """A claim about parts."""

    kind: ClaimKind
    host: Part
    other: Part | None = None

    def exchanged(self) -> "About":
        """Claim the same with the parts exchanged."""
        return About(self.kind, self.host.other, self.other.other if self.other else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step. `needs` must be proven right before it, `proves` after it, `undo_needs` before it is undone.

    `prefers` is waited for as long as was configured, and done without in the end.
    `trusts_exit`: where looking cannot tell whether it worked, the command's own success is enough. A row without an
    undo says why there is none. `gives_up`: where it does not come true in time, what was changed before it is undone.
    """

    key: str
    purpose: str
    on: Part
    proves: tuple[About, ...]
    kind: Kind = Kind.CHANGE
    do: Do | None = None
    needs: tuple[About, ...] = ()
    prefers: tuple[About, ...] = ()
    undo: Do | None = None
    undo_needs: tuple[About, ...] = ()
    no_undo: str = ""
    point_of_no_return: bool = False
    trusts_exit: bool = False
    when: When = When.ALWAYS
    deadline_seconds: Seconds = 180.0
    gives_up: bool = False


def wait(on: Part, key: str, purpose: str, *proves: About, seconds: Seconds) -> Row:
    """Write a row that changes nothing: it looks until all of that is proven, or its time is over."""
    return Row(
        key=key, purpose=purpose, on=on, kind=Kind.WAIT, proves=proves, no_undo=UNCHANGED, deadline_seconds=seconds
    )


def exchanged(*rows: Row) -> tuple[Row, ...]:
    """Write rows with the parts exchanged: once the target is master, the same is done to the old master."""
    return tuple(
        replace(
            row,
            on=row.on.other,
            needs=tuple(about.exchanged() for about in row.needs),
            prefers=tuple(about.exchanged() for about in row.prefers),
            proves=tuple(about.exchanged() for about in row.proves),
            undo_needs=tuple(about.exchanged() for about in row.undo_needs),
        )
        for row in rows
    )


LAST_LINES: Final = {
    Do.CONVERT_MASTER: "to master done.",
    Do.CONVERT_SERVER: "to replica done.",
    Do.CONVERT_CLIENT: "to client done.",
}
"""How the last line of a conversion ends when it succeeds (K1456, read there): `Conversion from replica to master
done.`; what the other commands print is not published."""
