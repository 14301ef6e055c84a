"""Polls of one host outside any round, and of sections that a round did not ask for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from boks_exporter.config import DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.model import Host, HostOutcome, Observed, Section, Unreachable
from boks_exporter.observe.clock import Clock
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import EVERYTHING, Request
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


async def with_further_sections(
    domain: DomainSettings, transport: Transport, host: Host, seen: Observed, sections: Sequence[Section]
) -> Observed:
    """Ask a host for the sections that its gate knows; a failure leaves what was read before."""
    request = Request(tuple(sections)).known_to(seen.reply.gate_version)
    if not request.sections:
        return seen
    try:
        raw = await transport.ask(host, request)
    except TransportError:
        return seen
    more = interpret_reply(host, request, raw, seen.finished_at, seen.finished_at, domain.ignore_lines)
    return _joined(seen, more) if isinstance(more, Observed) else seen


def _joined(seen: Observed, more: Observed) -> Observed:
    return replace(
        seen,
        reply=replace(seen.reply, sections=(*seen.reply.sections, *more.reply.sections)),
        processes=seen.processes or more.processes,
        diskspace=seen.diskspace or more.diskspace,
        ports=more.ports,
        faults=(*seen.faults, *more.faults),
    )
