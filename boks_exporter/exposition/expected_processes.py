"""Which of the checked processes a host of its role should run."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.model import Observed, Role

OF_MASTERS: Final = frozenset({"boks_master", "boks_drainmast"})


def expected_processes(seen: Observed) -> Iterator[tuple[str, bool]]:
    """Iterate over the processes that sites check on a host of this role (SYS and BR1): whether each runs."""
    if seen.processes and seen.role in {Role.MASTER, Role.REPLICA}:
        for process, is_running in seen.processes.running:
            if seen.role is Role.MASTER or process not in OF_MASTERS:
                yield process, is_running
