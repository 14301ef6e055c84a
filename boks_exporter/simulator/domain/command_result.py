"""The output of a simulated command."""

from dataclasses import dataclass

from boks_exporter.model import Seconds


@dataclass(frozen=True, slots=True)
class Printed:
    """Output and exit status; `delay_seconds` is how long the command took, infinity where it never ends."""

    stdout: bytes
    stderr: bytes = b""
    exit_status: int = 0
    delay_seconds: Seconds = 0.05
