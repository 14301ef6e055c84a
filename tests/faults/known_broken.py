"""Cases in which the program breaks a promise today; tests compare the lists exactly."""

from typing import Final

_HALF_REMOVED: Final = frozenset(
    f"retire step 3 (remove-database): command fails and has done half, then {second}"
    for second in ("command fails and has done half", "command hangs", "host reboots")
)
"""The second removal leaves half of the database in its place, and the run ends with exit 0."""

_LOCK_TAKEN: Final = frozenset(
    f"add-replica step 7 (start-master): another run takes the lock {when}"
    for when in ("before the step", "between re-check and request")
)
"""The run ends with exit 0, and the client has not become a replica."""

CASES: Final = _HALF_REMOVED | _LOCK_TAKEN
"""Cells of the matrix."""

NAMED_CASES: Final[frozenset[str]] = frozenset()

SMALL_WORLDS: Final[frozenset[str]] = frozenset()
