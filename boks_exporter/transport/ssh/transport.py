"""The SSH transport: one kept connection a host, one deadline an exchange."""

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
from boks_exporter.transport.ssh.connect import Dialer
from boks_exporter.transport.ssh.error_mapping import while_asking
from boks_exporter.transport.ssh.exchange import Process, begin, converse
from boks_exporter.transport.ssh.jump import JumpError, Jumps

DIALS_AT_ONCE: Final = 20
DIALS_AT_ONCE_THROUGH_JUMP_HOST: Final = 5
"""Log-ins under way at the same time. Behind a jump host they share one machine and its patience."""

_JITTER_SECONDS: Final = 0.05
_FAREWELL_SECONDS: Final = 1.0
_CLOSED: Final = "the connection was closed by a reload or shutdown"


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

    Every failure closes the connection; the next round connects anew. A kept connection that was lost while nobody
    used it is replaced within the same exchange, unseen but for `reconnects`; one that is lost under a running command
    is a failure of the channel, since the answer that was under way is gone.
    """

    def __init__(self, settings: SshSettings, *, timeout_seconds: Seconds, jitter: random.Random | None = None) -> None:
        """Take the settings; nothing is opened before the first exchange."""
        self._settings = settings
        self._timeout = timeout_seconds
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._backoff = Backoff(settings.backoff_initial_seconds, settings.backoff_limit_seconds, self._jitter)
        self._dialer = Dialer(settings)
        self._jumps = Jumps(self._dialer, self._backoff)
        self._peers: dict[HostName, _Peer] = {}
        self._dials = asyncio.Semaphore(DIALS_AT_ONCE_THROUGH_JUMP_HOST if settings.jump_host else DIALS_AT_ONCE)

    def __repr__(self) -> str:
        """Tell how many connections are open."""
        opened = sum(peer.connection is not None for peer in self._peers.values())
        return f"<SshTransport {self._settings.user}@ {opened}/{len(self._peers)} connected>"

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Ask one host; the deadline covers waiting for a place, connecting, logging in and the whole reply."""
        peer = self._peer(host)
        now = asyncio.get_running_loop().time
        peer.backoff.check(now())
        try:
            async with asyncio.timeout(self._timeout), peer.lock:
                reply = await self._asked(peer, request)
        except TimeoutError as error:
            raise TransportError(FailureReason.TIMEOUT, f"no whole answer within {self._timeout:g} s") from error
        except TransportError as error:
            if peer.leaving:
                raise TransportError(FailureReason.CANCELLED, _CLOSED) from error
            if not isinstance(error, JumpError):
                peer.backoff.failed(error, now())
            raise
        peer.backoff.succeeded()
        return reply

    def reconnects(self, host: HostName) -> int:
        """Count the connections to a host after the first one."""
        return max(0, self._peers[host].dials - 1) if host in self._peers else 0

    async def retain(self, hosts: Iterable[Host]) -> None:
        """Close the connections of all hosts but these, and end all pauses, since somebody may just have mended things.

        One whose address changed counts as another host. Hosts that were discovered are not among the configured
        ones; they connect anew once.
        """
        kept = set(hosts)
        leaving = [peer for peer in self._peers.values() if peer.host not in kept]
        for peer in leaving:
            peer.leaving = True
            del self._peers[peer.host.name]
        for peer in self._peers.values():
            peer.backoff.succeeded()
        self._jumps.forgive()
        await _part(peer.connection for peer in leaving if peer.connection)

    async def aclose(self) -> None:
        """Close everything."""
        await self.retain(())
        await _part(self._jumps.release())

    def _peer(self, host: Host) -> _Peer:
        peer = self._peers.get(host.name)
        if peer is None:
            peer = self._peers[host.name] = _Peer(host, self._backoff.fresh())
        return peer

    async def _asked(self, peer: _Peer, request: RequestLine) -> RawReply:
        """Make one exchange; whatever ends it early, a time-out and a cancellation included, ends the connection."""
        is_sent = self._settings.gate is GateMode.SENT
        command = sent_command(request) if is_sent else request.line()
        stdin = sent_script(self._settings.paths) if is_sent else b""
        try:
            process = await self._begun(peer, command)
            return await converse(process, stdin, self._settings.max_reply_bytes)
        except (asyncssh.Error, OSError) as error:
            peer.drop()
            raise while_asking(error) from error
        except BaseException:
            peer.drop()
            raise

    async def _begun(self, peer: _Peer, command: str) -> Process:
        """Start the command on the kept connection or, where there is none any more, on a new one."""
        if peer.connection:
            with suppress(asyncssh.Error, OSError):
                return await begin(peer.connection, command)
            peer.drop()
        if not peer.leaving:
            peer.connection = await self._dial(peer)
        if peer.leaving or peer.connection is None:
            raise TransportError(FailureReason.CANCELLED, _CLOSED)
        return await begin(peer.connection, command)

    async def _dial(self, peer: _Peer) -> asyncssh.SSHClientConnection:
        async with self._dials:
            if self._dials.locked():
                await asyncio.sleep(self._jitter.uniform(0, _JITTER_SECONDS))
            route = await self._dialer.route(peer.host)
            tunnel = await self._jumps.through(route) if route else None
            connection = await self._dialer.dial(peer.host, tunnel)
        peer.dials += 1
        return connection


async def _part(connections: Iterable[asyncssh.SSHClientConnection]) -> None:
    """Say goodbye, so that the hosts' logs show no lost connections, and wait a moment for it to get through."""
    closing = list(connections)
    for connection in closing:
        connection.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await asyncio.gather(*(connection.wait_closed() for connection in closing))
    for connection in closing:
        connection.abort()
