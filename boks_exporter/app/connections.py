"""The open transports of all domains, kept across a reload where their settings did not change."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeAlias, runtime_checkable

from boks_exporter.config import DomainSettings, PollSettings, Settings
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName, Host
from boks_exporter.remote.settings import LocalSettings, ReplaySettings, SshSettings
from boks_exporter.transport.base import Transport

Hosts: TypeAlias = tuple[Host, ...]

_log = structlog.get_logger(__name__)

_NONE: Final[Mapping[DomainName, Hosts]] = {}
_CLOSING_SECONDS: Final = 0.7
"""Time limit for closing a transport; the daemon must end within two seconds."""


@runtime_checkable
class Closable(Protocol):
    """A transport that holds connections."""

    async def aclose(self) -> None: ...

    async def retain(self, hosts: Hosts) -> None:
        """Close the connections of all hosts but these."""
        ...


@runtime_checkable
class Looping(Protocol):
    """A transport that keeps a channel open from poll to poll."""

    def set_interval(self, seconds: float) -> None:
        """Set the interval of the polls."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """One domain's transport and the settings that it was opened for."""

    domain: DomainSettings
    timeout_seconds: float
    transport: Transport

    def serves(self, domain: DomainSettings, poll: PollSettings) -> bool:
        """Return whether the settings of the connection are the same."""
        return self.domain.transport == domain.transport and self.timeout_seconds == poll.timeout_seconds


class Connections:
    """One transport for each domain."""

    def __init__(self) -> None:
        self._held: dict[DomainName, _Held] = {}
        self._stale: list[Transport] = []

    def __repr__(self) -> str:
        return f"<Connections of {', '.join(self._held) or 'nothing'}, {len(self._stale)} to be closed>"

    async def __aenter__(self) -> Self:
        """Keep the transports open until the block ends."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._stale += [held.transport for held in self._held.values()]
        self._held = {}
        await self.close_stale()

    async def apply_settings(
        self, settings: Settings, discovered: Mapping[DomainName, Hosts] = _NONE
    ) -> dict[DomainName, tuple[DomainSettings, Transport]]:
        """Open new transports; a domain with unchanged connection settings keeps its hosts' connections.

        Hosts in `discovered` keep theirs too. Unused transports are closed by `close_stale`, since a round may still
        use them.
        """
        before = self._held
        after = {
            domain.name: await self._for(domain, settings.poll, discovered.get(domain.name, ()))
            for domain in settings.domains
        }
        kept = {id(held.transport) for held in after.values()}
        self._stale += [held.transport for held in before.values() if id(held.transport) not in kept]
        self._held = after
        return {name: (held.domain, held.transport) for name, held in after.items()}

    @property
    def has_stale(self) -> bool:
        """Return whether an unused transport is still open."""
        return bool(self._stale)

    async def close_stale(self) -> None:
        """Close the transports that no domain uses; one failure does not prevent the others."""
        stale, self._stale = self._stale, []
        async with asyncio.TaskGroup() as group:
            for transport in stale:
                group.create_task(_close(transport))

    async def _for(self, domain: DomainSettings, poll: PollSettings, discovered: Hosts) -> _Held:
        held = self._held.get(domain.name)
        if held is None or not held.serves(domain, poll):
            return _Held(domain, poll.timeout_seconds, transport_for(domain, poll))
        if isinstance(held.transport, Looping):
            held.transport.set_interval(poll.interval_seconds)
        if isinstance(held.transport, Closable):
            still_found = domain.discover and domain.address_template == held.domain.address_template
            await held.transport.retain(domain.hosts + (discovered if still_found else ()))
        return _Held(domain, poll.timeout_seconds, held.transport)


async def _close(transport: Transport) -> None:
    if not isinstance(transport, Closable):
        return
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await transport.aclose()
    except TimeoutError:
        _log.warning("connections_left_open", transport=repr(transport))


def transport_for(domain: DomainSettings, poll: PollSettings) -> Transport:
    """Build a domain's transport; its library is imported only here."""
    match domain.transport:
        case SshSettings() as ssh:
            from boks_exporter.transport.ssh import SshTransport

            return SshTransport(ssh, timeout_seconds=poll.timeout_seconds, interval_seconds=poll.interval_seconds)
        case LocalSettings() as local:
            from boks_exporter.transport.local import LocalTransport

            return LocalTransport(local, timeout_seconds=poll.timeout_seconds)
        case ReplaySettings() as replay:
            from boks_exporter.transport.replay import ReplayTransport

            return ReplayTransport(replay.directory)
