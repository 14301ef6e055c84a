"""The procedures that change or check a domain."""

from enum import StrEnum


class Procedure(StrEnum):
    """A procedure, by the name of its command."""

    ADD_REPLICA = "add-replica"
    PROMOTE = "promote"
    RETIRE = "retire"
    FAILBACK = "failback"
    SWITCHOVER = "switchover"
    REBUILD = "rebuild"
    VERIFY = "verify"
