"""Sections of one host that a round or a first poll did not ask for, joined to what was read."""

from collections.abc import Sequence
from dataclasses import replace

from boks_exporter.config import DomainSettings
from boks_exporter.errors import TransportError
from boks_exporter.model import Host, Observed, Section
from boks_exporter.observe.interpret import interpret_reply
from boks_exporter.remote.request import Request
from boks_exporter.transport.base import Transport


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
