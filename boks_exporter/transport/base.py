"""The interface of a transport: one request to one host, one raw reply."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from boks_exporter.model import Endpoint, Host, HostName, Seconds
from boks_exporter.remote.request import Nonce, Request, RequestLine


@dataclass(frozen=True, slots=True)
class RawReply:
    """The bytes of one exchange; `exit_status` is None where the channel reported none."""

    stdout: bytes
    stderr: bytes
    exit_status: int | None
    nonce: Nonce | None = None
    """The nonce of the request; None from a gate of protocol 1, and where it is read from a file."""
    endpoint: Endpoint | None = field(default=None, compare=False)
    """The far end of the connection, where there is one; no part of what the host said."""


class Transport(Protocol):
    """Make one exchange with one host.

    Raises TransportError with a reason for every failure on the way. The implementation owns the deadline over the
    whole exchange; an exit status other than 0 is a reply, not an error.
    """

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Send one request and return the whole reply."""
        ...


@runtime_checkable
class KeepsLoops(Protocol):
    """A transport over which a further poll of some hosts needs neither a login nor a new shell."""

    def keeps_loop(self, host: HostName) -> bool:
        """Return whether the host's gate waits for requests on an open channel."""
        ...


@runtime_checkable
class NoticesStalls(Protocol):
    """A transport that measures for how long this process was stopped."""

    def stalled_seconds(self) -> Seconds:
        """Return for how long this process was stopped so far."""
        ...


class OperatorTransport(Protocol):
    """Send one line to the operator's gate of a host, under the same contract; the request may change the host."""

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Send one request and return the whole reply."""
        ...
