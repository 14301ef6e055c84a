"""A way to the operator's gates of a simulated domain on virtual time, on which a connection can be cut."""

import asyncio
from collections.abc import Callable
from random import Random

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.remote.request import RequestLine
from boks_exporter.simulator.connection_faults import LATE_SECONDS, ConnectionFault
from boks_exporter.simulator.domain import Connectivity, Fault
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_transport import REFUSALS


class VirtualOperator:
    """Send request lines to the gates; `cuts` says for each whether its exchange breaks."""

    def __init__(self, gates: OperatorGates, *, seed: int = 1, timeout_seconds: Seconds = 20.0) -> None:
        self.gates = gates
        self.connection_fault: Callable[[HostName, str], ConnectionFault | None] = lambda _host, _line: None
        self.heard: list[tuple[Seconds, HostName, str]] = []
        self.delivers_after_record = True
        """Whether a late request arrives right after its client was told that the host has no record of it."""
        self._timeout = timeout_seconds
        self._on_the_way: list[tuple[HostName, str]] = []
        self._random = Random(f"{seed}/operator")

    def __repr__(self) -> str:
        return f"<VirtualOperator {self.gates!r}>"

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        loop, domain, line = asyncio.get_running_loop(), self.gates.domain, request.line()
        deadline = loop.time() + self._timeout
        await asyncio.sleep(self._way())
        domain.advance(loop.time())
        self._arrive(host.name)
        if domain.connectivity(host.name) is Connectivity.UNREACHABLE:
            raise await self._too_late(deadline)
        cut = self.connection_fault(host.name, line)
        if cut in {ConnectionFault.LATE, ConnectionFault.TWICE}:
            self._on_the_way.append((host.name, line))
            domain.agenda.enter(domain.now + LATE_SECONDS, lambda: self._deliver(host.name, line))
        if cut in {ConnectionFault.BEFORE, ConnectionFault.LATE}:
            raise TransportError(FailureReason.CHANNEL, "the connection broke")
        self.heard.append((domain.now, host.name, line))
        boots = self.gates.states[host.name].boots
        answer = self.gates.handle(host.name, line)
        if " op record " in line and self.delivers_after_record:
            self._deliver_after(host.name, line.split()[-1])
        if cut is ConnectionFault.DURING:
            await asyncio.sleep(min(0.5, max(0.0, answer.over_at - domain.now)))
            raise TransportError(FailureReason.CHANNEL, "the connection broke")
        await asyncio.sleep(max(0.0, answer.over_at - loop.time()))
        domain.advance(loop.time())
        if self.gates.states[host.name].boots != boots or domain.connectivity(host.name) is Connectivity.UNREACHABLE:
            raise await self._too_late(deadline)
        text = answer.text()
        await asyncio.sleep(self._way())
        domain.advance(loop.time())
        if cut is ConnectionFault.AFTER:
            raise TransportError(FailureReason.CHANNEL, "the connection broke")
        return RawReply(
            self._random.randbytes(300) if cut is ConnectionFault.GARBLED else text, b"", answer.exit_status
        )

    def _deliver_after(self, host: HostName, step_id: str) -> None:
        """Deliver a late request just after the client was told that the host has no record of it."""
        for waiting, line in tuple(self._on_the_way):
            if waiting == host and step_id in line.split():
                domain = self.gates.domain
                domain.agenda.enter(domain.now + 0.1, lambda late=line: self._deliver(host, late))  # type: ignore[misc]  # mypy infers no lambda with a default

    def deliver(self) -> None:
        """Deliver now all that is still on its way."""
        for host, line in tuple(self._on_the_way):
            self._deliver(host, line)

    def _deliver(self, host: HostName, line: str) -> None:
        """Handle a request whose client has disconnected, once, on a host that is up."""
        if (host, line) not in self._on_the_way:
            return
        self._on_the_way.remove((host, line))
        if Fault.MASTER_DEAD not in self.gates.domain.hosts[host].faults:
            self.heard.append((self.gates.domain.now, host, line))
            self.gates.handle(host, line)

    def _arrive(self, host: HostName) -> None:
        if host not in self.gates.domain.hosts:
            raise TransportError(FailureReason.DNS, f"no host of the name {host}")
        connectivity = self.gates.domain.connectivity(host)
        if connectivity in REFUSALS:
            raise TransportError(*REFUSALS[connectivity])

    async def _too_late(self, deadline: Seconds) -> TransportError:
        await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
        return TransportError(FailureReason.TIMEOUT, f"no complete reply within {self._timeout:g} s")

    def _way(self) -> Seconds:
        return 0.05 + self._random.uniform(0, 0.05)
