"""SSH transport: one kept connection per host, one deadline per exchange."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.loggers import structlog
from boks_exporter.model import ConnectionFacts, Host, HostName, Seconds, Timestamp
from boks_exporter.remote.request import Request, RequestLine
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.host_text import cleaned_reply
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.closing import Closing
from boks_exporter.transport.ssh.connect import Connector
from boks_exporter.transport.ssh.conversation import (
    Conversation,
    NotStartedError,
    is_answer,
    is_whole,
    sudo_refusal,
    unrestricted,
)
from boks_exporter.transport.ssh.error_mapping import during_exchange
from boks_exporter.transport.ssh.flood import REPLIES_IN_A_WINDOW, Budget, watch
from boks_exporter.transport.ssh.inspection import Inspection
from boks_exporter.transport.ssh.jump import JumpError, Jumps
from boks_exporter.transport.ssh.peer import OpenConnection, Peer
from boks_exporter.transport.ssh.renewal import SPREAD, Renewal
from boks_exporter.transport.ssh.resolver import LOOKUP_SECONDS
from boks_exporter.transport.stalls import StallWatch

_log = structlog.get_logger(__name__)

CONCURRENT_LOGINS: Final = 20
CONCURRENT_LOGINS_THROUGH_JUMP_HOST: Final = 5
"""Logins in progress at the same time. Behind a jump host they share its MaxStartups."""

_CLOSED: Final = "the connection was closed by a reload or shutdown"


class SshTransport:
    """Exchange requests and replies over SSH.

    A connection is kept until another one has logged in and answered: a host may refuse new logins while an old session
    works. A kept connection that was lost while idle is replaced within the same exchange and counted in `reconnects`;
    one that is lost under a running command is a failure of the channel, since the reply is lost.
    """

    def __init__(
        self,
        settings: SshSettings,
        *,
        timeout_seconds: Seconds,
        interval_seconds: Seconds | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        """Without an interval, each exchange has a channel of its own."""
        self._settings = settings
        self._timeout = timeout_seconds
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._backoff = Backoff(settings.backoff_initial_seconds, settings.backoff_limit_seconds, self._jitter)
        logins = CONCURRENT_LOGINS_THROUGH_JUMP_HOST if settings.jump_host else CONCURRENT_LOGINS
        self._connector = Connector(settings, asyncio.Semaphore(logins), self._jitter)
        # A lookup that takes half of the poll is named as the reason, before the poll ends for want of time.
        self._connector.resolver.limit = min(LOOKUP_SECONDS, timeout_seconds / 2)
        self._conversation = Conversation(settings, interval_seconds)
        self._renewal = Renewal(self._connector, self._log_in, timeout_seconds, self._jitter)
        self._closing = Closing()
        self._jumps = Jumps(self._connector, self._backoff, timeout_seconds)
        self._peers: dict[HostName, Peer] = {}
        self._is_closed = False
        self._budget = Budget(REPLIES_IN_A_WINDOW * settings.max_reply_bytes, interval_seconds or timeout_seconds)
        self._watching: asyncio.Task[None] | None = None
        self._stalls = StallWatch()

    def __repr__(self) -> str:
        opened = sum(peer.kept is not None for peer in self._peers.values())
        return f"<SshTransport {self._settings.user}@ {opened}/{len(self._peers)} connected>"

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Make one exchange; the deadline covers waiting for a login, connecting, logging in and the whole reply.

        A reading that failed while this process was stopped is made once more: the host may be up.
        """
        if self._is_closed:
            raise TransportError(FailureReason.CANCELLED, _CLOSED)
        peer = self._peer(host)
        if self._watching is None:
            self._stalls.start()
            self._watching = asyncio.create_task(watch(self._budget, self._peers), name="watch-connections")
        if failed := peer.take_reported():
            raise failed
        stalled = self._stalls.seconds()
        try:
            return await self._ask(peer, request, stalled)
        except TransportError:
            if peer.is_removed or not isinstance(request, Request) or self._stalls.seconds() == stalled:
                raise
        return await self._ask(peer, request, self._stalls.seconds())

    async def _ask(self, peer: Peer, request: RequestLine, stalled: Seconds) -> RawReply:
        try:
            async with asyncio.timeout(self._timeout), peer.lock:
                return await self._exchange(peer, request)
        except TimeoutError as error:
            if self._stalls.seconds() > stalled:
                peer.interrupted = None
            peer.timed_out()
            raise TransportError(FailureReason.TIMEOUT, f"no complete reply within {self._timeout:g} s") from error
        except TransportError as error:
            if peer.is_removed:
                raise TransportError(FailureReason.CANCELLED, _CLOSED) from error
            if failed := peer.take_reported():
                raise failed from error
            raise
        finally:
            if not peer.is_removed:
                self._renewal.start_if_due(peer)

    def stalled_seconds(self) -> Seconds:
        """Return for how long this process was stopped so far."""
        return self._stalls.seconds()

    def set_interval(self, seconds: Seconds) -> None:
        """Set the interval of the polls: a gate ends its loop after three of them without a request."""
        self._conversation.set_interval(seconds)

    def reconnects(self, host: HostName) -> int:
        """Return the number of connections to a host after the first one."""
        return max(0, self._peers[host].logins - 1) if host in self._peers else 0

    def inspection(self) -> Inspection:
        """Return what knows the parts of a login."""
        return Inspection(self._connector, self._conversation, self._peers)

    def connection(self, host: HostName, now: Timestamp) -> ConnectionFacts | None:
        """Describe the kept connection to a host; None where there is none."""
        kept = self._peers[host].kept if host in self._peers else None
        if kept is None or not kept.is_open:
            return None
        return kept.facts(now - (asyncio.get_running_loop().time() - kept.opened_at))

    def keeps_loop(self, host: HostName) -> bool:
        """Return whether the host's gate waits for requests on an open channel."""
        kept = self._peers[host].kept if host in self._peers else None
        return kept is not None and kept.loop is not None and kept.loop.is_open

    def is_unrestricted(self, host: HostName) -> bool:
        """Return whether the key gives a shell on this host, because its forced command is missing."""
        return host in self._peers and self._peers[host].is_unrestricted

    def is_login_refused(self, host: HostName) -> bool:
        """Return whether the host refuses new logins while its kept connection still works."""
        return host in self._peers and self._peers[host].is_login_refused

    async def retain(self, hosts: Iterable[Host]) -> None:
        """Close the connections of all other hosts, end all pauses and resolve names again: a reload follows a repair.

        A host with a new address is another host. A discovered host that is not in `hosts` connects again.
        """
        kept = set(hosts)
        removed = [peer for peer in self._peers.values() if peer.host not in kept]
        for peer in removed:
            peer.is_removed = True
            del self._peers[peer.host.name]
        for peer in self._peers.values():
            peer.backoff.succeeded()
            peer.retry_at = 0.0
            peer.resolve_at = asyncio.get_running_loop().time()
        self._jumps.end_pauses()
        await self._renewal.stop(removed)
        await self._closing.wait(connection for peer in removed for connection in peer.connections)

    async def aclose(self) -> None:
        """Close everything; further exchanges are refused."""
        self._is_closed = True
        if self._watching:
            self._watching.cancel()
        self._stalls.stop()
        try:
            await self.retain(())
        finally:
            await self._closing.wait(self._jumps.release())

    def _peer(self, host: Host) -> Peer:
        peer = self._peers.get(host.name)
        if peer is None:
            peer = self._peers[host.name] = Peer(host, self._backoff.fresh())
        return peer

    async def _exchange(self, peer: Peer, request: RequestLine) -> RawReply:
        """Use a replacement first, then the kept connection, then a new one."""
        now, limit = asyncio.get_running_loop().time(), self._settings.connection_limit_seconds
        if ended := peer.end_at(now, limit):
            self._closing.close(ended.connection)
        if peer.candidate and (reply := await self._try_replacement(peer, peer.candidate, request)):
            return reply
        if peer.kept:
            with suppress(NotStartedError):
                return await self._exchange_on(peer, peer.kept, request)
        kept = await self._log_in(peer)
        try:
            return await self._exchange_on(peer, kept, request)
        except NotStartedError as error:
            peer.drop(kept)
            raise during_exchange(error.cause) from error

    async def _try_replacement(self, peer: Peer, candidate: OpenConnection, request: RequestLine) -> RawReply | None:
        """Make the exchange on a new connection; None where it fails and the kept one must make it.

        Only a reading is made again: what an operator's request did is not known. Where a new connection gets no root,
        or a shell, that is reported although the kept one would go on.
        """
        is_reading = isinstance(request, Request)
        limit = peer.time_of_replacement(self._timeout) if is_reading else None
        try:
            async with asyncio.timeout(limit):
                reply = await self._exchange_on(peer, candidate, request)
        except NotStartedError as error:
            failed = during_exchange(error.cause)
        except TimeoutError:
            peer.timed_out()
            failed = TransportError(FailureReason.TIMEOUT, f"no complete reply within {limit:g} s of a new connection")
        except TransportError as error:
            if not is_reading or error.reason is FailureReason.EXIT_STATUS:
                raise
            failed = error
        else:
            if peer.kept is candidate or not is_reading:
                return reply
            failed = TransportError(FailureReason.PARSE, "a new connection gave no whole reply of the gate")
        self._renewal.pause(peer, failed)
        return None

    async def _exchange_on(self, peer: Peer, kept: OpenConnection, request: RequestLine) -> RawReply:
        """Make the exchange on one connection, and keep the connection unless it is broken."""
        is_candidate = kept is peer.candidate
        try:
            reply = cleaned_reply(await self._conversation.exchange(kept, request))
            if not (is_good := is_answer(reply)):
                await self._explain(peer, kept, reply)
        except NotStartedError:
            kept.failures += 1
            if not kept.is_open or is_candidate:
                peer.drop(kept)
            raise
        except TransportError as error:
            kept.failures += 1
            if not kept.is_open or is_candidate or error.reason is FailureReason.TOO_LARGE:
                peer.drop(kept)
            raise
        except asyncio.CancelledError:
            peer.interrupted = kept
            if not kept.is_open:
                peer.drop(kept)
            raise
        if displaced := peer.judge(kept, is_good=is_good and (not is_candidate or is_whole(reply))):
            self._closing.close(displaced.connection)
        return RawReply(reply.stdout, reply.stderr, reply.exit_status, reply.nonce, kept.endpoint)

    async def _explain(self, peer: Peer, kept: OpenConnection, reply: RawReply) -> None:
        """Raise what is known of a reply that is not the gate's."""
        if refused := sudo_refusal(reply, peer.host.name, self._settings.user):
            raise refused
        if not await self._conversation.gives_a_shell(kept):
            return
        error = unrestricted(peer.host.name, self._settings.user)
        if not peer.is_unrestricted:
            _log.error("key_without_forced_command", host=peer.host.name, detail=error.detail)
        peer.is_unrestricted = True
        raise error

    async def _log_in(self, peer: Peer) -> OpenConnection:
        now = asyncio.get_running_loop().time
        stamp = self._connector.stamp()
        peer.backoff.check(now(), stamp)
        try:
            route = await self._connector.route(peer.host)
            tunnel = await self._jumps.through(route) if route else None
            connection = await self._connector.connect(peer.host, tunnel)
        except JumpError:
            raise
        except TransportError as error:
            peer.backoff.failed(error, now(), self._connector.stamp_since(stamp))
            raise
        peer.backoff.succeeded()
        peer.logins += 1
        if peer.is_removed or self._is_closed:
            connection.abort()
            raise TransportError(FailureReason.CANCELLED, _CLOSED)
        renew_after = self._settings.connection_age_seconds * self._jitter.uniform(*SPREAD)
        kept = OpenConnection(connection, now(), now() + renew_after)
        if displaced := peer.add(kept):
            self._closing.close(displaced.connection)
        return kept
