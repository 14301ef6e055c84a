"""The bytes that a connection has received, and a limit on them until its login is complete."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds

Received: TypeAlias = Callable[[], int | None]
"""Returns the bytes received so far; None where the system does not count them."""

LOGIN_BYTES: Final = 256 * 1024
"""A login takes some ten kilobytes; a megabyte of packets that asyncssh ignores takes seconds of its time."""

_CHECK_SECONDS: Final[Seconds] = 0.1
_BYTES_RECEIVED: Final = struct.Struct("=128xQ")
"""Linux's struct tcp_info up to tcpi_bytes_received."""


def received_on(sock: socket.socket) -> int | None:
    """Return what the system has received on a TCP connection."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.size)
    except (OSError, AttributeError):  # the latter on a system without this option
        return None
    return int(_BYTES_RECEIVED.unpack(info)[0]) if len(info) == _BYTES_RECEIVED.size else None


class CountedTunnel:
    """A jump host's connection as the tunnel of one connection behind it, whose bytes it counts."""

    def __init__(self, through: asyncssh.SSHClientConnection) -> None:
        self._through = through
        self._total = 0

    def received(self) -> int:
        """Return the bytes that came through."""
        return self._total

    async def create_connection(
        self, session_factory: Callable[[], Any], host: str, port: int
    ) -> tuple[asyncssh.SSHTCPChannel[bytes], asyncssh.SSHTCPSession[bytes]]:
        """Open the connection; asyncssh calls this."""
        session = session_factory()
        counted: Any = _Counted(session, self._count)
        channel, _ = await self._through.create_connection(lambda: counted, host, port)
        return channel, session

    def _count(self, size: int) -> None:
        self._total += size


class _Counted:
    """A session that passes everything on to another one."""

    def __init__(self, session: Any, count: Callable[[int], None]) -> None:
        self._session = session
        self._count = count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._count(len(data))
        self._session.data_received(data, datatype)


@asynccontextmanager
async def limited_login(received: Received) -> AsyncIterator[None]:
    """Cut a login short whose host sends more than a login can have; raises TransportError."""
    loop = asyncio.get_running_loop()
    limit = asyncio.timeout(None)
    timer = loop.call_later(0, lambda: None)

    def check() -> None:
        nonlocal timer
        if (received() or 0) > LOGIN_BYTES:
            limit.reschedule(loop.time())
        else:
            timer = loop.call_later(_CHECK_SECONDS, check)

    try:
        async with limit:
            check()
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        detail = f"the host sent more than {LOGIN_BYTES} bytes before the login was complete; the connection was closed"
        raise TransportError(FailureReason.TOO_LARGE, detail) from error
    finally:
        timer.cancel()
