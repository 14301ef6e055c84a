"""One event of a generated history."""

from dataclasses import dataclass
from typing import Any

from boks_exporter.simulator.domain import Fault

MASTER = "m"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at an instant: a fault set or cleared, a command, or a restart of the exporter."""

    at: float
    what: str
    host: str = ""
    fault: Fault | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
