"""The result of a failover command."""

import os
import shlex
import string
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import LoggedStep, is_undoing
from boks_exporter.failover.plan.fingerprint import DIGITS
from boks_exporter.model import Host, HostName
from boks_exporter.remote.operator_requests import RunName

_PLAIN: Final = frozenset(string.ascii_letters + string.digits + " /._-=:,")
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
        return " ".join(map(_quoted, ("boks-exporter", "failover", self.name, *self.arguments, *_OPTIONS.get())))


def _quoted(word: str) -> str:
    """Quote a word for a shell; what cannot be shown, as a line break in a path, is written as bash reads it."""
    if word.isprintable():
        return shlex.quote(word)
    shown = (chr(byte) if chr(byte) in _PLAIN else f"\\{byte:03o}" for byte in os.fsencode(word))
    return f"$'{''.join(shown)}'"


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


def next_for(name: RunName, log: Sequence[LoggedStep] = ()) -> tuple[NextCommand, ...]:
    """Return the commands that continue an open run."""
    abort = NextCommand("abort", (name,))
    return (abort,) if is_undoing(log) else (NextCommand("resume", (name,)), abort)


def in_words(ways: Iterable[NextCommand]) -> str:
    """Join commands of which one is to be run next."""
    return f"next: {', or '.join(str(way) for way in ways)}"


def fence_command(program: Sequence[str], master: Host | None) -> str:
    """Write the call of the configured fence for a host, as it is typed in a shell; empty without a fence."""
    facts = {"HOST": master.name, "ADDRESS": master.address} if master and program else {}
    words = (f"BOKS_FAILOVER_{key}={shlex.quote(value)}" for key, value in facts.items())
    return " ".join((*words, shlex.join(program)))


def check_first(fence: str) -> tuple[str, ...]:
    """Return what a person looks at before a finding is accepted; `fence` is the configured program, if any."""
    status = f"The configured fence answers whether a host is off: {fence} status"
    return (
        "Check first, on site or at the remote console: the power of the machine, what its console shows, its",
        f"switch port. {status if fence else 'No fence is configured (failover.fence)'}.",
    )


class FingerprintError(BoksExporterError):
    """A fingerprint is missing or malformed."""


def validate_fingerprint(fingerprint: str) -> None:
    """Raise FingerprintError for a missing or malformed fingerprint."""
    if not fingerprint:
        raise FingerprintError("a fingerprint is needed: show the plan first, it is at its end")
    if len(fingerprint) != DIGITS or not set(fingerprint.lower()) <= set("0123456789abcdef"):
        raise FingerprintError(f"expected a fingerprint of {DIGITS} hexadecimal digits, found {fingerprint!r}")
