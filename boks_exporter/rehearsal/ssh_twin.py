"""A twin behind SSH on loopback: servers with the keys of both gates and a clock of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.model import Host, Seconds
from boks_exporter.rehearsal.environment import (
    ChooseFault,
    LiveKnowledge,
    SilencedTransport,
    TwinEnvironment,
    apply_gate_state,
)
from boks_exporter.rehearsal.twin_state import found_in
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import Connectivity
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.transport.base import OperatorTransport, RawReply

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

import time
from collections.abc import Callable

from boks_exporter.model import HostName, Timestamp
from boks_exporter.simulator.domain import SimulatedDomain
from boks_exporter.simulator.operator_gate import Answer, OperatorGates

PACE: Final = 4.0
"""Twin seconds per wall second while hosts are polled; the reading gate answers as much faster."""

FAST_FORWARD: Final = 60.0
"""Twin seconds per wall second while a command runs, a copy loads or a program waits."""


class TwinClock:
    """A clock that can be fast-forwarded."""

    def __init__(self, begins_at: Timestamp, wall: Callable[[], Seconds] = time.monotonic) -> None:
        self._wall = wall
        self._read_at = wall()
        self._now = begins_at
        self._fast_until = begins_at

    def __repr__(self) -> str:
        return f"<TwinTime {self._now:.1f}>"

    def now(self) -> Timestamp:
        wall = self._wall()
        passed, self._read_at = wall - self._read_at, wall
        skipped = min(passed * FAST_FORWARD, max(0.0, self._fast_until - self._now))
        self._now += skipped + (passed - skipped / FAST_FORWARD) * PACE
        return self._now

    def fast_forward(self, until: Timestamp) -> None:
        """Move the time quickly until an instant."""
        self._fast_until = max(self._fast_until, until)
        self.now()

    def monotonic(self) -> Seconds:
        """Return the same time: this clock is never set."""
        return self.now()

    async def sleep(self, seconds: Seconds) -> None:
        """Wait in the twin's time."""
        until = self.now() + seconds
        self.fast_forward(until)
        await asyncio.sleep(max(0.0, until - self.now()) / FAST_FORWARD)
        if (left := until - self.now()) > 0:
            await asyncio.sleep(left / PACE)


class FastForwardGates(OperatorGates):
    """Operator's gates that fast-forward the clock while a command runs."""

    def __init__(self, domain: SimulatedDomain, twin_time: TwinClock) -> None:
        super().__init__(domain)
        self._time = twin_time

    def handle(self, host: HostName, line: str) -> Answer:
        """Handle one request, and fast-forward until it is answered."""
        answer = super().handle(host, line)
        self._time.fast_forward(self.domain.epoch + answer.over_at)
        return answer


_WALL_TIMEOUT_SECONDS: Final[Seconds] = 10.0
"""Unreachable hosts time out by the twin's clock; by the wall clock only a machine that is too slow does."""
_UPDATE_EVERY_SECONDS: Final[Seconds] = 0.05


@dataclass(frozen=True, slots=True)
class LoopbackTransport:
    """Connects to a twin's hosts by their live names; unreachable hosts time out by the twin's clock."""

    transport: OperatorTransport
    servers: "SimulatedServers"
    time: TwinClock
    timeout_seconds: Seconds

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request to the port of the host's twin."""
        if self.servers.domain.connectivity(host.name) is Connectivity.UNREACHABLE:
            await self.time.sleep(self.timeout_seconds)
            raise TransportError(FailureReason.TIMEOUT, f"no complete reply within {self.timeout_seconds:g} s")
        there = replace(host, address=self.servers.address, port=self.servers.port(host.name))
        return await self.transport.ask(there, request)


@asynccontextmanager
async def served_twin(known: LiveKnowledge, facts: FailoverFacts, directory: Path) -> AsyncIterator[TwinEnvironment]:
    """Serve a twin while the block runs; `directory` is a new one, for its keys and journals."""
    from boks_exporter.simulator.server import SimulatedServers
    from boks_exporter.transport.ssh import SshTransport

    found = found_in(facts, known.history)
    domain = twin_of(found.standing)
    twin_time = TwinClock(domain.epoch + domain.now)
    gates = apply_gate_state(FastForwardGates(domain, twin_time), found)
    observer = Observer(domain)
    servers = SimulatedServers(domain, directory, twin_time.now, gates, address=SimulatedServers.address, pace=PACE)

    def set_connection_faults(cutter: ChooseFault) -> None:
        servers.connection_fault = cutter

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(servers)
        transports = []
        for user, key in (
            (servers.user, servers.identity_file),
            (servers.operator_user, servers.operator_identity_file),
        ):
            settings = SshSettings(
                user=user,
                identity_files=(key,),
                known_hosts=servers.known_hosts,
                backoff_initial_seconds=0.1,
                backoff_limit_seconds=0.1,
            )
            transport = SshTransport(settings, timeout_seconds=_WALL_TIMEOUT_SECONDS)
            stack.push_async_callback(transport.aclose)
            transports.append(LoopbackTransport(transport, servers, twin_time, known.timeout_seconds))
        updating = asyncio.create_task(_keep_updating(servers, twin_time), name="twin")
        stack.push_async_callback(_end, updating)
        yield TwinEnvironment(
            directory=directory,
            known=known,
            domain=domain,
            gates=gates,
            observer=observer,
            time=twin_time,
            reading=SilencedTransport(transports[0], found.no_reading),
            operator=SilencedTransport(transports[1], found.no_operator),
            set_connection_faults=set_connection_faults,
        )


async def _keep_updating(servers: "SimulatedServers", twin_time: TwinClock) -> None:
    """Advance the twin's time, and apply every change of reachability to its listeners."""
    while True:
        servers.domain.advance(twin_time.now() - servers.domain.epoch)
        await servers.update_listeners()
        await asyncio.sleep(_UPDATE_EVERY_SECONDS)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
