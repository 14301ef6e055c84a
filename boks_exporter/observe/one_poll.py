"""One poll of one host, outside any round."""

import asyncio

from boks_exporter.config import DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.model import Host, HostOutcome, Unreachable
from boks_exporter.observe.clock import Clock
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import EVERYTHING
from boks_exporter.transport.base import RawReply, Transport


async def poll_once(
    domain: DomainSettings,
    transport: Transport,
    clock: Clock,
    host: Host,
    limiter: asyncio.Semaphore,
    gate_version: str | None,
) -> tuple[HostOutcome, RawReply | None]:
    """Poll a host for everything that its gate knows; a failure is a value. Without a reply the raw one is None."""
    request = EVERYTHING.known_to(gate_version)
    async with limiter:
        started_at = clock.now()
        try:
            raw = await transport.ask(host, request)
        except TransportError as error:
            return Unreachable(host.name, started_at, clock.now(), error.reason, error.detail), None
        return interpret_reply(host, request, raw, started_at, clock.now(), domain.ignore_lines), raw
