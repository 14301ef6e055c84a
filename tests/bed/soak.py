"""What a soak starts in addition to the bed: Prometheus, Alertmanager, and a second exporter that must not grow."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Self

from boks_exporter.model import Seconds
from tests.bed.bed import Bed
from tests.bed.endurance import Endurance, leaks
from tests.bed.invariants import Broken
from tests.bed.observations import Occurrence
from tests.bed.watchers import Watchers


class Soak:
    """Both while they run, and what they found."""

    def __init__(self, bed: Bed, seconds: Seconds) -> None:
        self.endurance = Endurance(bed, seconds)
        self.watchers = Watchers(bed)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with self.watchers.watching(), self.endurance.polling():
            yield self

    def broken(self, occurrences: Sequence[Occurrence]) -> Iterator[Broken]:
        for at, seen in self.watchers.broken(occurrences):
            yield Broken("Prometheus and Alertmanager", "", at, seen)
        for seen in leaks(self.endurance.samples):
            yield Broken("no leak", "", time.monotonic(), seen)

    def figures(self) -> dict[str, Any]:
        return {"samples": [asdict(each) for each in self.endurance.samples], "alerts": self.watchers.fired()}
