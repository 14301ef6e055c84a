"""A whole simulated domain behind SSH on loopback: one listener per host, each with a forced command."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Self

import asyncssh

from boks_exporter.model import HostName, Timestamp
from boks_exporter.remote.request import PROTOCOL
from boks_exporter.simulator.connection_faults import LATE_SECONDS, ConnectionFault
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.gate_channel import GateChannel
from boks_exporter.simulator.gate_reply import GateReply, reply
from boks_exporter.simulator.listener import (
    ADDRESS,
    LOGIN,
    OPERATOR_LOGIN,
    HostKeys,
    HostListener,
    Program,
    new_key,
    write_known_hosts,
    write_user_key,
)
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.request_validation import as_old_line

_TICK_SECONDS: Final = 0.02


class SimulatedServers:
    """Serves a domain while the block runs; its time follows the clock that is passed in.

    Whatever a client asks for is taken as the gate's request line, and there is no terminal, no forwarding and no
    shell, as behind the restricted key of a real host.
    """

    address: Final = ADDRESS
    user: Final = LOGIN
    operator_user: Final = OPERATOR_LOGIN

    def __init__(
        self,
        domain: SimulatedDomain,
        directory: Path,
        now: Callable[[], Timestamp] = time.time,
        operators: OperatorGates | None = None,
        *,
        address: str | None = None,
        pace: float = 1.0,
    ) -> None:
        """Store an existing directory, in which the clients' keys and the known host keys will be written.

        With the operator's gates, a second login with a key of its own can change the hosts, and every host listens on
        the address of its plan unless one is given for all: hosts ask each other about their addresses. The gate that
        reads is quicker by `pace`. `cuts` says for each request of the operator's whether its exchange breaks.
        """
        self.domain = domain
        self.operators = operators
        self.identity_file = directory / "id_ed25519"
        self.operator_identity_file = directory / "id_operator"
        self.known_hosts = directory / "known_hosts"
        self.connection_fault: Callable[[HostName, str], ConnectionFault | None] = lambda _host, _line: None
        self._now = now
        self._address = address
        self._pace = pace
        self._listeners: dict[HostName, HostListener] = {}
        self._open = AsyncExitStack()

    def __repr__(self) -> str:
        return f"<SimulatedServers {', '.join(map(repr, self._listeners.values()))}>"

    async def __aenter__(self) -> Self:
        """Make keys and listen; every host can be reached afterwards."""
        user_keys = self._user_keys()
        async with AsyncExitStack() as opened:
            for name in self.domain.hosts:
                listener = HostListener(
                    name, HostKeys.generate(), user_keys, self._program(name), self.address_of(name)
                )
                opened.push_async_callback(listener.aclose)
                self._listeners[name] = listener
            await self.update_listeners()
            self._open = opened.pop_all()
        known = ((listener.address, listener.port, listener.keys.true) for listener in self._listeners.values())
        write_known_hosts(known, self.known_hosts)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._open.aclose()

    def address_of(self, host: HostName) -> str:
        return self._address or (ADDRESS if self.operators is None else self.domain.hosts[host].address)

    def port(self, host: HostName) -> int:
        """Return a host's port; it stays the same through all faults."""
        return self._listeners[host].port

    async def set_fault(self, host: HostName, fault: Fault, **parameters: Any) -> None:
        self._advance()
        self.domain.set_fault(host, fault, **parameters)
        await self.update_listeners()

    async def clear_fault(self, host: HostName, fault: Fault) -> None:
        self._advance()
        self.domain.clear_fault(host, fault)
        await self.update_listeners()

    def remove_data(self, host: HostName) -> None:
        """Remove a host's database, as before it is added again."""
        self._advance()
        self.domain.remove_data(host)

    async def update_listeners(self) -> None:
        """Apply the domain's connectivity to every listener, after faults were set on the domain itself."""
        for name, listener in self._listeners.items():
            await listener.set_behaviour(self.domain.connectivity(name))

    def _user_keys(self) -> dict[str, asyncssh.SSHKey]:
        files = {LOGIN: self.identity_file}
        if self.operators is not None:
            files[OPERATOR_LOGIN] = self.operator_identity_file
        keys = {user: new_key() for user in files}
        for user, file in files.items():
            write_user_key(keys[user], file)
        return keys

    def _advance(self) -> None:
        self.domain.advance(self._now() - self.domain.epoch)

    def _program(self, host: HostName) -> Program:
        async def program(process: "asyncssh.SSHServerProcess[bytes]") -> None:
            self._advance()
            if self.operators is not None and process.get_extra_info("username") == OPERATOR_LOGIN:
                await self._change(process, self.operators, host)
            elif process.command == PROTOCOL:
                await self._converse(process, GateChannel(self.domain, host))
            else:
                await _write(process, reply(self.domain, host, process.command or ""), self._pace)

        return program

    async def _converse(self, process: "asyncssh.SSHServerProcess[bytes]", channel: GateChannel) -> None:
        """Answer request after request on one channel, until the gate or the client ends it."""
        status = 0
        while not channel.is_over and (line := await process.stdin.readline()).endswith(b"\n"):
            self._advance()
            answer = channel.answer(line[:-1].decode(errors="replace"))
            await asyncio.sleep(answer.delay_seconds / self._pace)
            process.stdout.write(answer.stdout)
            status = answer.exit_status
        process.exit(status)

    async def _change(
        self, process: "asyncssh.SSHServerProcess[bytes]", operators: OperatorGates, host: HostName
    ) -> None:
        """Run a request through the operator's gate; it continues if the client disconnects."""
        line = process.command or ""
        if line == PROTOCOL:
            line = (await process.stdin.readline()).removesuffix(b"\n").decode(errors="replace")
        cut = self.connection_fault(host, as_old_line(line))
        if cut in {ConnectionFault.LATE, ConnectionFault.TWICE}:
            self.domain.agenda.enter(self.domain.now + LATE_SECONDS, lambda: self._deliver(operators, host, line))
        if cut in {ConnectionFault.BEFORE, ConnectionFault.LATE}:
            return _break(process)
        answer = operators.handle(host, line)
        if cut is ConnectionFault.DURING:
            return _break(process)
        while self.domain.now < answer.over_at:
            await asyncio.sleep(_TICK_SECONDS)
            if process.is_closing():
                return None
            self._advance()
        if cut is ConnectionFault.AFTER:
            return _break(process)
        process.stdout.write(self.domain.random.randbytes(300) if cut is ConnectionFault.GARBLED else answer.text())
        process.exit(answer.exit_status)
        return None

    def _deliver(self, operators: OperatorGates, host: HostName, line: str) -> None:
        """Handle a request whose client has disconnected, on a host that is up."""
        if Fault.MASTER_DEAD not in self.domain.hosts[host].faults:
            operators.handle(host, line)


def _break(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """Abort the connection without a goodbye message."""
    process.channel.get_connection().abort()


async def _write(process: "asyncssh.SSHServerProcess[bytes]", answer: GateReply, pace: float) -> None:
    """Write the reply after the time that the gate would take; a client that disconnects ends the wait."""
    try:
        async with asyncio.timeout(answer.delay_seconds / pace):
            await process.wait_closed()
    except TimeoutError:
        process.stdout.write(answer.stdout)
        process.exit(answer.exit_status)
