"""Accepts connections, with a limit on their number in total and for each address."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import Final

from boks_exporter.web.guarded_connection import HEAD_SECONDS, STALLED_SECONDS, GuardedConnection
from boks_exporter.web.rate_limit import client_key
from boks_exporter.web.request_head import TOO_SLOW, Refusals

MAX_CONNECTIONS: Final = 256
MAX_CONNECTIONS_PER_ADDRESS: Final = 64
ACCEPTED_AT_ONCE: Final = 16
SERVED_AT_ONCE: Final = 4
"""To serve a client takes ten times as long as to accept it, and more than these are accepted meanwhile."""
_PAUSE_SECONDS: Final = 0.1
_LEAST_SECONDS: Final = 0.001
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections are open at the same time, and how long a client may take."""

    total: int = MAX_CONNECTIONS
    per_address: int = MAX_CONNECTIONS_PER_ADDRESS
    head_seconds: float = HEAD_SECONDS
    stalled_seconds: float = STALLED_SECONDS


@dataclass(eq=False)
class _Open:
    """One accepted socket; `silence` ends its wait for a first byte, `connection` is None during the TLS handshake."""

    socket: socket.socket
    address: str
    key: str
    accepted_at: float
    silence: asyncio.TimerHandle | None = None
    task: "asyncio.Task[None] | None" = None
    connection: GuardedConnection | None = None

    @property
    def order(self) -> tuple[bool, float]:
        """Return its place among those to be closed: streams, whose number has a limit of its own, come last."""
        known = self.connection
        return (known.is_streaming, known.waiting_since) if known else (False, self.accepted_at)

    def close(self) -> None:
        if self.connection:
            self.connection.abort()
        elif self.task:
            self.task.cancel()
        else:
            self.end_silence()
            self.socket.close()

    def end_silence(self) -> None:
        """Stop waiting for a first byte."""
        if self.silence:
            asyncio.get_running_loop().remove_reader(self.socket)
            self.silence.cancel()
            self.silence = None


class Acceptor:
    """Accepts on listening sockets. At a limit, the connection that has waited longest is closed for the new one.

    A scrape is served within milliseconds, so a client that opens many connections displaces its own, and
    event streams last. A client that has sent nothing yet costs hardly any time, so that a scrape that comes after a
    thousand of them does not wait for long.
    """

    def __init__(
        self,
        make_protocol: Callable[[], asyncio.Protocol],
        refusals: Refusals,
        limits: ConnectionLimits,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._make_protocol = make_protocol
        self._refusals = refusals
        self._limits = limits
        self._tls = tls
        self._open: dict[_Open, None] = {}
        self._unserved: dict[_Open, None] = {}
        """Those that have sent something and are not served yet."""
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<Acceptor with {len(self._open)} connections>"

    def listen(self, listening: socket.socket) -> None:
        """Accept connections of a listening socket until `close`."""
        listening.settimeout(0)
        self._tasks.append(asyncio.get_running_loop().create_task(self._accept(listening)))

    async def stop_listening(self) -> None:
        """Stop accepting; open connections stay."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Close every connection."""
        await self.stop_listening()
        handshakes = [entry.task for entry in self._open if entry.task and not entry.connection]
        for entry in list(self._open):
            entry.close()
        self._open = {entry: None for entry in self._open if entry.task}
        self._unserved.clear()
        if handshakes:
            await asyncio.wait(handshakes)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listening:
            for number in count(1):
                try:
                    accepted, peer = await loop.sock_accept(listening)
                except OSError as error:
                    if error.errno in _EXHAUSTED:
                        self._refusals.log(f"no file descriptor or memory is left: {error.strerror}", "")
                        self._close_oldest(None)
                        await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                self._admit(accepted, str(peer[0]))
                # asyncio's loop accepts what waits without a pause: a flood would keep all else from running.
                if number % ACCEPTED_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _admit(self, accepted: socket.socket, address: str) -> None:
        accepted.settimeout(0)
        loop = asyncio.get_running_loop()
        entry = _Open(accepted, address, client_key(address), loop.time())
        same = [other for other in self._open if other.key == entry.key]
        if len(same) >= self._limits.per_address:
            self._close_oldest(entry.key)
        elif len(self._open) >= self._limits.total:
            self._close_oldest(None)
        self._open[entry] = None
        loop.add_reader(accepted, self._begin, entry)
        entry.silence = loop.call_later(self._limits.head_seconds, self._too_slow, entry)

    def _begin(self, entry: _Open) -> None:
        """Serve a client that has sent something, or has closed the connection, when it is its turn."""
        entry.end_silence()
        if not self._unserved:
            asyncio.get_running_loop().call_soon(self._serve_some)
        self._unserved[entry] = None

    def _serve_some(self) -> None:
        """Serve the newest of each address, then others: a flood from one address delays no other."""
        loop = asyncio.get_running_loop()
        newest = {entry.key: entry for entry in self._unserved}
        first = dict.fromkeys((*newest.values(), *reversed(self._unserved)))
        for entry in islice(first, SERVED_AT_ONCE):
            del self._unserved[entry]
            entry.task = loop.create_task(self._serve(entry))
            entry.task.add_done_callback(partial(self._served, entry))
        if self._unserved:
            loop.call_soon(self._serve_some)

    def _too_slow(self, entry: _Open) -> None:
        """Answer and close a connection on which nothing came."""
        answer = self._refusals.answer(TOO_SLOW, entry.address)
        with suppress(OSError):
            if self._tls is None:
                entry.socket.send(answer)
        self._open.pop(entry, None)
        entry.close()

    def _close_oldest(self, key: str | None) -> None:
        entries = [entry for entry in self._open if key in {None, entry.key}]
        if entries:
            oldest = min(entries, key=lambda entry: entry.order)
            self._refusals.log("too many connections; the oldest was closed", oldest.key)
            self._open.pop(oldest, None)
            self._unserved.pop(oldest, None)
            oldest.close()

    async def _serve(self, entry: _Open) -> None:
        """Run the TLS handshake, if any, and connect the protocol; the time of the first byte counts for either."""
        loop = asyncio.get_running_loop()
        left = max(0.0, entry.accepted_at + self._limits.head_seconds - loop.time())

        def closed() -> None:
            self._open.pop(entry, None)

        def connected() -> GuardedConnection:
            seconds = (self._limits.head_seconds, self._limits.stalled_seconds)
            guarded = GuardedConnection(self._make_protocol(), self._refusals, closed, entry.address, seconds)
            guarded.first_head_seconds = self._limits.head_seconds if self._tls else left
            return guarded

        with suppress(OSError, ssl.SSLError, asyncio.CancelledError):
            _, entry.connection = await loop.connect_accepted_socket(
                connected,
                entry.socket,
                ssl=self._tls,
                ssl_handshake_timeout=max(_LEAST_SECONDS, left) if self._tls else None,
            )

    def _served(self, entry: _Open, _: object) -> None:
        """Close a socket that did not become a connection: its task may have been cancelled before it began."""
        if entry.connection is None:
            self._open.pop(entry, None)
            entry.socket.close()
