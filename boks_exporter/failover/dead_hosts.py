"""Requests to hosts that are known to be dead: their whole time-out is waited for once, and then a second a round."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import KeepsLoops, RawReply, Transport

_GRACE_SECONDS: Final = 1.0
DEAD_REASONS: Final = frozenset({FailureReason.TIMEOUT, FailureReason.CONNECT, FailureReason.DNS})
"""Failures for which a client waits."""

_Reply = TypeVar("_Reply")


@dataclass
class DeadHosts:
    """The requests that were not answered, and those that are still on their way.

    A request to a dead host goes on in the background with its whole time-out while rounds pass; a host that answers is
    asked again in the same or the next round, and waited for as any other. `is_patient`: every host is waited for.
    """

    is_patient: bool = False
    _last: dict[Hashable, Any] = field(default_factory=dict)
    _pending: "dict[Hashable, asyncio.Task[Any]]" = field(default_factory=dict)

    async def ask(
        self, key: Hashable, request: Callable[[], Awaitable[_Reply]], is_dead: Callable[[_Reply], bool]
    ) -> _Reply:
        """Send a request, or return the last failure where the host has not answered within a second."""
        earlier = self._pending.pop(key, None)
        if earlier is not None and earlier.done():
            if not is_dead(earlier.result()):
                self._last.pop(key, None)
            earlier = None
        if key not in self._last or self.is_patient:
            if earlier is not None:
                earlier.cancel()
            return self._kept(key, await request(), is_dead)
        task = earlier or asyncio.ensure_future(request())
        try:
            await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        except BaseException:
            task.cancel()
            raise
        if not task.done():
            self._pending[key] = task
            last: _Reply = self._last[key]
            return last
        found: _Reply = task.result()
        if earlier is not None and not is_dead(found):
            found = await request()  # the reply may be that of an earlier round
        return self._kept(key, found, is_dead)

    def _kept(self, key: Hashable, found: _Reply, is_dead: Callable[[_Reply], bool]) -> _Reply:
        if is_dead(found):
            self._last[key] = found
        else:
            self._last.pop(key, None)
        return found

    async def aclose(self) -> None:
        """Cancel the requests that are still on their way."""
        pending = [*self._pending.values()]
        self._pending.clear()
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class ImpatientTransport:
    """A transport that waits for dead hosts once."""

    transport: Transport
    dead: DeadHosts

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Send one request; raises TransportError."""

        async def outcome() -> RawReply | TransportError:
            try:
                return await self.transport.ask(host, request)
            except TransportError as error:
                return error

        found = await self.dead.ask(("reading", host.name), outcome, _is_dead)
        if isinstance(found, TransportError):
            raise found
        return found

    def keeps_loop(self, host: HostName) -> bool:
        """Return whether the host's gate waits for requests on an open channel."""
        return isinstance(self.transport, KeepsLoops) and self.transport.keeps_loop(host)


def _is_dead(found: RawReply | TransportError) -> bool:
    return isinstance(found, TransportError) and found.reason in DEAD_REASONS
