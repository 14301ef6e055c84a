"""Options of a run of the bed."""

from dataclasses import dataclass

from boks_exporter.model import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Whole episodes are run until the seconds are over, or so many of them; no kinds are all kinds."""

    seed: int
    interval: Seconds
    seconds: Seconds
    together: int = 3
    kinds: tuple[str, ...] = ()
    episodes: int | None = None
    soak: bool = False
    """With Prometheus, Alertmanager, and a second exporter that must not grow."""
