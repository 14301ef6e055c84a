"""Simulated domains whose time runs faster, served in a thread of their own, and the configuration to watch them."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from boks_exporter.simulator.domain import Boksinit, Fault, HostPlan, Layout, SimulatedDomain
from boks_exporter.simulator.server import SimulatedServers
from tests.integration.alerting import hurried

_Result = TypeVar("_Result")
_PATIENCE = 180.0
_WRITES_PER_SECOND = 0.3

_CONFIG = """\
poll: {interval: 30s, timeout: 20s}
domains:
"""
_DOMAIN = """\
  - name: {name}
    thresholds: {{lag_age: 2m, stamp_age: 2m, missing_age: 2m}}
    transport:
      kind: ssh
      user: {user}
      identity_files: [{identity_file}]
      known_hosts: {known_hosts}
      backoff_initial: 30s
      backoff_limit: 10m
    hosts:
"""
_HOST = "      - {{name: {name}, address: {address}, port: {port}, site: {site}}}\n"


def layout(sites: Mapping[str, str]) -> Layout:
    """Lay out a domain: hosts and their sites, the first of them the master."""
    master = next(iter(sites))
    return Layout(
        hosts=tuple(
            HostPlan(name=name, role=Boksinit.MASTER if name == master else Boksinit.SERVER, site=site)
            for name, site in sites.items()
        ),
        writes_per_second=_WRITES_PER_SECOND,
        epoch=time.time() - 3600,
    )


class World:
    """The served domains, and calls into their thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, served: Mapping[str, SimulatedServers], speed: int) -> None:
        self._loop = loop
        self._served = served
        self._speed = speed

    def _call(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_PATIENCE)

    def set_fault(self, domain: str, host: str, fault: Fault, **parameters: Any) -> None:
        self._call(self._served[domain].set_fault(host, fault, **parameters))

    def clear_fault(self, domain: str, host: str, fault: Fault) -> None:
        self._call(self._served[domain].clear_fault(host, fault))

    def rebuild(self, domain: str, host: str) -> None:
        """Remove a replica's data and add it again, as after it was a second master."""

        async def rebuilt() -> None:
            servers = self._served[domain]
            servers.remove_data(host)
            await servers.set_fault(host, Fault.LOADING)
            await servers.clear_fault(host, Fault.LOADING)

        self._call(rebuilt())

    def config(self) -> str:
        """Write the exporter's configuration, as fast as the domains."""
        return hurried(_CONFIG + "".join(self._domain(name) for name in self._served), self._speed)

    def _domain(self, name: str) -> str:
        servers = self._served[name]
        return _DOMAIN.format(
            name=name, user=servers.user, identity_file=servers.identity_file, known_hosts=servers.known_hosts
        ) + "".join(
            _HOST.format(name=plan.name, address=servers.address, port=servers.port(plan.name), site=plan.site)
            for plan in servers.domain.layout.hosts
        )


@contextmanager
def hurried_world(layouts: Mapping[str, Layout], directory: Path, speed: int) -> Iterator[World]:
    """Serve the domains; their time runs so many times faster than the machine's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opened = AsyncExitStack()

    async def serve() -> dict[str, SimulatedServers]:
        served = {}
        for name, plan in layouts.items():
            (directory / name).mkdir()
            servers = SimulatedServers(SimulatedDomain(plan, seed=1), directory / name, _clock(plan.epoch, speed))
            served[name] = await opened.enter_async_context(servers)
        return served

    try:
        served = asyncio.run_coroutine_threadsafe(serve(), loop).result(timeout=_PATIENCE)
        yield World(loop, served, speed)
    finally:
        asyncio.run_coroutine_threadsafe(opened.aclose(), loop).result(timeout=_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _clock(epoch: float, speed: int) -> Callable[[], float]:
    """Return a clock that begins an hour after a domain's epoch and runs faster."""
    began = time.monotonic()
    return lambda: epoch + 3600 + (time.monotonic() - began) * speed
