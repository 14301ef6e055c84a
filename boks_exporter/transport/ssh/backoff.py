"""Pauses after a refused login or an unexpected host key."""

import random
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds

PAUSING: Final = frozenset({FailureReason.AUTH, FailureReason.HOST_KEY})
"""Reasons that last until an administrator acts, and that OpenSSH 9.8 and newer punish by address
(PerSourcePenalties)."""

_SPREAD: Final = (0.8, 1.2)
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

    def fresh(self) -> "Backoff":
        """Return the same back-off without failures, for another host."""
        return Backoff(self.initial, self.limit, self.jitter)

    def failed(self, error: TransportError, now: Seconds) -> None:
        """Record a failure; only the reasons in PAUSING start a pause.

        An error raised by `check` is no new failure, since no connection was tried.
        """
        if error.reason not in PAUSING or isinstance(error, PausedError):
            return
        pause = min(self.limit, self.initial * 2.0 ** min(self.failures, _DOUBLINGS) * self.jitter.uniform(*_SPREAD))
        self.failures += 1
        self.until = now + pause
        self.last = error

    def succeeded(self) -> None:
        """Clear all failures."""
        self.failures, self.until, self.last = 0, 0.0, None

    def check(self, now: Seconds) -> None:
        """Raise the last failure again while the pause lasts."""
        if self.last is not None and now < self.until:
            left = self.until - now
            raise PausedError(self.last.reason, f"{self.last.detail}; next attempt in {left:.0f} s")


class PausedError(TransportError):
    """No connection was tried during a pause; the reason is the one of the last refusal."""
