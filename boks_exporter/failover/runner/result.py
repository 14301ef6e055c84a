"""How a command ended."""

from dataclasses import dataclass

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.words import Exit


@dataclass(frozen=True, slots=True)
class Result:
    """The exit code, the run where one was begun, and what there is to say."""

    exit: Exit
    sentences: tuple[str, ...]
    run: str | None = None


class FingerprintError(BoksExporterError):
    """A fingerprint is missing, or is none."""
