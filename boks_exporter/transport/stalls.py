"""Time in which this process was stopped, or had no processor: what it missed meanwhile is no host's fault."""

import asyncio
from typing import Final

from boks_exporter.loggers import structlog
from boks_exporter.model import Seconds

_log = structlog.get_logger(__name__)

_PERIOD_SECONDS: Final[Seconds] = 0.5
LEAST_SECONDS: Final[Seconds] = 0.5
"""A busy loop is late by less."""
_LOGGED_SECONDS: Final[Seconds] = 5.0
"""A shorter one is usual on a busy machine."""


class StallWatch:
    """Adds up by how much a timer of the running event loop was late, each time by more than LEAST_SECONDS."""

    def __init__(self) -> None:
        self._seconds: Seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<StallWatch {self._seconds:.1f} s>"

    def start(self) -> None:
        """Watch the running loop until `stop`."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(loop.time() + _PERIOD_SECONDS, self._tick)

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def seconds(self) -> Seconds:
        """Return the time that was lost so far, also where the timer of the watch has not been handled yet."""
        return self._seconds + self._late()

    def _late(self) -> Seconds:
        late = asyncio.get_running_loop().time() - self._timer.when() if self._timer else 0.0
        return late if late > LEAST_SECONDS else 0.0

    def _tick(self) -> None:
        if late := self._late():
            self._seconds += late
            if late > _LOGGED_SECONDS:
                _log.warning("process_was_stalled", seconds=round(late, 1))
        self._timer = None
        self.start()
