"""The states of a replica and of a domain, and their order of precedence."""

from enum import StrEnum
from typing import Final


class ReplicaState(StrEnum):
    """Our verdict on a replica; exactly one holds."""

    OK = "ok"
    LOADING = "loading"
    LAGGING = "lagging"
    AHEAD = "ahead"
    DIVERGED = "diverged"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    UNLISTED = "unlisted"
    UNKNOWN = "unknown"


PRECEDENCE: Final[tuple[tuple[ReplicaState, str], ...]] = (
    (ReplicaState.UNREACHABLE, "It could not be polled, so nothing else about it is known at first hand."),
    (ReplicaState.DOWN, "The master's list shows DOWN: clients that ask it are not served, whatever its numbers."),
    (ReplicaState.DIVERGED, "Its data are no copy of the master's in more than one way; it must be rebuilt."),
    (ReplicaState.AHEAD, "It has updates that the master never had; it decides logins by wrong data."),
    (ReplicaState.LOADING, "The master's list shows LOADING: lag and missing tables are expected meanwhile."),
    (ReplicaState.LAGGING, "It lacks updates that are older than the threshold."),
    (ReplicaState.UNLISTED, "The master does not list it, so it gets no updates, even if it lacks none yet."),
    (ReplicaState.OK, "Listed as OK and compared without a finding: both are needed."),
    (ReplicaState.UNKNOWN, "Not enough is known to call it OK, and nothing that is known is wrong."),
)
"""States in order of precedence with the reason for their place: the first that applies is the verdict."""


class DomainState(StrEnum):
    """Our verdict on a domain; exactly one holds."""

    OK = "ok"
    DEGRADED = "degraded"
    NO_MASTER = "no_master"
    SEVERAL_MASTERS = "several_masters"
    ROLE_CHANGING = "role_changing"
    UNKNOWN = "unknown"
