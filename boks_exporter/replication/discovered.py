"""Discovered hosts, kept across restarts: a master that is down prints no list of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from boks_exporter.model import DomainSnapshot, Host, HostName, ReplicaLine, Seconds, Timestamp


@dataclass(frozen=True, slots=True)
class DiscoveredHost:
    """A host that a master's list named. `named_at` is when it last did, `line` what it printed then.

    `unnamed_since` is when a list of which every line could be read first did not.
    """

    address: str
    port: int
    named_at: Timestamp
    line: ReplicaLine | None = None
    unnamed_since: Timestamp | None = None

    def shifted(self, by: Seconds) -> "DiscoveredHost":
        """Move the times by a step of the exporter's clock."""
        unnamed_since = None if self.unnamed_since is None else self.unnamed_since + by
        return replace(self, named_at=self.named_at + by, unnamed_since=unnamed_since)


def keep_discovered(
    known: Mapping[HostName, DiscoveredHost], snapshot: DomainSnapshot
) -> dict[HostName, DiscoveredHost]:
    """Record the discovered hosts of a round; one that was dropped from the round is dropped here, too."""
    return {host.name: _kept(known.get(host.name), host, snapshot) for host in snapshot.hosts if host.discovered}


def _kept(known: DiscoveredHost | None, host: Host, snapshot: DomainSnapshot) -> DiscoveredHost:
    line, listing = snapshot.line(host.name), snapshot.listing
    if line and listing:
        return DiscoveredHost(host.address, host.port, listing.read_at, line)
    known = known or DiscoveredHost(host.address, host.port, snapshot.finished_at)
    if listing and not listing.unread and known.unnamed_since is None:
        return replace(known, unnamed_since=listing.read_at)
    return known


def keep_unresolved(known: Mapping[str, Timestamp], snapshot: DomainSnapshot) -> Mapping[str, Timestamp]:
    """Record the servers of a new list that match no host; without a list, the last one counts."""
    if snapshot.listing is not None:
        return dict.fromkeys(snapshot.unresolved, snapshot.listing.read_at)
    return known


def hosts_of(known: Mapping[HostName, DiscoveredHost]) -> tuple[Host, ...]:
    """Return the discovered hosts as hosts of a domain."""
    return tuple(Host(name=name, address=host.address, port=host.port, discovered=True) for name, host in known.items())


def not_named_for(
    known: Mapping[HostName, DiscoveredHost], hosts: Iterable[HostName], now: Timestamp, seconds: Seconds
) -> frozenset[HostName]:
    """Return the hosts that lists have not named for so long; while the master is dead, there is none that could."""
    since = {host: known[host].unnamed_since for host in hosts if host in known}
    return frozenset(host for host, at in since.items() if at is not None and now - at >= seconds)
