"""Playback of a recorded history: every round at its own time, without waiting."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from boks_exporter.config import DomainSettings
from boks_exporter.exposition import DomainView
from boks_exporter.model import Seconds, Timestamp
from boks_exporter.poller import DomainWatch
from boks_exporter.transport.replay import ReplayTransport


class RecordedClock:
    """A clock that is set to the time of each round, and runs on within it."""

    def __init__(self, at: Timestamp) -> None:
        self._at = at
        self._set = time.monotonic()

    def set(self, at: Timestamp) -> None:
        """Move to the time of a round."""
        self._at, self._set = at, time.monotonic()

    def now(self) -> Timestamp:
        return self._at + time.monotonic() - self._set

    def monotonic(self) -> Seconds:
        return self.now()

    async def sleep(self, seconds: Seconds) -> None:
        await asyncio.sleep(seconds)


async def play_back(
    domain: DomainSettings, rounds: Sequence[tuple[Timestamp, Path]], limiter: asyncio.Semaphore, interval: Seconds
) -> list[DomainView]:
    """Judge all rounds of a history as a running exporter does; each view has what the earlier ones proved."""
    clock, views = RecordedClock(rounds[0][0]), list[DomainView]()
    watch = DomainWatch(domain, ReplayTransport(rounds[0][1]), clock)
    for at, directory in rounds:
        clock.set(at)
        watch.transport = ReplayTransport(directory)
        views.append(await watch.run_round(limiter, interval))
    return views
