"""The SSH transport: one kept connection a host, one deadline an exchange."""

import asyncio
import random
from collections.abc import Iterable
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName, Seconds
from boks_exporter.remote.gate import sent_command, sent_script
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.dial import Dialer
from boks_exporter.transport.ssh.exchange import exchange
from boks_exporter.transport.ssh.failures import while_asking

DIALS_AT_ONCE: Final = 20
DIALS_AT_ONCE_THROUGH_JUMP_HOST: Final = 5
"""Log-ins under way at the same time. Behind a jump host they share one machine and its patience."""

_JITTER_SECONDS: Final = 0.05


class _Peer:
    """One host: its kept connection, if any, and what its past failures ask for."""

    def __init__(self, host: Host, backoff: Backoff) -> None:
        self.host = host
        self.backoff = backoff
        self.connection: asyncssh.SSHClientConnection | None = None
        self.lock = asyncio.Lock()
        self.dials = 0
        self.leaving = False

    def drop(self) -> None:
        """Close the connection at once; what went wrong on it once is not trusted again."""
        if self.connection:
            self.connection.abort()
            self.connection = None


class SshTransport:
    """Ask hosts over SSH.

    Every failure closes the connection; the next round connects anew. A kept connection that turns out to be gone is
    replaced within the same exchange, since a reading request may be asked twice.
    """

    def __init__(self, settings: SshSettings, *, timeout_seconds: Seconds, jitter: random.Random | None = None) -> None:
        """Take the settings; nothing is opened before the first exchange."""
        self._settings = settings
        self._timeout = timeout_seconds
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._dialer = Dialer(settings)
        self._peers: dict[HostName, _Peer] = {}
        self._dials = asyncio.Semaphore(DIALS_AT_ONCE_THROUGH_JUMP_HOST if settings.jump_host else DIALS_AT_ONCE)

    def __repr__(self) -> str:
        """Tell how many connections are open."""
        opened = sum(peer.connection is not None for peer in self._peers.values())
        return f"<SshTransport {self._settings.user}@ {opened}/{len(self._peers)} connected>"

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Ask one host; the deadline covers waiting for a place, connecting, logging in and the whole reply."""
        peer = self._peer(host)
        now = asyncio.get_running_loop().time
        peer.backoff.check(now())
        try:
            async with asyncio.timeout(self._timeout), peer.lock:
                reply = await self._asked(peer, request)
        except TimeoutError as error:
            peer.drop()
            raise TransportError(FailureReason.TIMEOUT, f"no whole answer within {self._timeout:g} s") from error
        except TransportError as error:
            peer.drop()
            if peer.leaving:
                raise TransportError(FailureReason.CANCELLED, "the connection was closed by a reload or shutdown") from error
            peer.backoff.failed(error, now())
            raise
        except BaseException:
            peer.drop()
            raise
        peer.backoff.succeeded()
        return reply

    def reconnects(self, host: HostName) -> int:
        """Count the connections to a host after the first one."""
        return max(0, self._peers[host].dials - 1) if host in self._peers else 0

    async def retain(self, hosts: Iterable[Host]) -> None:
        """Close the connections of all hosts but these; one whose address changed counts as another host.

        Hosts that were discovered are not among the configured ones; they connect anew once.
        """
        kept = set(hosts)
        for name, peer in list(self._peers.items()):
            if peer.host not in kept:
                peer.leaving = True
                peer.drop()
                del self._peers[name]

    async def aclose(self) -> None:
        """Close everything."""
        await self.retain(())
        await self._dialer.aclose()

    def _peer(self, host: Host) -> _Peer:
        peer = self._peers.get(host.name)
        if peer is None:
            settings = self._settings
            backoff = Backoff(settings.backoff_initial_seconds, settings.backoff_limit_seconds, self._jitter)
            peer = self._peers[host.name] = _Peer(host, backoff)
        return peer

    async def _asked(self, peer: _Peer, request: Request) -> RawReply:
        if peer.connection and not peer.connection.is_closed():
            try:
                return await self._exchange(peer.connection, request)
            except TransportError as error:
                if error.reason is not FailureReason.CHANNEL or peer.leaving:
                    raise
                peer.drop()
        peer.connection = await self._dial(peer)
        return await self._exchange(peer.connection, request)

    async def _dial(self, peer: _Peer) -> asyncssh.SSHClientConnection:
        async with self._dials:
            if self._dials.locked():
                await asyncio.sleep(self._jitter.uniform(0, _JITTER_SECONDS))
            connection = await self._dialer.dial(peer.host)
        peer.dials += 1
        return connection

    async def _exchange(self, connection: asyncssh.SSHClientConnection, request: Request) -> RawReply:
        is_sent = self._settings.gate is GateMode.SENT
        command = sent_command(request) if is_sent else request.line()
        stdin = sent_script(self._settings.paths) if is_sent else b""
        try:
            return await exchange(connection, command, stdin, self._settings.max_reply_bytes)
        except (asyncssh.Error, OSError) as error:
            raise while_asking(error) from error
