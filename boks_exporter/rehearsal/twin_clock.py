"""The time of a simulated twin: it hurries while somebody only waits, and is near the wall's while programs talk."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.operator_gate import Answer, OperatorGates

PACE: Final = 4.0
"""So many of the twin's seconds pass in one of the wall's while hosts are asked; the gate that reads keeps up."""

HURRY: Final = 60.0
"""So many pass while a command runs, a copy loads or somebody waits to look again."""


class TwinTime:
    """A clock that can be told that until some instant nothing is waited for but time."""

    def __init__(self, begins_at: Timestamp, wall: Callable[[], Seconds] = time.monotonic) -> None:
        """Begin at an instant of the live domain."""
        self._wall = wall
        self._read_at = wall()
        self._now = begins_at
        self._hurries_until = begins_at

    def __repr__(self) -> str:
        """Tell the time."""
        return f"<TwinTime {self._now:.1f}>"

    def now(self) -> Timestamp:
        """Tell the twin's time."""
        wall = self._wall()
        passed, self._read_at = wall - self._read_at, wall
        hurried = min(passed * HURRY, max(0.0, self._hurries_until - self._now))
        self._now += hurried + (passed - hurried / HURRY) * PACE
        return self._now

    def hurry(self, until: Timestamp) -> None:
        """Let time pass quickly until then."""
        self._hurries_until = max(self._hurries_until, until)
        self.now()

    def monotonic(self) -> Seconds:
        """Tell the same time: nobody moves this clock."""
        return self.now()

    async def sleep(self, seconds: Seconds) -> None:
        """Let so much of the twin's time pass."""
        until = self.now() + seconds
        self.hurry(until)
        await asyncio.sleep(max(0.0, until - self.now()) / HURRY)
        if (left := until - self.now()) > 0:
            await asyncio.sleep(left / PACE)


class HurriedGates(OperatorGates):
    """Operator's gates before which nobody has to wait for a command in the wall's time."""

    def __init__(self, domain: SimulatedDomain, twin_time: TwinTime) -> None:
        """Take the domain and its time."""
        super().__init__(domain)
        self._time = twin_time

    def hear(self, host: HostName, line: str) -> Answer:
        """Take one request, and let the time pass until it is answered."""
        answer = super().hear(host, line)
        self._time.hurry(self.domain.epoch + answer.over_at)
        return answer
