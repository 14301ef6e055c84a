"""What will happen at which instant, unless somebody calls it off before."""

import heapq
from collections.abc import Callable
from itertools import count

from boks_exporter.model import Seconds


class Due:
    """One thing that will happen."""

    def __init__(self, at: Seconds, act: Callable[[], None]) -> None:
        self.at = at
        self.act = act
        self.is_off = False

    def __repr__(self) -> str:
        """Tell when."""
        return f"<Due at {self.at:g}{' (called off)' if self.is_off else ''}>"


class Agenda:
    """Things in the order of their instants; of two at one instant, the one that was entered first comes first."""

    def __init__(self) -> None:
        self._entries: list[tuple[Seconds, int, Due]] = []
        self._number = count()

    def enter(self, at: Seconds, act: Callable[[], None]) -> Due:
        """Let something happen then."""
        due = Due(at, act)
        heapq.heappush(self._entries, (at, next(self._number), due))
        return due

    def next_before(self, to: Seconds) -> Due | None:
        """Take the next thing that is due until an instant, this included."""
        while self._entries and self._entries[0][0] <= to:
            due = heapq.heappop(self._entries)[2]
            if not due.is_off:
                return due
        return None
