"""Cases in which the program breaks a promise today; tests compare the lists exactly."""

from typing import Final

CASES: Final[frozenset[str]] = frozenset()
"""Cells of the matrix."""

NAMED_CASES: Final[frozenset[str]] = frozenset()

SMALL_WORLDS: Final[frozenset[str]] = frozenset()
