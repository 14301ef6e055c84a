"""A twin behind SSH on loopback: servers with the keys of both gates, in a time of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.model import Host, Seconds
from boks_exporter.rehearsal.environment import Cutter, Known, SilentWay, Stage, dress
from boks_exporter.rehearsal.twin_clock import PACE, HurriedGates, TwinTime
from boks_exporter.rehearsal.twin_state import found_in
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import SshSettings
from boks_exporter.simulator.domain import Connectivity
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.transport.base import OperatorTransport, RawReply

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

_WALL_TIMEOUT_SECONDS: Final[Seconds] = 10.0
"""Silent hosts are waited for in the twin's time; by the wall's only a machine that is too slow is met."""
_MEET_EVERY_SECONDS: Final[Seconds] = 0.05


@dataclass(frozen=True, slots=True)
class LoopbackWay:
    """The way to a twin's hosts by their live names; who never answers is waited for in the twin's time."""

    way: OperatorTransport
    servers: "SimulatedServers"
    time: TwinTime
    timeout_seconds: Seconds

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request to the port at which the host's twin listens."""
        if self.servers.domain.connectivity(host.name) is Connectivity.UNREACHABLE:
            await self.time.sleep(self.timeout_seconds)
            raise TransportError(FailureReason.TIMEOUT, f"no complete reply within {self.timeout_seconds:g} s")
        there = replace(host, address=self.servers.address, port=self.servers.port(host.name))
        return await self.way.ask(there, request)


@asynccontextmanager
async def served_twin(known: Known, facts: FailoverFacts, directory: Path) -> AsyncIterator[Stage]:
    """Serve a twin for as long as the block runs; `directory` is a new one, for its keys and journals."""
    from boks_exporter.simulator.server import SimulatedServers
    from boks_exporter.transport.ssh import SshTransport

    found = found_in(facts, known.history)
    domain = twin_of(found.standing)
    twin_time = TwinTime(domain.epoch + domain.now)
    gates = dress(HurriedGates(domain, twin_time), found)
    observer = Observer(domain)
    servers = SimulatedServers(domain, directory, twin_time.now, gates, address=SimulatedServers.address, pace=PACE)

    def let_break(cutter: Cutter) -> None:
        servers.cuts = cutter

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(servers)
        ways = []
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
            ways.append(LoopbackWay(transport, servers, twin_time, known.timeout_seconds))
        meeting = asyncio.create_task(_keep_meeting(servers, twin_time), name="twin")
        stack.push_async_callback(_end, meeting)
        yield Stage(
            directory=directory,
            known=known,
            domain=domain,
            gates=gates,
            observer=observer,
            time=twin_time,
            reading=SilentWay(ways[0], found.no_reading),
            operator=SilentWay(ways[1], found.no_operator),
            let_break=let_break,
        )


async def _keep_meeting(servers: "SimulatedServers", twin_time: TwinTime) -> None:
    """Let the twin's time pass, and let hosts that go down or come back do so for whoever connects."""
    while True:
        servers.domain.advance(twin_time.now() - servers.domain.epoch)
        await servers.meet()
        await asyncio.sleep(_MEET_EVERY_SECONDS)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
