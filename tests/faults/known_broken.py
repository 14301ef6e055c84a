"""Cases in which the program breaks a promise today; tests compare the lists exactly."""

from typing import Final

BUSY_RETIREMENTS: Final = frozenset({(1, 2.0), (1, 20.0), (2, 20.0), (4, 20.0)})
"""Seed and writes a second. The old master's last updates reached no replica, and the new master's numbers have passed
its own: retire moves them aside without a finding."""
