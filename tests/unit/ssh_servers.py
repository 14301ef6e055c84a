"""In-process SSH servers for tests of the client; each has exactly one fault."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Section
from boks_exporter.remote.request import PROTOCOL, Request
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh import SshTransport

ROLE = Request((Section.ROLE,))
USER = "boksmon"
INSULT = "\x1b[2J\u202efdp.exe\x9b31m" + "x" * 20_000
"""A message that plays with terminals and fills logs."""
ANSWER = b"=boks-gate/1 asked: boks-gate/1 role\n=done sections=0\n"
Program = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]


async def echo_request(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """Reply with the requested command."""
    process.stdout.write(f"=boks-gate/1 asked: {process.command}\n=done sections=0\n".encode())
    process.exit(0)


async def hang(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """Send one line and never end."""
    process.stdout.write(b"=boks-gate/1 version=1.0.0\n")
    await asyncio.Event().wait()


async def trickle(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """Send lines without end."""
    while True:
        process.stdout.write(b"|\n")
        await asyncio.sleep(0.01)


@dataclass
class Keys:
    """The client's key files, and the same keys as objects for the servers."""

    directory: Path
    user: asyncssh.SSHKey
    host: asyncssh.SSHKey
    known: dict[int, asyncssh.SSHKey] = field(default_factory=dict)

    @classmethod
    def make(cls, directory: Path) -> "Keys":
        keys = cls(
            directory, asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
        )
        keys.user.write_private_key(directory / "id")
        keys.write_known_hosts()
        return keys

    def write_known_hosts(self) -> None:
        lines = (
            f"[127.0.0.1]:{port} {key.export_public_key('openssh').decode().strip()}\n"
            for port, key in self.known.items()
        )
        (self.directory / "known_hosts").write_text("".join(lines))

    def knows(self, port: int, key: asyncssh.SSHKey | None = None) -> None:
        self.known[port] = key or self.host
        self.write_known_hosts()

    def settings(self, **changes: Any) -> SshSettings:
        stated: dict[str, Any] = {
            "user": USER,
            "identity_files": (self.directory / "id",),
            "known_hosts": self.directory / "known_hosts",
        }
        return SshSettings(**(stated | changes))


@dataclass
class SshServer(asyncssh.SSHServer):
    """One server: its connections, its count of logins, and the stage at which it hangs."""

    keys: Keys
    stops_at: str = ""
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    came_from: list[str] = field(default_factory=list)
    logins: int = 0
    attempts: int = 0
    busiest: int = 0
    entering: int = 0
    authorized: str = ""
    speaks_protocol_2: bool = False
    commands: list[str] = field(default_factory=list)
    port: int = 0
    acceptor: asyncssh.SSHAcceptor | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> Host:
        return Host(f"host{self.port}", "127.0.0.1", self.port)

    def kill(self) -> None:
        """Abort every connection."""
        for connection in self.connections:
            connection.abort()
        self.connections.clear()

    def running(self, program: Program) -> Program:
        """Run a program until the server closes."""

        async def run(process: "asyncssh.SSHServerProcess[bytes]") -> None:
            self.commands.append(process.command or "")
            if process.command == PROTOCOL and not self.speaks_protocol_2:
                process.stdout.write(b"=refused unknown_protocol\n")
                process.exit(64)
                return
            task = asyncio.ensure_future(program(process))
            closing = asyncio.create_task(self.closing.wait())
            await asyncio.wait([task, closing], return_when=asyncio.FIRST_COMPLETED)
            for one in (task, closing):
                one.cancel()

        return run


class _Session(asyncssh.SSHServer):
    def __init__(self, server: SshServer) -> None:
        self.server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.server.connections.append(conn)
        self.server.came_from.append(conn.get_extra_info("peername")[0])
        self.server.attempts += 1
        self.server.entering += 1
        self.server.busiest = max(self.server.busiest, self.server.entering)

    async def begin_auth(self, username: str) -> bool:
        if self.server.stops_at == "auth":
            await self.server.closing.wait()
        if self.server.stops_at == "insult":
            raise asyncssh.DisconnectError(asyncssh.DISC_PROTOCOL_ERROR, INSULT)
        if self.server.stops_at == "a moment":
            await asyncio.sleep(0.03)
        return True

    def auth_completed(self) -> None:
        self.server.logins += 1
        self.server.entering -= 1

    def connection_requested(self, *destination: object) -> bool:
        return self.server.stops_at != "forwarding"


class _NoChannel(_Session):
    async def session_requested(self) -> bool:
        await self.server.closing.wait()
        return False


@asynccontextmanager
async def ssh_server(
    keys: Keys, program: Program = echo_request, *, known: bool = True, **how: Any
) -> AsyncIterator[SshServer]:
    """Run one server; `stops_at` is the stage at which it hangs: auth or channel."""
    stops_at = how.pop("stops_at", "")
    server = SshServer(keys, stops_at, speaks_protocol_2=how.pop("speaks_protocol_2", False))
    public = how.pop("authorized", None) or keys.user.export_public_key("openssh").decode()
    session = _NoChannel if stops_at == "channel" else _Session
    host_key = how.pop("host_key", keys.host)
    if stops_at != "channel":
        how["process_factory"] = server.running(program)
    server.acceptor = await asyncssh.listen(
        how.pop("address", "127.0.0.1"),
        how.pop("port", 0),
        server_factory=lambda: session(server),
        server_host_keys=host_key if isinstance(host_key, list) else [host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(public),
        encoding=None,
        allow_pty=False,
        **how,
    )
    server.port = server.acceptor.get_port()
    if known:
        keys.knows(server.port)
    try:
        yield server
    finally:
        server.acceptor.close()
        server.closing.set()
        open_ones = list(server.connections)
        server.kill()
        await server.acceptor.wait_closed()
        await asyncio.gather(*(connection.wait_closed() for connection in open_ones))


@asynccontextmanager
async def open_transport(settings: SshSettings, timeout_seconds: float = 20.0) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings, timeout_seconds=timeout_seconds)
    try:
        yield transport
    finally:
        await transport.aclose()


async def failure(transport: SshTransport, host: Host) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await transport.ask(host, ROLE)
    return failed.value


async def remaining_tasks() -> list[str]:
    """Return the tasks that still exist next to this one after a moment."""
    for _ in range(50):
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if not others:
            return []
        await asyncio.sleep(0.01)
    return [repr(task) for task in others]


def holding(file: Path, content: str | None) -> Path:
    """Replace the content of a file, or remove the file."""
    file.unlink()
    if content is not None:
        file.write_bytes(content.encode(errors="surrogateescape"))
    return file


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key("openssh").decode().strip()


async def outcome(settings: SshSettings, host: Host) -> FailureReason | bytes:
    """Make one exchange; return the output or the failure reason."""
    transport = SshTransport(settings, timeout_seconds=20)
    try:
        return (await transport.ask(host, ROLE)).stdout
    except TransportError as error:
        return error.reason
    finally:
        await transport.aclose()
