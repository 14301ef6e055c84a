"""Time as a parameter, so that a simulated week takes no week."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from boks_exporter.model import Seconds, Timestamp


class Clock(Protocol):
    """The source of time."""

    def now(self) -> Timestamp:
        """Return the Unix time."""
        ...

    def monotonic(self) -> Seconds:
        """Return a time that never goes back, from an arbitrary zero."""
        ...

    async def sleep(self, seconds: Seconds) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> Timestamp:
        """Return the Unix time."""
        return time.time()

    def monotonic(self) -> Seconds:
        """Return the monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: Seconds) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Unix times in one round that never go back.

    Brackets are a matter of order: a step of the machine's clock in the middle of a round must not turn before into
    after, which would show as a replica ahead. So the Unix time is read once and carried on by the monotonic clock.
    """

    clock: Clock
    started_at: Timestamp
    started_monotonic: Seconds

    @classmethod
    def start(cls, clock: Clock) -> "Stopwatch":
        """Start a round now."""
        return cls(clock, clock.now(), clock.monotonic())

    def now(self) -> Timestamp:
        """Return the Unix time as counted in this round."""
        return self.started_at + self.clock.monotonic() - self.started_monotonic
