"""What a command left behind."""

from dataclasses import dataclass

from boks_exporter.model import Seconds


@dataclass(frozen=True, slots=True)
class Printed:
    """The output of one command; `delay_seconds` is how long it took, infinity where it never ends."""

    stdout: bytes
    stderr: bytes = b""
    exit_status: int = 0
    delay_seconds: Seconds = 0.05
