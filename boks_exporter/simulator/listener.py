"""One simulated host as an SSH server on loopback, with its keys and connection failures."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import asyncssh

from boks_exporter.simulator.domain.faults import Connectivity

_KIND: Final = "ssh-ed25519"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class HostKeys:
    """A host's known key, and another one for a changed host key."""

    true: asyncssh.SSHKey
    other: asyncssh.SSHKey

    @classmethod
    def generate(cls) -> "HostKeys":
        return cls(new_key(), new_key())


def new_key() -> asyncssh.SSHKey:
    """Make a key of the fastest kind."""
    return asyncssh.generate_private_key(_KIND)


def write_user_key(key: asyncssh.SSHKey, path: Path) -> None:
    """Write a private key that is never readable by others."""
    path.touch(mode=_PRIVATE, exist_ok=False)
    path.write_bytes(key.export_private_key())


def write_known_hosts(hosts: Iterable[tuple[str, int, asyncssh.SSHKey]], path: Path) -> None:
    """Write the true host key of each address and port."""
    lines = (f"[{address}]:{port} {_public(key)}\n" for address, port, key in hosts)
    path.write_text("".join(lines), encoding="utf-8")


def _public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


ADDRESS: Final = "127.0.0.1"
LOGIN: Final = "boksmon"
OPERATOR_LOGIN: Final = "boksop"

_BACKLOG: Final = 128

Program = Callable[["asyncssh.SSHServerProcess[bytes]"], Any]


class Abortable(Protocol):
    """A connection that can be aborted."""

    def abort(self) -> None:
        """Close it without a goodbye message."""
        ...


class HostListener:
    """One host's SSH port.

    A bound socket that never listens holds the port, so a host that refuses connections does not lose it to another
    program.
    """

    def __init__(
        self,
        name: str,
        keys: HostKeys,
        user_keys: Mapping[str, asyncssh.SSHKey],
        program: Program,
        address: str = ADDRESS,
    ) -> None:
        """Bind a port of the address; connections are refused until `set_behaviour`. Each login has its own key."""
        self.name = name
        self.address = address
        self.keys = keys
        self.behaviour = Connectivity.REFUSED
        self._user_keys = {login: key.public_data for login, key in user_keys.items()}
        self._program = program
        self._keeper = _bound_socket(address, 0)
        self.port: int = self._keeper.getsockname()[1]
        self._server: asyncio.AbstractServer | asyncssh.SSHAcceptor | None = None
        self._open: set[Abortable] = set()

    def __repr__(self) -> str:
        return f"<HostListener {self.name} {self.address}:{self.port} {self.behaviour} {len(self._open)} connected>"

    async def set_behaviour(self, behaviour: Connectivity) -> None:
        """Change what clients meet; a change closes the open connections."""
        if behaviour is self.behaviour:
            return
        await self.aclose(keep_port=True)
        self.behaviour = behaviour
        if behaviour is Connectivity.UNREACHABLE:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Silent(self._open), sock=self._listening())
        elif behaviour is not Connectivity.REFUSED:
            self._server = await self._ssh_server(behaviour)

    async def aclose(self, *, keep_port: bool = False) -> None:
        """Cut every connection and stop listening."""
        self.behaviour = Connectivity.REFUSED
        server, self._server = self._server, None
        if server:
            server.close()
        for connection in tuple(self._open):
            connection.abort()
        if server:
            await server.wait_closed()
        if not keep_port:
            self._keeper.close()

    async def _ssh_server(self, behaviour: Connectivity) -> asyncssh.SSHAcceptor:
        """Listen like a host whose key has a forced command: one program, no terminal, no forwarding."""
        return await asyncssh.listen(
            sock=self._listening(),
            config=None,
            server_factory=lambda: _Login(self._admits, self._open),
            server_host_keys=[self.keys.other if behaviour is Connectivity.WRONG_HOST_KEY else self.keys.true],
            process_factory=self._program,
            encoding=None,
            allow_pty=False,
            line_editor=False,
            agent_forwarding=False,
        )

    def _listening(self) -> socket.socket:
        listening = _bound_socket(self.address, self.port)
        listening.listen(_BACKLOG)
        return listening

    def _admits(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Return whether this key may log in."""
        return self.behaviour is not Connectivity.WRONG_LOGIN and self._user_keys.get(username) == key.public_data


class _Login(asyncssh.SSHServer):
    """One connection; only the configured public key may log in."""

    def __init__(self, admits: Callable[[str, asyncssh.SSHKey], bool], opened: set[Abortable]) -> None:
        self._admits = admits
        self._opened = opened
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._opened.add(conn)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._connection:
            self._opened.discard(self._connection)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._admits(username, key)


class _Silent(asyncio.Protocol):
    """A connection that is accepted and never answered."""

    def __init__(self, opened: set[Abortable]) -> None:
        self._opened = opened
        self._transport: Abortable | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("Abortable", transport)
        self._opened.add(self._transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._transport:
            self._opened.discard(self._transport)


def _bound_socket(address: str, port: int) -> socket.socket:
    """Bind a port that several sockets of this process may share; the one that listens gets the connections."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((address, port))
    bound.settimeout(0)
    return bound
