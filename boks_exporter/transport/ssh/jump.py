"""Shared connections to jump hosts: one for all hosts behind it, reopened when lost."""

import asyncio
from dataclasses import dataclass, field

import asyncssh

from boks_exporter.errors import TransportError
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.connect import Connector


class JumpError(TransportError):
    """A jump host failed, so nothing is known about the host behind it."""


@dataclass
class _Step:
    """One jump host, reached through the ones before it."""

    backoff: Backoff
    connection: asyncssh.SSHClientConnection | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Jumps:
    """All jump hosts of one domain, by route.

    A refused login pauses the jump host for all hosts behind it.
    """

    def __init__(self, connector: Connector, backoff: Backoff) -> None:
        self._connector = connector
        self._backoff = backoff
        self._steps: dict[str, _Step] = {}

    def __repr__(self) -> str:
        return f"<Jumps {' '.join(self._steps) or 'none'}>"

    async def through(self, route: str) -> asyncssh.SSHClientConnection:
        """Return an open connection to the last jump host of `a,b,…`; open the missing ones."""
        before, _, last = route.rpartition(",")
        step = self._steps.setdefault(route, _Step(self._backoff.fresh()))
        async with step.lock:
            if step.connection is None or step.connection.is_closed():
                tunnel = await self.through(before) if before else None
                step.connection = await self._open(step, last, tunnel)
            return step.connection

    async def _open(
        self, step: _Step, name: str, tunnel: asyncssh.SSHClientConnection | None
    ) -> asyncssh.SSHClientConnection:
        now = asyncio.get_running_loop().time
        try:
            step.backoff.check(now())
            connection = await self._connector.connect_jump_host(name, tunnel)
        except TransportError as error:
            step.backoff.failed(error, now())
            raise JumpError(error.reason, f"jump host {name}: {error.detail}") from error
        step.backoff.succeeded()
        return connection

    def end_pauses(self) -> None:
        """End all pauses."""
        for step in self._steps.values():
            step.backoff.succeeded()

    def release(self) -> list[asyncssh.SSHClientConnection]:
        """Return the open connections for closing, the furthest first."""
        steps = sorted(self._steps.items(), key=lambda item: item[0].count(","), reverse=True)
        self._steps = {}
        return [step.connection for _, step in steps if step.connection]
