"""What was known of a domain at an earlier time: hosts, last readings, evidence, and which host reached which."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.model import DomainName, Host, HostName, Observed, Reach, Role, Timestamp
from boks_exporter.observe.host_matching import Names
from boks_exporter.replication import CopyEvidence, DiscoveredHost, History

_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHost:
    """A host with its role when it last answered. `failing_since` is the first failed poll after that."""

    name: HostName
    address: str
    port: int = 22
    role: Role = Role.UNKNOWN
    answered_at: Timestamp | None = None
    failing_since: Timestamp | None = None
    is_discovered: bool = False
    own_name: str = ""
    """What the machine calls itself, by its last reply."""


@dataclass(frozen=True, slots=True)
class LastReach:
    """When `host` last reached the master's port of `about`."""

    host: HostName
    about: HostName
    at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierKnowledge:
    """Everything that was known of a domain at `written_at`; `source` names where it was read."""

    domain: DomainName
    written_at: Timestamp
    source: str
    last_known_master: HostName | None = None
    hosts: tuple[KnownHost, ...] = ()
    readings: Mapping[HostName, Reading] = field(default_factory=lambda: MappingProxyType({}))
    evidence: Mapping[HostName, CopyEvidence] = field(default_factory=lambda: MappingProxyType({}))
    """The evidence of each copy that is ahead, was ahead or has diverged."""
    reached: tuple[LastReach, ...] = ()
    named: Mapping[str, Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    """Servers that only a list or a database named, and when."""

    def host(self, name: HostName) -> KnownHost | None:
        return next((host for host in self.hosts if host.name == name), None)

    @property
    def roles(self) -> dict[HostName, Role]:
        """The role of each host when it last answered, as far as it was known."""
        return {host.name: host.role for host in self.hosts if host.role is not Role.UNKNOWN}


def with_earlier(history: History, earlier: EarlierKnowledge) -> History:
    """Add what a history lacks; where it has recorded a host later, its own record counts."""
    is_newer = history.recorded_at is not None and history.recorded_at >= earlier.written_at
    own = history.roles.keys() if is_newer else frozenset[HostName]()
    failing = {host.name: host.failing_since for host in earlier.hosts if host.failing_since is not None}
    discovered = {
        host.name: DiscoveredHost(host.address, host.port, host.answered_at or earlier.written_at)
        for host in earlier.hosts
        if host.is_discovered
    }
    return replace(
        history,
        roles={**history.roles, **_without(earlier.roles, own)},
        evidence={**history.evidence, **_without(earlier.evidence, own)},
        failing={**history.failing, **_without(failing, own)},
        discovered={**discovered, **history.discovered},
    )


def _without(known: Mapping[HostName, _Known], hosts: Collection[HostName]) -> dict[HostName, _Known]:
    return {host: value for host, value in known.items() if host not in hosts}


def knowledge_of(facts: FailoverFacts, source: str, earlier: EarlierKnowledge | None = None) -> EarlierKnowledge:
    """Return what a round shows; what it does not show is carried over from `earlier`."""
    names = [host.name for host in facts.snapshot.hosts]
    readings = {**(earlier.readings if earlier else {}), **facts.readings}
    readings |= {name: reading for name in names if (reading := facts.reading(name)) is not None}
    return EarlierKnowledge(
        domain=facts.snapshot.domain,
        written_at=facts.seen_at,
        source=source,
        last_known_master=facts.snapshot.last_known_master,
        hosts=tuple(_host(host, facts, earlier) for host in facts.snapshot.hosts),
        readings={name: readings[name] for name in sorted(readings)},
        evidence=dict(sorted(facts.evidence.items())),
        reached=tuple(_reached(facts, earlier)),
        named=facts.known_servers | dict.fromkeys(_named_now(facts), facts.seen_at),
    )


def _host(host: Host, facts: FailoverFacts, earlier: EarlierKnowledge | None) -> KnownHost:
    outcome, known = facts.snapshot.outcome(host.name), earlier.host(host.name) if earlier else None
    is_seen = isinstance(outcome, Observed) and outcome.role is not Role.UNKNOWN
    role = facts.role(host.name) if is_seen else facts.last_roles.get(host.name, known.role if known else Role.UNKNOWN)
    failing = None if outcome is None or is_seen else facts.failing_since.get(host.name, outcome.started_at)
    return KnownHost(
        name=host.name,
        address=host.address,
        port=host.port,
        role=role,
        answered_at=outcome.finished_at if outcome and is_seen else known.answered_at if known else None,
        failing_since=known.failing_since or failing if known and failing else failing,
        is_discovered=host.discovered,
        own_name=facts.own_name(host.name) or (known.own_name if known else ""),
    )


def _named_now(facts: FailoverFacts) -> Iterator[str]:
    """Yield the servers of the master's list and database that are no hosts of the round."""
    known = Names(facts.snapshot.hosts)
    yield from facts.snapshot.unresolved
    yield from (name for name in facts.registered or () if known.host(name) is None)


def _reached(facts: FailoverFacts, earlier: EarlierKnowledge | None) -> Iterator[LastReach]:
    """Yield each pair of hosts once, with the newest time."""
    found = {(each.host, each.about): each for each in (earlier.reached if earlier else ())}
    for each in facts.witnesses:
        if each.reach is Reach.REACHABLE:
            found[each.host, each.about] = LastReach(each.host, each.about, facts.seen_at)
    yield from found.values()
