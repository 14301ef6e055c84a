"""Pauses after failures that another attempt would not change."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds

PAUSING: Final = frozenset({FailureReason.AUTH})
"""A refused login lasts until an administrator acts, and many attempts lock the exporter out: fail2ban, and
PerSourcePenalties of OpenSSH 9.8 and newer. Every other failure is tried again in the next round."""

_SPREAD: Final = (1.0, 1.2)
_DOUBLINGS: Final = 30


@dataclass
class Backoff:
    """Growing pauses for one host, with jitter and a limit; the attempts never end."""

    initial: Seconds
    limit: Seconds
    jitter: random.Random
    failures: int = 0
    until: Seconds = 0.0
    last: TransportError | None = field(default=None, repr=False)
    rests_on: Any = field(default=None, repr=False)
    """The state of the local files at the last failure: any change ends the pause."""

    def fresh(self) -> "Backoff":
        """Return the same back-off without failures, for another host."""
        return Backoff(self.initial, self.limit, self.jitter)

    def failed(self, error: TransportError, now: Seconds, rests_on: Any = None) -> None:
        """Record a failure; only the reasons in PAUSING start a pause.

        An error raised by `check` is no new failure, since no connection was tried.
        """
        if error.reason not in PAUSING or isinstance(error, PausedError):
            return
        pause = min(self.limit, self.initial * 2.0 ** min(self.failures, _DOUBLINGS) * self.jitter.uniform(*_SPREAD))
        self.failures += 1
        self._pause(pause, error, now, rests_on)

    def failed_for_all(self, error: TransportError, now: Seconds, seconds: Seconds, rests_on: Any = None) -> None:
        """Record a failure of a shared way: the next hosts fail alike for some seconds, without an attempt of each."""
        self.failed(error, now, rests_on)
        if error.reason not in PAUSING and not isinstance(error, PausedError):
            self._pause(seconds, error, now, rests_on)

    def succeeded(self) -> None:
        """Clear all failures."""
        self.failures, self.until, self.last, self.rests_on = 0, 0.0, None, None

    def is_paused(self, now: Seconds) -> bool:
        """Return whether a pause lasts, if the local files are unchanged."""
        return self.last is not None and now < self.until

    def check(self, now: Seconds, rests_on: Any = None) -> None:
        """Raise the last failure again while the pause lasts and the files on which it rests are unchanged."""
        if self.last is not None and self.is_paused(now):
            if rests_on != self.rests_on:
                self.succeeded()
                return
            raise PausedError(self.last.reason, f"{self.last.detail}; next attempt in {self.until - now:.0f} s")

    def _pause(self, seconds: Seconds, error: TransportError, now: Seconds, rests_on: Any) -> None:
        self.until, self.last, self.rests_on = now + seconds, error, rests_on


class PausedError(TransportError):
    """No connection was tried during a pause; the reason is the one of the last refusal."""
