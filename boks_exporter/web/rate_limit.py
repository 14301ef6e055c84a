"""A limit on requests that cause work on a host, and the key by which clients are counted."""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from boks_exporter.model import Seconds

_NETWORK_BITS: Final = 64


def client_key(address: str) -> str:
    """Return an IPv4 address as it is, and an IPv6 address as its network of 64 bits, which one machine may own."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _NETWORK_BITS << _NETWORK_BITS))


SAME_HOST_SECONDS: Final[Seconds] = 10.0
AT_A_TIME: Final = 4
_REMEMBERED: Final = 10_000


class RateLimit:
    """Allows one request for each name in ten seconds, and few at the same time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last: dict[str, float] = {}
        self._running = 0

    def __repr__(self) -> str:
        return f"<RateLimit {self._running} running>"

    def begin(self, name: str) -> Seconds:
        """Begin a request; return 0, or after how many seconds it may be tried again."""
        now = self._monotonic()
        self._last = {known: at for known, at in self._last.items() if now - at < SAME_HOST_SECONDS}
        if name in self._last:
            return max(1.0, SAME_HOST_SECONDS - (now - self._last[name]))
        if self._running >= AT_A_TIME or len(self._last) >= _REMEMBERED:
            return 1.0
        self._last[name] = now
        self._running += 1
        return 0.0

    def end(self) -> None:
        """End a request that was begun."""
        self._running -= 1
