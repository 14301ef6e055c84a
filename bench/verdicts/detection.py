"""How many rounds pass until a lead is shown: by write rate, replication delay, time of an exchange, and amount."""

import asyncio
import itertools
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

import structlog

from boks_exporter.config import CloserPolls, DomainSettings, PollSettings
from boks_exporter.exposition import ExpositionOptions
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.poller import Poller
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.replication import EvidenceKind
from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.gate_reply import reply
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_time import VirtualClock, run_virtually
from tests.virtual.virtual_transport import Network, VirtualTransport

RATES: Final = (0.0, 0.1, 1.0, 10.0, 50.0)
DELAYS: Final = (0.05, 0.5, 5.0)
EXCHANGES: Final = (0.005, 0.05, 0.5)
AMOUNTS: Final = (1, 2, 10, 1000)
RUNS: Final = 25
MOST_ROUNDS: Final = 12
"""A lead that is not shown within so many rounds counts as not shown."""

GOAL_ROUNDS: Final = 3
_INTERVAL: Final[Seconds] = 30.0
_DOMAIN: Final = "trial"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One combination: updates a second, seconds until a replica has one, seconds of an exchange, updates too many."""

    rate: float
    delay: Seconds
    exchange: Seconds
    amount: int

    @property
    def has_goal(self) -> bool:
        """Return whether fewer than one update is in flight on average."""
        return self.rate * (self.delay + self.exchange) < 1


def cells() -> Iterator[Cell]:
    """Yield all combinations."""
    for values in itertools.product(RATES, DELAYS, EXCHANGES, AMOUNTS):
        yield Cell(*values)


class _TimedTransport(VirtualTransport):
    """A transport with kept loops; every exchange takes the same time, and reads in its middle."""

    def keeps_loop(self, host: HostName) -> bool:
        """Return whether a further poll needs no login."""
        return host in self.domain.hosts

    async def _read(self, host: HostName, request: Request, _: Seconds) -> RawReply:
        answer = reply(self.domain, host, request.line())
        await asyncio.sleep(self._way())
        return RawReply(answer.stdout, b"", answer.exit_status)


def rounds_until_shown(cell: Cell, seed: int) -> list[int | None]:
    """Play a combination some times; None where the lead is not shown."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return [run_virtually(_Run(cell, f"{seed}/{cell}/{run}").play()) for run in range(RUNS)]


class _Run:
    def __init__(self, cell: Cell, seed: str) -> None:
        self._cell = cell
        self._random = Random(seed)
        master = HostPlan(name="m", role=Boksinit.MASTER, site="s")
        replica = HostPlan(name="r", role=Boksinit.SERVER, site="s", delay_seconds=cell.delay)
        layout = Layout(hosts=(master, replica), tables=(7,), writes_per_second=cell.rate)
        number = self._random.getrandbits(32)
        network = Network(latency_seconds=cell.exchange / 2, jitter_seconds=0.0)
        self._domain = SimulatedDomain(layout, seed=number)
        self._transport = _TimedTransport(self._domain, seed=number, network=network)
        self._clock = VirtualClock()
        self._set_at: Seconds | None = None
        self._rounds = 0
        self._shown = asyncio.Event()

    async def play(self) -> int | None:
        """Return the number of rounds that began after the lead, up to the one that shows it."""
        poll = PollSettings(interval_seconds=_INTERVAL, timeout_seconds=_INTERVAL / 2, closer_polls=CloserPolls.AUTO)
        hosts = tuple(Host(name=plan.name, address=plan.address, site="s") for plan in self._domain.layout.hosts)
        settings = DomainSettings(name=_DOMAIN, transport=LocalSettings(), hosts=hosts)
        self._poller = Poller(poll, self._clock, self._published)
        self._poller.apply_settings(poll, ExpositionOptions(), {_DOMAIN: (settings, self._transport)})
        watching = asyncio.create_task(self._poller.run())
        try:
            await asyncio.sleep(_INTERVAL * self._random.uniform(2, 3))
            self._domain.advance(self._clock.monotonic())
            self._domain.set_fault("r", Fault.AHEAD, by=self._cell.amount)
            self._set_at = self._clock.now()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._shown.wait(), _INTERVAL * MOST_ROUNDS)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        return max(1, self._rounds) if self._shown.is_set() else None

    def _published(self) -> None:
        for view in self._poller.current():
            if self._set_at is None or self._shown.is_set() or view.snapshot.finished_at < self._set_at:
                continue
            self._rounds += view.snapshot.started_at >= self._set_at
            if EvidenceKind.AHEAD in view.health.host("r").proven:
                self._shown.set()
