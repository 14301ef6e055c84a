"""The procedures that change a domain."""

from enum import StrEnum


class Procedure(StrEnum):
    """A procedure, by the name of its command. A failback is a switchover under another name."""

    ADD_REPLICA = "add-replica"
    PROMOTE = "promote"
    RETIRE = "retire"
    FAILBACK = "failback"
    SWITCHOVER = "switchover"
    REBUILD = "rebuild"

    @property
    def is_switchover(self) -> bool:
        return self in {Procedure.SWITCHOVER, Procedure.FAILBACK}

    @property
    def makes_master(self) -> bool:
        return self is Procedure.PROMOTE or self.is_switchover
