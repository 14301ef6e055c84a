"""Scheduled events in the order of their instants; each can be cancelled."""

import heapq
from collections.abc import Callable
from itertools import count

from boks_exporter.model import Seconds


class ScheduledEvent:
    """One scheduled event."""

    def __init__(self, at: Seconds, act: Callable[[], None]) -> None:
        self.at = at
        self.act = act
        self.is_off = False

    def __repr__(self) -> str:
        return f"<Due at {self.at:g}{' (cancelled)' if self.is_off else ''}>"


class Scheduler:
    """Events in the order of their instants; of two at one instant, the one entered first comes first."""

    def __init__(self) -> None:
        self._entries: list[tuple[Seconds, int, ScheduledEvent]] = []
        self._number = count()

    def enter(self, at: Seconds, act: Callable[[], None]) -> ScheduledEvent:
        """Schedule an event."""
        due = ScheduledEvent(at, act)
        heapq.heappush(self._entries, (at, next(self._number), due))
        return due

    def next_before(self, to: Seconds) -> ScheduledEvent | None:
        """Remove and return the next event that is due at or before an instant."""
        while self._entries and self._entries[0][0] <= to:
            due = heapq.heappop(self._entries)[2]
            if not due.is_off:
                return due
        return None
