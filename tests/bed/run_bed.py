"""Run episodes of faults on a bed, and judge what was observed."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.bed.bed import Bed
from tests.bed.catalogue import KINDS
from tests.bed.invariants import Broken, Invariants
from tests.bed.observations import NumberHistory, Occurrence
from tests.bed.schedule import Planned


@dataclass(slots=True)
class Result:
    """What a run did and found."""

    occurrences: list[Occurrence] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    slowest: Mapping[str, float] = field(default_factory=dict)


async def run_episodes(
    bed: Bed, planned: Iterable[tuple[Planned, ...]], until: float, at_most: int | None = None
) -> AsyncIterator[list[Occurrence]]:
    """Run whole episodes until a time has come, or so many of them; yields what each did, once all has recovered."""
    await asyncio.sleep(bed.interval)
    for episode in itertools.islice(planned, at_most):
        if time.monotonic() >= until:
            break
        yield await _run_episode(bed, episode)


async def _run_episode(bed: Bed, episode: tuple[Planned, ...]) -> list[Occurrence]:
    """Set all faults, wait, end all, and wait until every host must have recovered."""
    async with AsyncExitStack() as faults:
        occurrences = [await faults.enter_async_context(_occurring(bed, each)) for each in episode]
        await asyncio.sleep(bed.interval * max(each.kind.lasts for each in occurrences))
    await asyncio.sleep(bed.interval * (1 + max(each.kind.recovers_within for each in occurrences)))
    return occurrences


@asynccontextmanager
async def _occurring(bed: Bed, planned: Planned) -> AsyncIterator[Occurrence]:
    kind = KINDS[planned.name]
    began = time.monotonic()
    async with kind.fault(bed, planned.target):
        occurrence = Occurrence(planned.name, kind, planned.target, planned.hosts, began, time.monotonic())
        yield occurrence
        occurrence.ending = time.monotonic()
    occurrence.ended = time.monotonic()
    occurrence.attempts = bed.attempts.pop(planned.target, None)


def judged(bed: Bed, occurrences: list[Occurrence]) -> Result:
    history = NumberHistory(bed.numbers)
    invariants = Invariants(bed.observations, occurrences, history, bed.interval, bed.probe_every)
    return Result(occurrences, list(invariants.broken()), invariants.slowest())
