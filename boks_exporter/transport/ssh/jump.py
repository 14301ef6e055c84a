"""Shared connections to jump hosts: one for all hosts behind it, reopened when lost."""

import asyncio
from dataclasses import dataclass, field

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.connect import Connection, Connector, Tunnel


class JumpError(TransportError):
    """A jump host failed, so nothing is known about the host behind it."""


@dataclass
class _Jump:
    """One jump host, reached through the ones before it."""

    backoff: Backoff
    connection: Connection | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Jumps:
    """All jump hosts of one domain, by route.

    A failed jump host is tried once a round: the other hosts behind it fail with the same reason.
    """

    def __init__(self, connector: Connector, backoff: Backoff, pause_seconds: Seconds) -> None:
        self._connector = connector
        self._backoff = backoff
        self._pause_seconds = pause_seconds
        self._jumps: dict[str, _Jump] = {}
        self._is_released = False

    def __repr__(self) -> str:
        return f"<Jumps {' '.join(self._jumps) or 'none'}>"

    async def through(self, route: str) -> Tunnel:
        """Return an open connection to the last jump host of `a,b,…`; open the missing ones."""
        before, _, last = route.rpartition(",")
        jump = self._jumps.setdefault(route, _Jump(self._backoff.fresh()))
        async with jump.lock:
            if jump.connection is None or jump.connection.is_closed():
                tunnel = await self.through(before) if before else None
                jump.connection = await self._open(jump, last, tunnel)
            return Tunnel(last, jump.connection)

    async def _open(self, jump: _Jump, name: str, tunnel: Tunnel | None) -> Connection:
        now = asyncio.get_running_loop().time
        stamp = self._connector.stamp()
        try:
            jump.backoff.check(now(), stamp)
            connection = await self._connector.connect_jump_host(name, tunnel)
        except TransportError as error:
            jump.backoff.failed_for_all(error, now(), self._pause_seconds, self._connector.stamp_since(stamp))
            raise JumpError(error.reason, f"jump host {name}: {error.detail}") from error
        jump.backoff.succeeded()
        if self._is_released:
            # Opened while the transport was closed: nothing else would close it.
            connection.abort()
            raise JumpError(FailureReason.CANCELLED, f"jump host {name}: closed by a reload or shutdown")
        return connection

    def end_pauses(self) -> None:
        """End all pauses."""
        for jump in self._jumps.values():
            jump.backoff.succeeded()

    def release(self) -> list[Connection]:
        """Return the open connections for closing, the furthest first."""
        self._is_released = True
        jumps = sorted(self._jumps.items(), key=lambda item: item[0].count(","), reverse=True)
        self._jumps = {}
        return [jump.connection for _, jump in jumps if jump.connection]
