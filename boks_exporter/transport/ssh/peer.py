"""One host: its kept connection, the replacement that is tried, and the pauses after refused logins."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import ConnectionFacts, Endpoint, Host, Seconds, Timestamp
from boks_exporter.transport.host_text import cleaned
from boks_exporter.transport.ssh.backoff import Backoff
from boks_exporter.transport.ssh.connect import Connection
from boks_exporter.transport.ssh.known_hosts import fingerprint
from boks_exporter.transport.ssh.received import Received
from boks_exporter.transport.ssh.request_loop import Loop

FAILED_EXCHANGES: Final = 2
"""After so many another connection is tried next to the kept one."""
_RECOVERY: Final = 0.5
_QUICK: Final = 0.4
"""A host that answers within this part of a poll's time limit leaves enough of it for a second exchange."""
_SAME_SECONDS: Final[Seconds] = 1.0
"""Two readings of two clocks, the Unix one and the monotonic one, do not differ by the same each time."""


@dataclass
class OpenConnection:
    """A connection that is kept from round to round."""

    connection: Connection
    opened_at: Seconds
    renew_at: Seconds
    """From when on a replacement is tried; the spread keeps the hosts' logins apart."""
    failures: float = 0.0
    """Failed exchanges, of which each that succeeds takes back a half: every second one that fails is too many."""

    slowest: Seconds = 0.0
    """The longest time that an exchange took."""
    is_broken: bool = False
    loop: Loop | None = None
    """The channel on which a gate of protocol 2 answers."""
    speaks_protocol_1: bool = False
    received: deque[tuple[Seconds, int]] = field(default_factory=deque)
    """The bytes received up to each of the last checks."""
    described: ConnectionFacts | None = None

    def total_received(self) -> int | None:
        """Return the bytes that this connection has received; None where they are not counted."""
        counted: Received | None = self.connection.get_extra_info("received")
        return counted() if counted else None

    @property
    def is_open(self) -> bool:
        return not (self.is_broken or self.connection.is_closed())

    def succeeded(self) -> None:
        """Record an exchange that succeeded."""
        self.failures = max(0.0, self.failures - _RECOVERY)

    def abort(self) -> None:
        """Cut the connection; asyncssh knows of it only later."""
        self.is_broken = True
        self.connection.abort()

    def facts(self, opened_at: Timestamp) -> ConnectionFacts:
        """Describe the connection; `opened_at` is the same moment as its own, by the Unix clock.

        A round describes every connection, of which next to nothing ever changes: both ends agree again on the same
        algorithms.
        """
        known, keeps_loop = self.described, self.loop is not None and self.loop.is_open
        if not known or known.keeps_loop != keeps_loop or abs(known.opened_at - opened_at) > _SAME_SECONDS:
            known = self.described = self._facts(opened_at, keeps_loop=keeps_loop)
        return known

    def _facts(self, opened_at: Timestamp, *, keeps_loop: bool) -> ConnectionFacts:
        info, end = self.connection.get_extra_info, self.endpoint
        return ConnectionFacts(
            address=end.address if end else "",
            port=end.port if end else 0,
            host_key=end.host_key if end else "",
            cipher=str(info("send_cipher") or ""),
            mac=str(info("send_mac") or ""),
            software=cleaned(str(info("server_version") or "")),
            opened_at=opened_at,
            keeps_loop=keeps_loop,
            received_cipher=str(info("recv_cipher") or ""),
            received_mac=str(info("recv_mac") or ""),
            allowed_kex=tuple(info("allowed_kex") or ()),
        )

    @property
    def peer_address(self) -> str:
        """Return the address at the other end; empty behind a jump host."""
        name = self.connection.get_extra_info("peername")
        return str(name[0]) if name else ""

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """Return the far end; a jump host or a proxy command hides the address. None without a host key."""
        key = self.connection.get_server_host_key()
        if key is None:
            return None
        sock = self.connection.get_extra_info("raw_socket")
        name = self.connection.get_extra_info("peername") if sock else None
        if not name:
            return Endpoint("", 0, fingerprint(key), is_direct=False)
        return Endpoint(str(name[0]), int(name[1]), fingerprint(key))


@dataclass
class Peer:
    """What is known of one host's connections."""

    host: Host
    backoff: Backoff
    kept: OpenConnection | None = None
    candidate: OpenConnection | None = None
    """Logged in, and not yet proven by a reply: it replaces the kept connection with its first one."""
    renewal: "asyncio.Task[None] | None" = None
    reported_next: TransportError | None = None
    """A failure between two polls, for the next one to report."""
    refused: TransportError | None = None
    """Why the last replacement could not be opened."""
    retry_at: Seconds = 0.0
    """From when on another replacement is tried after one that did not answer, while the kept connection works."""
    resolve_at: Seconds = 0.0
    has_moved: bool = False
    interrupted: OpenConnection | None = None
    """The connection on which an exchange was cut off by its deadline or a cancellation."""
    logins: int = 0
    is_unrestricted: bool = False
    """Whether the key gives a shell: the forced command is missing."""
    is_removed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def connections(self) -> list[Connection]:
        return [each.connection for each in (self.kept, self.candidate) if each]

    def take_reported(self) -> TransportError | None:
        """Return the failure that the next poll reports, once."""
        reported, self.reported_next = self.reported_next, None
        return reported

    def add(self, new: OpenConnection) -> OpenConnection | None:
        """Keep a new connection, next to the kept one where there is one; return the one that it displaces."""
        if self.kept is None:
            self.kept, self.refused, self.retry_at = new, None, 0.0
            return None
        displaced, self.candidate = self.candidate, new
        return displaced

    def judge(self, used: OpenConnection, *, is_good: bool) -> OpenConnection | None:
        """Count an answer; return the connection that a replacement displaces with its first good one.

        A replacement that does not answer is dropped.
        """
        if not is_good:
            used.failures += 1
            if used is self.candidate:
                self.drop(used)
            return None
        used.succeeded()
        self.is_unrestricted = False
        if used is not self.candidate:
            return None
        displaced, self.kept, self.candidate = self.kept, used, None
        self.has_moved, self.refused, self.retry_at = False, None, 0.0
        return displaced

    def timed_out(self) -> None:
        """Try another connection next: on this one an answer is overdue."""
        used, self.interrupted = self.interrupted, None
        if used is None:
            return
        used.failures = max(used.failures, FAILED_EXCHANGES)
        if used is self.candidate:
            self.retry_at = asyncio.get_running_loop().time() + self.backoff.initial
            self.drop(used)

    def end_at(self, now: Seconds, limit: Seconds) -> OpenConnection | None:
        """Drop the connection at its hard maximum, so that a removed key takes effect; return it."""
        if self.kept is None or now < self.kept.opened_at + limit:
            return None
        ended, self.kept, self.candidate = self.kept, self.candidate, None
        return ended

    def drop(self, which: OpenConnection) -> None:
        """Abort a connection: it is broken, or sends too much."""
        which.abort()
        if self.candidate is which:
            self.candidate = None
        if self.kept is which:
            self.kept, self.candidate = self.candidate, None

    @property
    def is_kept_well(self) -> bool:
        """Return whether the kept connection answers."""
        return self.kept is not None and self.kept.failures < FAILED_EXCHANGES

    def time_of_replacement(self, limit: Seconds) -> Seconds | None:
        """Return how long a replacement may take of a poll's limit, so that the kept connection could answer as well.

        None for all of it: the kept one does not answer, or its host is slow, so that cutting the first reply off
        would leave too little time for another one.
        """
        is_quick = self.kept is not None and self.kept.slowest <= limit * _QUICK
        return limit / 2 if self.is_kept_well and is_quick else None

    def needs_another(self, now: Seconds) -> bool:
        """Return whether another connection should be tried while this one is kept."""
        kept = self.kept
        if kept is None or self.candidate:
            return False
        return not self.is_kept_well or (now >= self.retry_at and (now >= kept.renew_at or self.has_moved))

    def renewal_failed(self, error: TransportError) -> bool:
        """Record why a replacement could not be opened; return whether that is news."""
        is_news = self.refused is None or self.refused.reason is not error.reason
        self.refused = error
        return is_news

    @property
    def is_login_refused(self) -> bool:
        """Return whether the host refuses new logins while the kept connection still works."""
        return self.kept is not None and self.refused is not None and self.refused.reason is FailureReason.AUTH
