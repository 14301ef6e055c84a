"""How busy the machine is, for tests in which real programs keep up with a clock."""

import os


def slowness() -> float:
    """Return how much longer programs take now than on an idle machine; 1 where nothing but `make test` runs."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 3)
