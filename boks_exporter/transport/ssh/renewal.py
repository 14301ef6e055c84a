"""Replacement of kept connections: make before break, in the background."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.loggers import structlog
from boks_exporter.model import Seconds
from boks_exporter.transport.ssh.connect import Connector
from boks_exporter.transport.ssh.peer import OpenConnection, Peer

_log = structlog.get_logger(__name__)

RESOLVE_SECONDS: Final[Seconds] = 300.0
SPREAD: Final = (0.75, 1.25)


class Renewal:
    """Log in again where a kept connection is old, suspect, or leads to an address that the host no longer has."""

    def __init__(
        self,
        connector: Connector,
        log_in: Callable[[Peer], Awaitable[OpenConnection]],
        timeout_seconds: Seconds,
        jitter: random.Random,
    ) -> None:
        self._connector = connector
        self._log_in = log_in
        self._timeout = timeout_seconds
        self._jitter = jitter

    def start_if_due(self, peer: Peer) -> None:
        """Start the replacement of a connection, or the resolution of its name, if it is time."""
        now = asyncio.get_running_loop().time()
        if peer.kept is None or (peer.renewal and not peer.renewal.done()):
            return
        if not peer.resolve_at:
            self._resolve_later(peer, now)
        if now >= peer.resolve_at or (peer.needs_another(now) and not self._is_paused(peer, now)):
            peer.renewal = asyncio.create_task(self._renew(peer), name=f"renew-{peer.host.name}")

    def pause(self, peer: Peer, error: TransportError) -> None:
        """Wait before another replacement is tried after one that logged in and did not answer."""
        peer.retry_at = asyncio.get_running_loop().time() + peer.backoff.initial
        self._report(peer, error)

    async def stop(self, peers: Iterable[Peer]) -> None:
        """Cancel what runs for some peers."""
        tasks = [peer.renewal for peer in peers if peer.renewal]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, peer: Peer) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._resolve(peer)
                if peer.needs_another(asyncio.get_running_loop().time()):
                    await self._log_in(peer)
                    if peer.is_login_refused:
                        peer.refused = None
        except TimeoutError:
            self._report(peer, TransportError(FailureReason.TIMEOUT, f"no login within {self._timeout:g} s"))
        except TransportError as error:
            self._report(peer, error)

    async def _resolve(self, peer: Peer) -> None:
        """Find out whether the host has moved to another address; a resolver that fails is no reason to think so."""
        now = asyncio.get_running_loop().time()
        if now < peer.resolve_at or peer.kept is None:
            return
        self._resolve_later(peer, now)
        try:
            addresses = await self._connector.addresses(peer.host)
        except TransportError:
            return
        known = peer.kept.peer_address if peer.kept else ""
        peer.has_moved = bool(addresses and known) and known not in {address[1][0] for address in addresses}

    def _resolve_later(self, peer: Peer, now: Seconds) -> None:
        peer.resolve_at = now + RESOLVE_SECONDS * self._jitter.uniform(*SPREAD)

    def _is_paused(self, peer: Peer, now: Seconds) -> bool:
        try:
            peer.backoff.check(now, self._connector.stamp())
        except TransportError:
            return True
        return False

    @staticmethod
    def _report(peer: Peer, error: TransportError) -> None:
        if peer.renewal_failed(error):
            _log.warning("connection_not_replaced", host=peer.host.name, reason=str(error.reason), detail=error.detail)
