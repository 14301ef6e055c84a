"""A budget of raw bytes for each kept connection, idle or not: packets that are no reply cost time as well."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import HostName, Seconds
from boks_exporter.transport.ssh.peer import OpenConnection, Peer

CHECK_SECONDS: Final[Seconds] = 1.0
CHECKED_AT_ONCE: Final = 250
"""Of more hosts, each one's connections are checked at every second, third, … check."""
REPLIES_IN_A_WINDOW: Final = 4
"""So many replies of the largest size fit into the budget: two of a round, of two rounds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a connection may receive within an interval."""

    limit: int
    window: Seconds

    def exceeded(self, peers: Iterable[Peer], now: Seconds) -> Iterator[tuple[Peer, OpenConnection]]:
        """Iterate over the connections over the limit."""
        for peer in peers:
            for kept in (peer.kept, peer.candidate):
                if kept and self._is_exceeded(kept, now):
                    yield peer, kept

    def _is_exceeded(self, kept: OpenConnection, now: Seconds) -> bool:
        if (total := kept.total_received()) is None:
            return False
        seen = kept.received
        seen.append((now, total))
        while seen[0][0] < now - self.window:
            seen.popleft()
        return total - seen[0][1] > self.limit

    def error(self) -> TransportError:
        """Describe a connection over the limit."""
        detail = f"the host sent more than {self.limit} bytes within {self.window:g} s; the connection was closed"
        return TransportError(FailureReason.TOO_LARGE, detail)


async def watch(budget: Budget, peers: Mapping[HostName, Peer]) -> None:
    """Close connections on which a host sends more than a reply can have, between polls too."""
    for turn in count():
        await asyncio.sleep(CHECK_SECONDS)
        checked = in_turn(peers.values(), len(peers), turn)
        for peer, kept in [*budget.exceeded(checked, asyncio.get_running_loop().time())]:
            peer.reported_next = budget.error()
            peer.drop(kept)


def in_turn(peers: Iterable[Peer], hosts: int, turn: int) -> Iterator[Peer]:
    """Return the part of the hosts that is checked at this turn."""
    parts = -(-hosts // CHECKED_AT_ONCE) or 1
    return islice(peers, turn % parts, None, parts)
