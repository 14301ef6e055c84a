"""A transport that keeps every raw reply of another one."""

from dataclasses import dataclass, field

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, HostName
from boks_exporter.remote.request import READING, Request
from boks_exporter.transport.base import RawReply, Transport


@dataclass(slots=True)
class RecordedHost:
    """What one host answered in one round: the whole poll, a master's second reading, and the failures of both."""

    reply: RawReply | None = None
    after: RawReply | None = None
    error: FailureReason | None = None
    error_after: FailureReason | None = None


@dataclass(slots=True)
class RecordingTransport:
    """Pass requests on, and keep the newest reply to each of a host's two kinds of request."""

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
                kept.error_after = error.reason
            else:
                kept.error = error.reason
            raise
        if is_second:
            kept.after = raw
        elif kept.reply is None or len(request.sections) > 1:
            kept.reply = raw
        return raw
