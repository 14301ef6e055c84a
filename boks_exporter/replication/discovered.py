"""Discovered hosts, kept across restarts: a master that is down prints no list of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from boks_exporter.model import DomainSnapshot, Host, HostName, ReplicaLine, Seconds, Timestamp


@dataclass(frozen=True, slots=True)
class DiscoveredHost:
    """A host that a master's list named. `named_at` is when it last did, `line` what it printed then."""

    address: str
    port: int
    named_at: Timestamp
    line: ReplicaLine | None = None

    def shifted(self, by: Seconds) -> "DiscoveredHost":
        """Move the time by a step of the exporter's clock."""
        return replace(self, named_at=self.named_at + by)


def keep_discovered(
    known: Mapping[HostName, DiscoveredHost], snapshot: DomainSnapshot
) -> dict[HostName, DiscoveredHost]:
    """Record the discovered hosts of a round; one that was dropped from the round is dropped here, too."""
    return {host.name: _kept(known.get(host.name), host, snapshot) for host in snapshot.hosts if host.discovered}


def _kept(known: DiscoveredHost | None, host: Host, snapshot: DomainSnapshot) -> DiscoveredHost:
    line = snapshot.line(host.name)
    if line and snapshot.listing:
        return DiscoveredHost(host.address, host.port, snapshot.listing.read_at, line)
    return known or DiscoveredHost(host.address, host.port, snapshot.finished_at)


def hosts_of(known: Mapping[HostName, DiscoveredHost]) -> tuple[Host, ...]:
    """Return the discovered hosts as hosts of a domain."""
    return tuple(Host(name=name, address=host.address, port=host.port, discovered=True) for name, host in known.items())


def not_named_for(
    known: Mapping[HostName, DiscoveredHost], hosts: Iterable[HostName], now: Timestamp, seconds: Seconds
) -> frozenset[HostName]:
    """Return the hosts that no list has named for so long."""
    return frozenset(host for host in hosts if host in known and now - known[host].named_at >= seconds)
