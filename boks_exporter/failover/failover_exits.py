"""Outcomes of runs, and the exit codes that scripts rely on."""

from enum import IntEnum, StrEnum
from typing import Final


class Outcome(StrEnum):
    """How a run ended; `open` is one that has not ended: it works, or was cut off and waits for resume or abort."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    NOT_CONVERGED = "not_converged"
    UNKNOWN = "unknown"
    ABORTED = "aborted"


class Exit(IntEnum):
    """How a failover command ends."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    REFUSED = 10
    FACTS_UNKNOWN = 11
    LOCKED = 12
    UNCHANGED = 20
    CHANGED = 21
    NOT_CONVERGED = 22
    RESULT_UNKNOWN = 23
    WORK_LEFT = 24


EXITS: Final[dict[Exit, str]] = {
    Exit.DONE: "done; or a plan was shown, and no guard refuses it",
    Exit.INTERNAL: "a fault of the configuration, of the journal or of the program, which the message names",
    Exit.USAGE: "wrong usage; a fingerprint that is missing or malformed",
    Exit.REFUSED: "a guard refuses, or the fingerprint is no longer true; nothing was changed",
    Exit.FACTS_UNKNOWN: "no guard refuses, but something that must be known is not; nothing was changed",
    Exit.LOCKED: "another run is open or holds the lock of a host; nothing was changed",
    Exit.UNCHANGED: "it failed, and nothing is changed, or all that was changed is undone",
    Exit.CHANGED: "it failed, and something is changed: resume or abort the run",
    Exit.NOT_CONVERGED: "every change is made, but the domain did not become healthy in time: resume waits again",
    Exit.RESULT_UNKNOWN: "the result of a change is unknown: resume asks the host",
    Exit.WORK_LEFT: "the run is closed with work left: the printed commands finish it",
}
"""One table; docs/failover.md and docs/cli.md are made from it."""
