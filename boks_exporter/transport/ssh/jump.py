"""Shared connections to jump hosts: one for all hosts behind it, opened anew when it is gone."""

import asyncio
from dataclasses import dataclass, field

import asyncssh

from boks_exporter.errors import TransportError
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.connect import Dialer


class JumpError(TransportError):
    """The way to a host failed, so nothing was learnt about the host itself."""


@dataclass
class _Step:
    """One jump host, as reached by the steps before it."""

    backoff: Backoff
    connection: asyncssh.SSHClientConnection | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Jumps:
    """All jump hosts of one domain, by the way that leads to them.

    A refused login pauses the jump host for everybody: a hundred hosts behind it are not a hundred reasons to try.
    """

    def __init__(self, dialer: Dialer, backoff: Backoff) -> None:
        """Take the dialer, and a fresh back-off to copy for each jump host."""
        self._dialer = dialer
        self._backoff = backoff
        self._steps: dict[str, _Step] = {}

    def __repr__(self) -> str:
        """Tell the ways that were taken."""
        return f"<Jumps {' '.join(self._steps) or 'none'}>"

    async def through(self, route: str) -> asyncssh.SSHClientConnection:
        """Give an open connection to the last jump host of `a,b,…`, opening what is not open."""
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
            connection = await self._dialer.dial_step(name, tunnel)
        except TransportError as error:
            step.backoff.failed(error, now())
            raise JumpError(error.reason, f"jump host {name}: {error.detail}") from error
        step.backoff.succeeded()
        return connection

    def forgive(self) -> None:
        """End all pauses."""
        for step in self._steps.values():
            step.backoff.succeeded()

    def release(self) -> list[asyncssh.SSHClientConnection]:
        """Hand over the open connections, the furthest first, for closing."""
        steps = sorted(self._steps.items(), key=lambda item: item[0].count(","), reverse=True)
        self._steps = {}
        return [step.connection for _, step in steps if step.connection]
