"""Measure the cost of a domain of 200 hosts: a round over SSH, and the rendering of its result.

Run `python bench/scale.py`. The simulated hosts are served by a process of their own on loopback, so the CPU shown is
the exporter's alone. What a round costs on kept connections is compared with reconnecting for each round, and our
rendering with prometheus_client's of the same families, both in the same run. It exits 1 if a goal is missed.
"""

import asyncio
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from bench.client_families import families
from boks_exporter.config import DomainSettings
from boks_exporter.exposition import DomainView, ExporterInfo, render
from boks_exporter.model import Host
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import Boksinit, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.server import SimulatedServers
from boks_exporter.transport.ssh import SshTransport

HOSTS: Final = 200
ROUNDS: Final = 3
AT_ONCE: Final = HOSTS
GOAL_KEPT: Final = 0.5
"""A round on kept connections compared with one that reconnects; both include the simulated commands."""

GOAL_CPU: Final = 0.5
GOAL_RENDERING: Final = 0.25
"""Our rendering takes at most a quarter of prometheus_client's time for the same two formats."""

INFO: Final = ExporterInfo(version="bench", revision="bench", python="bench")


@dataclass(frozen=True)
class Cost:
    """Durations in seconds."""

    wall: float
    cpu: float


def layout() -> Layout:
    """Create one master and its replicas, an hour old."""
    replicas = tuple(HostPlan(name=f"REPHOST{number:03}", role=Boksinit.SERVER) for number in range(1, HOSTS))
    master = HostPlan(name="MASTER1", role=Boksinit.MASTER)
    return Layout(hosts=(master, *replicas), writes_per_second=5.0, epoch=time.time() - 3600)


def serve(directory: Path, ready: Connection) -> None:
    """Serve the domain until the other side closes; sends the duration of the start and every port first."""

    async def until_closed() -> None:
        domain = SimulatedDomain(layout(), seed=1)
        began = time.perf_counter()
        async with SimulatedServers(domain, directory) as servers:
            took = time.perf_counter() - began
            ready.send((took, [(name, servers.port(name)) for name in domain.hosts]))
            await asyncio.to_thread(ready.poll, None)

    asyncio.run(until_closed())


@contextmanager
def served(directory: Path) -> Iterator[tuple[float, list[tuple[str, int]]]]:
    """Run the hosts in a separate process."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(directory, theirs))
    process.start()
    try:
        theirs.close()
        yield ours.recv()
    finally:
        ours.close()
        process.join(timeout=10)
        process.terminate()


async def rounds(watch: DomainWatch, before_each: Callable[[], object]) -> list[Cost]:
    """Poll the domain several times."""
    gate = asyncio.Semaphore(AT_ONCE)
    costs = []
    for _ in range(ROUNDS):
        await before_each()
        wall, cpu = time.perf_counter(), time.process_time()
        view = await watch.run_round(gate, 30.0)
        costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))
        assert len(list(view.snapshot.observed())) == HOSTS, "every host must have answered"
    return costs


async def measure(directory: Path, ports: Iterable[tuple[str, int]]) -> tuple[list[Cost], list[Cost], DomainView]:
    """Measure rounds that reconnect, then rounds on kept connections."""
    hosts = tuple(Host(name, SimulatedServers.address, port) for name, port in ports)
    settings = SshSettings(
        user=SimulatedServers.user,
        identity_files=(directory / "id_ed25519",),
        known_hosts=directory / "known_hosts",
    )
    transport = SshTransport(settings, timeout_seconds=60.0)
    watch = DomainWatch(DomainSettings(name="bench", transport=settings, hosts=hosts), transport, SystemClock())

    async def disconnect() -> None:
        await transport.retain(())

    async def keep() -> None:
        await asyncio.sleep(0)

    try:
        fresh = await rounds(watch, disconnect)
        kept = await rounds(watch, keep)
    finally:
        await transport.aclose()
    assert watch.view
    return fresh, kept, watch.view


class _Families(Collector):
    def __init__(self, view: DomainView) -> None:
        self._view = view

    def collect(self) -> Iterable[Metric]:
        return families([self._view], INFO)


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the best of several runs: other load can only slow one down."""
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def verdict(what: str, ratio: float, goal: float) -> bool:
    """Print one ratio and return whether its goal is met."""
    print(f"{what:<58} {ratio:>6.2f}  {'met' if ratio <= goal else 'MISSED'}: at most {goal}")
    return ratio <= goal


def main() -> int:
    """Measure, print, and return whether the goals are met."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="boks-bench-") as name, served(Path(name)) as (start_seconds, ports):
        fresh, kept, view = asyncio.run(measure(Path(name), ports))
    registry = CollectorRegistry()
    registry.register(_Families(view))
    page = render([view], INFO)
    assert generate_latest(registry) == page.classic, "both must write the same page"
    ours = seconds(lambda: render([view], INFO))
    theirs = seconds(lambda: (generate_latest(registry), generate_openmetrics(registry)))
    print(f"{HOSTS} hosts, {ROUNDS} rounds each, {AT_ONCE} hosts at once; servers started in {start_seconds:.2f} s")
    for way, costs in (("reconnecting", fresh), ("kept connections", kept)):
        wall, cpu = median(cost.wall for cost in costs), median(cost.cpu for cost in costs)
        print(f"  round, {way:<17} {wall:>6.2f} s, exporter's CPU {cpu:>6.2f} s")
    print(
        f"  page of {len(page.classic) / 1e6:.2f} MB, both formats: {ours * 1e3:.0f} ms; theirs {theirs * 1e3:.0f} ms"
    )
    met = (
        verdict("round on kept connections / reconnecting", _ratio(kept, fresh, "wall"), GOAL_KEPT),
        verdict("CPU of a round on kept connections / reconnecting", _ratio(kept, fresh, "cpu"), GOAL_CPU),
        verdict("rendering / prometheus_client", ours / theirs, GOAL_RENDERING),
    )
    return int(not all(met))


def _ratio(one: list[Cost], other: list[Cost], kind: str) -> float:
    return median(getattr(cost, kind) for cost in one) / median(getattr(cost, kind) for cost in other)


if __name__ == "__main__":
    sys.exit(main())
