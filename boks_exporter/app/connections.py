"""The open transports of all domains, kept across a change of the configuration where nothing of theirs changed."""

from contextlib import AsyncExitStack
from typing import Protocol, Self, runtime_checkable

from boks_exporter.app.connect import transport_for
from boks_exporter.config import DomainSettings, PollSettings, Settings
from boks_exporter.model import DomainName, Host
from boks_exporter.transport.base import Transport


@runtime_checkable
class Closable(Protocol):
    """A transport that holds connections."""

    async def aclose(self) -> None:
        """Close every connection."""
        ...

    async def retain(self, hosts: tuple[Host, ...]) -> None:
        """Close the connections of all hosts but these."""
        ...


class Connections:
    """One transport for each domain."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: dict[DomainName, tuple[DomainSettings, PollSettings, Transport]] = {}

    async def __aenter__(self) -> Self:
        """Hold the transports for as long as the block runs."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every transport, each one even if another fails to close."""
        async with AsyncExitStack() as stack:
            for _, _, transport in self._open.values():
                stack.push_async_callback(_close, transport)
            self._open = {}

    async def take(self, settings: Settings) -> dict[DomainName, tuple[DomainSettings, Transport]]:
        """Open what is new, close what is gone; a domain whose way of connecting is unchanged keeps its connections."""
        opened = {domain.name: await self._for(domain, settings.poll) for domain in settings.domains}
        for name in self._open.keys() - opened.keys():
            await _close(self._open[name][2])
        self._open = {domain.name: (domain, settings.poll, opened[domain.name]) for domain in settings.domains}
        return {name: (domain, transport) for name, (domain, _, transport) in self._open.items()}

    async def _for(self, domain: DomainSettings, poll: PollSettings) -> Transport:
        if domain.name in self._open:
            before, poll_before, transport = self._open[domain.name]
            if before.transport == domain.transport and poll_before.timeout_seconds == poll.timeout_seconds:
                if isinstance(transport, Closable):
                    await transport.retain(domain.hosts)
                return transport
            await _close(transport)
        return transport_for(domain, poll)


async def _close(transport: Transport) -> None:
    if isinstance(transport, Closable):
        await transport.aclose()
