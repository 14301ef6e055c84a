"""The clock of a simulated twin: fast-forwarded while a program waits, near the wall clock while programs talk."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.operator_gate import Answer, OperatorGates

PACE: Final = 4.0
"""Twin seconds per wall second while hosts are polled; the reading gate answers as much faster."""

FAST_FORWARD: Final = 60.0
"""Twin seconds per wall second while a command runs, a copy loads or a program waits."""


class TwinClock:
    """A clock that can be fast-forwarded."""

    def __init__(self, begins_at: Timestamp, wall: Callable[[], Seconds] = time.monotonic) -> None:
        self._wall = wall
        self._read_at = wall()
        self._now = begins_at
        self._fast_until = begins_at

    def __repr__(self) -> str:
        return f"<TwinTime {self._now:.1f}>"

    def now(self) -> Timestamp:
        wall = self._wall()
        passed, self._read_at = wall - self._read_at, wall
        skipped = min(passed * FAST_FORWARD, max(0.0, self._fast_until - self._now))
        self._now += skipped + (passed - skipped / FAST_FORWARD) * PACE
        return self._now

    def fast_forward(self, until: Timestamp) -> None:
        """Move the time quickly until an instant."""
        self._fast_until = max(self._fast_until, until)
        self.now()

    def monotonic(self) -> Seconds:
        """Return the same time: this clock is never set."""
        return self.now()

    async def sleep(self, seconds: Seconds) -> None:
        """Wait in the twin's time."""
        until = self.now() + seconds
        self.fast_forward(until)
        await asyncio.sleep(max(0.0, until - self.now()) / FAST_FORWARD)
        if (left := until - self.now()) > 0:
            await asyncio.sleep(left / PACE)


class FastForwardGates(OperatorGates):
    """Operator's gates that fast-forward the clock while a command runs."""

    def __init__(self, domain: SimulatedDomain, twin_time: TwinClock) -> None:
        super().__init__(domain)
        self._time = twin_time

    def handle(self, host: HostName, line: str) -> Answer:
        """Handle one request, and fast-forward until it is answered."""
        answer = super().handle(host, line)
        self._time.fast_forward(self.domain.epoch + answer.over_at)
        return answer
