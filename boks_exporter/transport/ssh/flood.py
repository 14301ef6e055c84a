"""A budget of raw bytes for each kept connection, idle or not: packets that are no reply cost time as well."""

import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Seconds
from boks_exporter.transport.ssh.peer import Kept

CHECK_SECONDS: Final[Seconds] = 1.0
REPLIES_IN_A_WINDOW: Final = 4
"""So many replies of the largest size fit into the budget: two of a round, of two rounds."""

_BYTES_RECEIVED: Final = struct.Struct("=128xQ")
"""Linux's struct tcp_info up to tcpi_bytes_received."""


@dataclass
class Budget:
    """Count what each connection has received within the last interval."""

    limit: int
    window: Seconds
    _seen: dict[int, deque[tuple[Seconds, int]]] = field(default_factory=dict)

    def exceeded(self, connections: list[Kept], now: Seconds) -> list[Kept]:
        """Return the connections over the limit; connections that are gone are forgotten."""
        before, self._seen = self._seen, {}
        over = []
        for kept in connections:
            if (total := received(kept)) is None:
                continue
            seen = self._seen[id(kept)] = before.get(id(kept)) or deque()
            seen.append((now, total))
            while seen[0][0] < now - self.window:
                seen.popleft()
            if total - seen[0][1] > self.limit:
                over.append(kept)
        return over

    def error(self) -> TransportError:
        """Describe a connection over the limit."""
        detail = f"the host sent more than {self.limit} bytes within {self.window:g} s; the connection was closed"
        return TransportError(FailureReason.TOO_LARGE, detail)


def received(kept: Kept) -> int | None:
    """Return the bytes that a connection has received; None where the system does not count them."""
    raw = kept.connection.get_extra_info("raw_socket")
    if not isinstance(raw, socket.socket) or not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.size)
    except OSError:
        return None
    return int(_BYTES_RECEIVED.unpack(info)[0]) if len(info) == _BYTES_RECEIVED.size else None
