"""A second exporter with short rounds, which is never ended: whatever it does not give back adds up."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from boks_exporter.model import Seconds
from tests.bed.bed import Bed
from tests.bed.layout import EXPORTER_PORT, SITES, WATCHERS, address, hosts_at
from tests.bed.observer import observation
from tests.bed.programs import Exporter, running, until
from tests.sshd.processes import processes

ROUNDS: Final = 2000
WARM_UP_ROUNDS: Final = 500
_SPARE: Final = 1.25
"""More rounds than are needed: some come late."""
_SHORTEST: Final[Seconds] = 0.5
"""The shortest interval of its rounds: the machine's time is for the faults."""
_GROWTH: Final = 1.05
_MORE: Final = 2
"""Descriptors, threads, tasks and processes that the calmest moment can have more than an earlier one."""
_SHARE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the exporter and the hosts hold when no fault is set."""

    rounds: int
    memory_bytes: int
    descriptors: int
    threads: int
    tasks: int
    host_processes: int


class Endurance:
    """Poll one host of each site for as long as the block runs."""

    def __init__(self, bed: Bed, seconds: Seconds) -> None:
        self.samples: list[Sample] = []
        self._bed = bed
        self._interval = max(_SHORTEST, seconds / (_SPARE * ROUNDS))
        self._exporter = Exporter("endurance", bed.directory / "endurance", EXPORTER_PORT + 1)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        hosts = tuple(hosts_at(site)[0] for site in SITES)
        await self._bed.prepare(self._exporter, self._interval, hosts, is_second=True)
        async with running(self._exporter):
            await until(self._rounds, "the first round of the second exporter")
            yield

    async def sample(self) -> None:
        """Measure both sides."""
        usage = await self._exporter.usage()
        gates = [each for each in await processes() if "/boks-gate" in each.command or "/sbin/" in each.command]
        self.samples.append(
            Sample(
                rounds=self._rounds(),
                memory_bytes=usage.memory_bytes,
                descriptors=usage.descriptors,
                threads=usage.threads,
                tasks=usage.tasks,
                host_processes=len(gates),
            )
        )

    def _rounds(self) -> int:
        seen = observation(address(WATCHERS), EXPORTER_PORT + 1)
        return int(seen["domain"].get("boks_rounds_total", 0))


def leaks(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield what grew between the quarter of the samples after the warm-up and the last quarter."""
    warm = [each for each in samples if each.rounds >= WARM_UP_ROUNDS]
    if len(warm) < _SHARE or warm[-1].rounds < ROUNDS:
        yield f"{samples[-1].rounds if samples else 0} rounds with {len(warm)} samples are too few to tell"
        return
    share = len(warm) // _SHARE
    first, last = warm[:share], warm[-share:]
    if (now := median(each.memory_bytes for each in last)) > _GROWTH * (
        before := median(each.memory_bytes for each in first)
    ):
        yield f"memory grew from {before / 1e6:.1f} MB to {now / 1e6:.1f} MB"
    for what in ("descriptors", "threads", "tasks", "host_processes"):
        before, now = (min(getattr(each, what) for each in part) for part in (first, last))
        if now > before + _MORE:
            yield f"{what} grew from {before:g} to {now:g}"
