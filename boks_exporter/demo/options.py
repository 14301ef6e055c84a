"""The demo's settings from the command line."""

from dataclasses import dataclass

from boks_exporter.model import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """Settings of the demo; without `duration_seconds` it runs until it is interrupted."""

    listen: str = "127.0.0.1:16500"
    scenario: str = "tour"
    seed: int = 1
    duration_seconds: Seconds | None = None
