"""A transport that keeps every raw reply of another one."""

from dataclasses import dataclass, field

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName
from boks_exporter.remote.request import READING, Request
from boks_exporter.transport.base import RawReply, Transport


@dataclass(slots=True)
class RecordedHost:
    """What one host answered in one round: the whole poll, and the readings after it in their order."""

    reply: RawReply | None = None
    error: FailureReason | None = None
    after: list[RawReply | FailureReason] = field(default_factory=list)


@dataclass(slots=True)
class RecordingTransport:
    """Pass requests on, and keep each host's newest reply to a poll and its replies to the readings after it."""

    transport: Transport
    hosts: dict[HostName, RecordedHost] = field(default_factory=dict)

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Ask the other transport; a failure is kept and raised."""
        kept = self.hosts.setdefault(host.name, RecordedHost())
        is_second = request == READING
        try:
            raw = await self.transport.ask(host, request)
        except TransportError as error:
            if is_second:
                kept.after.append(error.reason)
            else:
                kept.error = error.reason
            raise
        if is_second:
            kept.after.append(raw)
        elif kept.reply is None or len(request.sections) > 1:
            kept.reply = raw
        return raw
