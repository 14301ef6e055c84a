"""The result of a failover command."""

import shlex
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.plan.fingerprint import DIGITS
from boks_exporter.model import HostName

_OPTIONS: Final[ContextVar[tuple[str, ...]]] = ContextVar("options of the present command", default=())


def repeat_options(options: tuple[str, ...]) -> None:
    """Add the options of the present command, such as --config.file, to every command that is shown from now on."""
    _OPTIONS.set(options)


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A failover command that can be run next."""

    name: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the command line, with the options that the present command was given."""
        return shlex.join(("boks-exporter", "failover", self.name, *self.arguments, *_OPTIONS.get()))


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


def check_first(fence: str) -> tuple[str, ...]:
    """Return what a person looks at before a finding is accepted; `fence` is the configured program, if any."""
    tool = (
        f"The configured fence answers whether a host is off: {fence} status"
        if fence
        else "No fence is configured (failover.fence)"
    )
    return (
        "Check first, on site or at the remote console: the power of the machine, what its console shows, its",
        f"switch port. {tool}.",
    )


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
