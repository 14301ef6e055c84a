"""Playback of a recorded history: every round at its own time, without waiting."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from boks_exporter.config import DomainSettings
from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.health import judge_round
from boks_exporter.model import Seconds, Timestamp
from boks_exporter.observe import Knowledge, observe
from boks_exporter.poller.counters import Counters
from boks_exporter.replication import History
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
) -> DomainView:
    """Judge all rounds of a history; the last one's view has what the earlier ones proved."""
    clock, history, known, tally = RecordedClock(rounds[0][0]), History(), Knowledge(), Counters()
    view: DomainView | None = None
    for at, directory in rounds:
        clock.set(at)
        transport = ReplayTransport(directory)
        snapshot = await observe(domain, transport, clock, known, limiter)
        judged = judge_round(snapshot, history, domain.thresholds, exact_to=interval)
        history, known = judged.history, known.after(snapshot)
        tally.count(snapshot, transport)
        counters = tally.counters(interval, domain.transport)
        view = DomainView(snapshot, judged.comparison, judged.health, counters, ExpositionOptions(), history.begun_at)
    assert view is not None  # noqa: S101 - there is at least one round
    return view
