"""A Transport that answers from a simulated domain on virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.remote.request import Request, new_nonce, request_line
from boks_exporter.simulator.domain import Connectivity, SimulatedDomain
from boks_exporter.simulator.gate_channel import GateChannel
from boks_exporter.simulator.gate_reply import reply
from boks_exporter.transport.base import RawReply

REFUSALS = {
    Connectivity.REFUSED: (FailureReason.CONNECT, "connection refused"),
    Connectivity.WRONG_HOST_KEY: (FailureReason.HOST_KEY, "the host key is not the known one"),
    Connectivity.WRONG_LOGIN: (FailureReason.AUTH, "the login was refused"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the way to the hosts is: each way takes `latency_seconds` and up to `jitter_seconds` more.

    `loss` is the share of exchanges that break, half of them at once and half by never ending; `clock_skew_seconds`
    is by how much the clocks of single hosts are wrong.
    """

    latency_seconds: Seconds = 0.05
    jitter_seconds: Seconds = 0.05
    loss: float = 0.0
    clock_skew_seconds: dict[HostName, Seconds] = field(default_factory=dict)


class VirtualTransport:
    """Ask a simulated domain. The running loop's time is the domain's; `on_read` hears of each instant of reading.

    Its gates speak protocol 1, or with `has_newest_gate` protocol 2 with every section.
    """

    def __init__(
        self,
        domain: SimulatedDomain,
        *,
        seed: int,
        network: Network | None = None,
        timeout_seconds: Seconds = 20.0,
        on_read: Callable[[HostName, Request], None] | None = None,
        has_newest_gate: bool = False,
    ) -> None:
        self.domain = domain
        self.network = network or Network()
        self._timeout = timeout_seconds
        self._random = Random(f"{seed}/network")
        self._on_read = on_read
        self._has_newest_gate = has_newest_gate

    def __repr__(self) -> str:
        return f"<VirtualTransport {self.domain!r}>"

    async def ask(self, host: Host, request: Request) -> RawReply:
        deadline = asyncio.get_running_loop().time() + self._timeout
        await asyncio.sleep(self._way())
        self.domain.advance(asyncio.get_running_loop().time())
        if host.name not in self.domain.hosts:
            raise TransportError(FailureReason.DNS, f"no host of the name {host.name}")
        connectivity = self.domain.connectivity(host.name)
        if connectivity in REFUSALS:
            raise TransportError(*REFUSALS[connectivity])
        lost = self._random.random() < self.network.loss
        if connectivity is Connectivity.UNREACHABLE or (lost and self._random.random() < 1 / 2):
            raise await self._too_late(deadline)
        if lost:
            raise TransportError(FailureReason.CHANNEL, "the connection broke")
        return await self._read(host.name, request, deadline)

    async def _read(self, host: HostName, request: Request, deadline: Seconds) -> RawReply:
        skew = self.network.clock_skew_seconds.get(host, 0.0)
        nonce = None
        if self._has_newest_gate:
            nonce = new_nonce()
            channel = GateChannel(self.domain, host, clock_skew_seconds=skew)
            answer = channel.answer(request_line(request, nonce))
        else:
            answer = reply(self.domain, host, request.line(), clock_skew_seconds=skew)
        if self._on_read:
            self._on_read(host, request)
        back = answer.delay_seconds + self._way()
        if asyncio.get_running_loop().time() + back > deadline:
            raise await self._too_late(deadline)
        await asyncio.sleep(back)
        return RawReply(answer.stdout, b"", answer.exit_status, nonce)

    async def _too_late(self, deadline: Seconds) -> TransportError:
        await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
        return TransportError(FailureReason.TIMEOUT, f"no complete reply within {self._timeout:g} s")

    def _way(self) -> Seconds:
        return self.network.latency_seconds + self._random.uniform(0, self.network.jitter_seconds)
