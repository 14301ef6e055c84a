"""What a row of a procedure's table is made of; hosts are named by the part that they play."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.model import Seconds

UNCHANGED: Final = "nothing was changed"
"""Why a step that only waits has no undo."""


class HostRole(StrEnum):
    """The host that the command names, and the master at the time of the plan."""

    TARGET = "target"
    MASTER = "master"

    @property
    def other(self) -> "HostRole":
        """Name the other part."""
        return HostRole.MASTER if self is HostRole.TARGET else HostRole.TARGET


class GateAction(StrEnum):
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


class StepKind(StrEnum):
    """How a row is carried out."""

    CHANGE = "change"
    WAIT = "wait"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class ConditionTemplate:
    """A claim about parts."""

    kind: ClaimKind
    host: HostRole
    other: HostRole | None = None

    def exchanged(self) -> "ConditionTemplate":
        """Claim the same with the parts exchanged."""
        return ConditionTemplate(self.kind, self.host.other, self.other.other if self.other else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTemplate:
    """One step. `needs` must be proven right before it, `proves` after it, `undo_needs` before it is undone.

    `prefers` is waited for as long as was configured, and done without in the end.
    `trusts_exit`: where looking cannot tell whether it worked, the command's own success is enough. A row without an
    undo says why there is none. `gives_up`: where it does not come true in time, what was changed before it is undone.
    """

    key: str
    purpose: str
    on: HostRole
    proves: tuple[ConditionTemplate, ...]
    kind: StepKind = StepKind.CHANGE
    do: GateAction | None = None
    needs: tuple[ConditionTemplate, ...] = ()
    prefers: tuple[ConditionTemplate, ...] = ()
    undo: GateAction | None = None
    undo_needs: tuple[ConditionTemplate, ...] = ()
    no_undo: str = ""
    point_of_no_return: bool = False
    trusts_exit: bool = False
    when: When = When.ALWAYS
    deadline_seconds: Seconds = 180.0
    gives_up: bool = False


def wait(on: HostRole, key: str, purpose: str, *proves: ConditionTemplate, seconds: Seconds) -> StepTemplate:
    """Write a row that changes nothing: it looks until all of that is proven, or its time is over."""
    return StepTemplate(
        key=key, purpose=purpose, on=on, kind=StepKind.WAIT, proves=proves, no_undo=UNCHANGED, deadline_seconds=seconds
    )


def exchanged(*rows: StepTemplate) -> tuple[StepTemplate, ...]:
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
    GateAction.CONVERT_MASTER: "to master done.",
    GateAction.CONVERT_SERVER: "to replica done.",
    GateAction.CONVERT_CLIENT: "to client done.",
}
"""How the last line of a conversion ends when it succeeds (K1456, read there): `Conversion from replica to master
done.`; what the other commands print is not published."""
