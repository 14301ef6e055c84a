"""SSH transport: one kept connection per host, one deadline per exchange."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.remote.gate import sent_command, sent_script
from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.connect import Connector
from boks_exporter.transport.ssh.error_mapping import during_exchange
from boks_exporter.transport.ssh.exchange import Process, begin, complete
from boks_exporter.transport.ssh.jump import JumpError, Jumps

CONCURRENT_LOGINS: Final = 20
CONCURRENT_LOGINS_THROUGH_JUMP_HOST: Final = 5
"""Logins in progress at the same time. Behind a jump host they share its MaxStartups."""

_JITTER_SECONDS: Final = 0.05
_CLOSING_SECONDS: Final = 1.0
_CLOSED: Final = "the connection was closed by a reload or shutdown"


class _Peer:
    """One host: its kept connection, if any, and its back-off."""

    def __init__(self, host: Host, backoff: Backoff) -> None:
        self.host = host
        self.backoff = backoff
        self.connection: asyncssh.SSHClientConnection | None = None
        self.lock = asyncio.Lock()
        self.connections = 0
        self.removed = False

    def drop(self) -> None:
        """Abort the connection: after a failure it is not used again."""
        if self.connection:
            self.connection.abort()
            self.connection = None


class SshTransport:
    """Exchange requests and replies over SSH.

    Every failure closes the connection; the next round connects again. A kept connection that was lost while idle is
    replaced within the same exchange and counted in `reconnects`; one that is lost under a running command is a
    failure of the channel, since the reply is lost.
    """

    def __init__(self, settings: SshSettings, *, timeout_seconds: Seconds, jitter: random.Random | None = None) -> None:
        self._settings = settings
        self._timeout = timeout_seconds
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._backoff = Backoff(settings.backoff_initial_seconds, settings.backoff_limit_seconds, self._jitter)
        self._connector = Connector(settings)
        self._jumps = Jumps(self._connector, self._backoff)
        self._peers: dict[HostName, _Peer] = {}
        logins = CONCURRENT_LOGINS_THROUGH_JUMP_HOST if settings.jump_host else CONCURRENT_LOGINS
        self._login_limiter = asyncio.Semaphore(logins)

    def __repr__(self) -> str:
        opened = sum(peer.connection is not None for peer in self._peers.values())
        return f"<SshTransport {self._settings.user}@ {opened}/{len(self._peers)} connected>"

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Make one exchange; the deadline covers waiting for a login, connecting, logging in and the whole reply."""
        peer = self._peer(host)
        now = asyncio.get_running_loop().time
        peer.backoff.check(now())
        try:
            async with asyncio.timeout(self._timeout), peer.lock:
                reply = await self._exchange(peer, request)
        except TimeoutError as error:
            raise TransportError(FailureReason.TIMEOUT, f"no complete reply within {self._timeout:g} s") from error
        except TransportError as error:
            if peer.removed:
                raise TransportError(FailureReason.CANCELLED, _CLOSED) from error
            if not isinstance(error, JumpError):
                peer.backoff.failed(error, now())
            raise
        peer.backoff.succeeded()
        return reply

    def reconnects(self, host: HostName) -> int:
        """Return the number of connections to a host after the first one."""
        return max(0, self._peers[host].connections - 1) if host in self._peers else 0

    async def retain(self, hosts: Iterable[Host]) -> None:
        """Close the connections of all other hosts, and end all pauses: a reload often follows a repair.

        A host with a new address is another host. A discovered host that is not in `hosts` connects again.
        """
        kept = set(hosts)
        removed = [peer for peer in self._peers.values() if peer.host not in kept]
        for peer in removed:
            peer.removed = True
            del self._peers[peer.host.name]
        for peer in self._peers.values():
            peer.backoff.succeeded()
        self._jumps.end_pauses()
        await _disconnect(peer.connection for peer in removed if peer.connection)

    async def aclose(self) -> None:
        """Close everything."""
        await self.retain(())
        await _disconnect(self._jumps.release())

    def _peer(self, host: Host) -> _Peer:
        peer = self._peers.get(host.name)
        if peer is None:
            peer = self._peers[host.name] = _Peer(host, self._backoff.fresh())
        return peer

    async def _exchange(self, peer: _Peer, request: RequestLine) -> RawReply:
        """Make one exchange; any early end, a time-out and a cancellation included, closes the connection."""
        is_sent = self._settings.gate is GateMode.SENT
        command = sent_command(request) if is_sent else request.line()
        stdin = sent_script(self._settings.paths) if is_sent else b""
        try:
            process = await self._start(peer, command)
            return await complete(process, stdin, self._settings.max_reply_bytes)
        except (asyncssh.Error, OSError) as error:
            peer.drop()
            raise during_exchange(error) from error
        except BaseException:
            peer.drop()
            raise

    async def _start(self, peer: _Peer, command: str) -> Process:
        """Start the command on the kept connection or, where it is lost, on a new one."""
        if peer.connection:
            with suppress(asyncssh.Error, OSError):
                return await begin(peer.connection, command)
            peer.drop()
        if not peer.removed:
            peer.connection = await self._connect(peer)
        if peer.removed or peer.connection is None:
            raise TransportError(FailureReason.CANCELLED, _CLOSED)
        return await begin(peer.connection, command)

    async def _connect(self, peer: _Peer) -> asyncssh.SSHClientConnection:
        async with self._login_limiter:
            if self._login_limiter.locked():
                await asyncio.sleep(self._jitter.uniform(0, _JITTER_SECONDS))
            route = await self._connector.route(peer.host)
            tunnel = await self._jumps.through(route) if route else None
            connection = await self._connector.connect(peer.host, tunnel)
        peer.connections += 1
        return connection


async def _disconnect(connections: Iterable[asyncssh.SSHClientConnection]) -> None:
    """Disconnect properly, so that the hosts' logs show no lost connections, and wait briefly for the end."""
    closing = list(connections)
    for connection in closing:
        connection.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await asyncio.gather(*(connection.wait_closed() for connection in closing))
    for connection in closing:
        connection.abort()
