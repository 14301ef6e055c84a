"""How long to leave a host alone that refused the login or showed another key."""

import random
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds

HAMMERING: Final = frozenset({FailureReason.AUTH, FailureReason.HOST_KEY})
"""Failures that repeat until somebody acts, and that OpenSSH 9.8 and newer punish by address (PerSourcePenalties)."""

_SPREAD: Final = (0.8, 1.2)
_DOUBLINGS: Final = 30


@dataclass
class Backoff:
    """Growing pauses for one host, up to a limit and with jitter; never giving up."""

    initial: Seconds
    limit: Seconds
    jitter: random.Random
    failures: int = 0
    until: Seconds = 0.0
    last: TransportError | None = field(default=None, repr=False)

    def fresh(self) -> "Backoff":
        """Make one for another host, with nothing on record."""
        return Backoff(self.initial, self.limit, self.jitter)

    def failed(self, error: TransportError, now: Seconds) -> None:
        """Take note of a failure; only those that hammering makes worse lead to a pause.

        What `check` raised is no new failure, since nobody was asked.
        """
        if error.reason not in HAMMERING or isinstance(error, PausedError):
            return
        pause = min(self.limit, self.initial * 2.0 ** min(self.failures, _DOUBLINGS) * self.jitter.uniform(*_SPREAD))
        self.failures += 1
        self.until = now + pause
        self.last = error

    def succeeded(self) -> None:
        """Forget all failures."""
        self.failures, self.until, self.last = 0, 0.0, None

    def check(self, now: Seconds) -> None:
        """Raise the last failure again, without a connection, while the pause lasts."""
        if self.last is not None and now < self.until:
            left = self.until - now
            raise PausedError(self.last.reason, f"{self.last.detail}; next attempt in {left:.0f} s")


class PausedError(TransportError):
    """The host was not asked, because it refused lately; the reason is the one of that refusal."""
