"""The result of a failover command."""

from dataclasses import dataclass

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.plan.fingerprint import DIGITS
from boks_exporter.model import HostName


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A failover command that can be run next."""

    name: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the command line."""
        return " ".join(("boks-exporter failover", self.name, *self.arguments))


@dataclass(frozen=True, slots=True)
class RunResult:
    """The exit code, the run where one was begun, a report in sentences, and the commands that can be run next.

    `leftovers` are hosts on which the rollback left data that the run had loaded.
    """

    exit: Exit
    sentences: tuple[str, ...]
    run: str | None = None
    next: tuple[NextCommand, ...] = ()
    leftovers: tuple[HostName, ...] = ()


class FingerprintError(BoksExporterError):
    """A fingerprint is missing or malformed."""


def validate_fingerprint(fingerprint: str) -> None:
    """Raise FingerprintError for a missing or malformed fingerprint."""
    if not fingerprint:
        message = "a fingerprint is needed: show the plan first, it is at its end"
        raise FingerprintError(message)
    if len(fingerprint) != DIGITS or not set(fingerprint.lower()) <= set("0123456789abcdef"):
        message = f"expected a fingerprint of {DIGITS} hexadecimal digits, found {fingerprint!r}"
        raise FingerprintError(message)
