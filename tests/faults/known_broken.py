"""Cases in which the program breaks a promise today; tests compare the lists exactly."""

from typing import Final

CASES: Final = frozenset(
    f"retire step 3 (remove-database): command fails and has done half, then {second}"
    for second in ("command fails and has done half", "command hangs", "host reboots")
)
"""Cells of the matrix. The second removal leaves half of the database in its place, and the run ends with exit 0."""

NAMED_CASES: Final[frozenset[str]] = frozenset()

SMALL_WORLDS: Final[frozenset[str]] = frozenset()
