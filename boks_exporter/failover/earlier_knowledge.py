"""What was known of a domain at an earlier time: hosts, last readings, evidence, and which host reached which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.model import DomainName, Host, HostName, Observed, Reach, Role, Timestamp
from boks_exporter.replication import EvidenceKind


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

    def as_host(self) -> Host:
        """Return it as a host of the domain that no configuration names."""
        return Host(name=self.name, address=self.address, port=self.port, discovered=True)


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
    evidence: Mapping[HostName, tuple[EvidenceKind, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The evidence of each copy that is ahead, was ahead or has diverged."""
    reached: tuple[LastReach, ...] = ()

    def host(self, name: HostName) -> KnownHost | None:
        return next((host for host in self.hosts if host.name == name), None)

    @property
    def roles(self) -> dict[HostName, Role]:
        """The role of each host when it last answered, as far as it was known."""
        return {host.name: host.role for host in self.hosts if host.role is not Role.UNKNOWN}


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
    )


def _host(host: Host, facts: FailoverFacts, earlier: EarlierKnowledge | None) -> KnownHost:
    outcome, known = facts.snapshot.outcome(host.name), earlier.host(host.name) if earlier else None
    is_seen = isinstance(outcome, Observed) and outcome.role is not Role.UNKNOWN
    role = facts.role(host.name) if is_seen else facts.last_roles.get(host.name, known.role if known else Role.UNKNOWN)
    failing = None if outcome is None or is_seen else outcome.started_at
    return KnownHost(
        name=host.name,
        address=host.address,
        port=host.port,
        role=role,
        answered_at=outcome.finished_at if outcome and is_seen else known.answered_at if known else None,
        failing_since=known.failing_since or failing if known and failing else failing,
        is_discovered=host.discovered,
    )


def _reached(facts: FailoverFacts, earlier: EarlierKnowledge | None) -> Iterator[LastReach]:
    """Yield each pair of hosts once, with the newest time."""
    found = {(each.host, each.about): each for each in (earlier.reached if earlier else ())}
    for each in facts.witnesses:
        if each.reach is Reach.REACHABLE:
            found[each.host, each.about] = LastReach(each.host, each.about, facts.seen_at)
    yield from found.values()
