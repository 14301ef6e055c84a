"""Redundancy: the number of healthy replicas of a site or of a network section."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.health.hosts import HostVerdict
from boks_exporter.health.states import ReplicaState
from boks_exporter.model import Host, HostName


class GroupKind(StrEnum):
    """The grouping of hosts; K1456 asks for several replicas at each location and for one in each section."""

    SITE = "site"
    SECTION = "section"


class GroupVerdict(StrEnum):
    """The verdict on the redundancy of a group."""

    OK = "ok"
    SITE_WITHOUT_SPARE = "site-without-spare"
    SITE_WITHOUT_REPLICA = "site-without-replica"
    SECTION_WITHOUT_REPLICA = "section-without-replica"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GroupHealth:
    """The replicas of one site or section, counted by state; a state that none has is counted as 0."""

    kind: GroupKind
    name: str
    counts: Mapping[ReplicaState, int]
    unknown_with_evidence: int = 0
    """Replicas whose state is unknown and whose copy is proven to have been wrong: they do not count as healthy."""

    @property
    def verdict(self) -> GroupVerdict:
        """Judge by the replicas that are ok; one whose state is unknown leaves open what it could decide.

        A group without any replica, such as the site of the master alone, is not short of one.
        """
        if not any(self.counts.values()):
            return GroupVerdict.OK
        healthy = self.counts[ReplicaState.OK]
        possible = healthy + self.counts[ReplicaState.UNKNOWN] - self.unknown_with_evidence
        wanted = 2 if self.kind is GroupKind.SITE else 1
        if healthy >= wanted:
            return GroupVerdict.OK
        if possible == 0:
            return _WITHOUT_REPLICA[self.kind]
        return GroupVerdict.UNKNOWN if possible > healthy else GroupVerdict.SITE_WITHOUT_SPARE


_WITHOUT_REPLICA = {
    GroupKind.SITE: GroupVerdict.SITE_WITHOUT_REPLICA,
    GroupKind.SECTION: GroupVerdict.SECTION_WITHOUT_REPLICA,
}


def counted(verdicts: Iterable[HostVerdict]) -> dict[ReplicaState, int]:
    """Count replicas by state."""
    counts = dict.fromkeys(ReplicaState, 0)
    for verdict in verdicts:
        if verdict.is_replica:
            counts[verdict.state] += 1
    return counts


def groups(
    kind: GroupKind, hosts: Iterable[Host], verdicts: Mapping[HostName, HostVerdict], group_of: Callable[[Host], str]
) -> tuple[GroupHealth, ...]:
    """Count the replicas of each named group; hosts without a group are left out."""
    members: dict[str, list[HostVerdict]] = {}
    for host in hosts:
        if group_of(host):
            members.setdefault(group_of(host), []).append(verdicts[host.name])
    return tuple(_group(kind, name, members[name]) for name in sorted(members))


def _group(kind: GroupKind, name: str, members: list[HostVerdict]) -> GroupHealth:
    doubtful = sum(
        verdict.is_replica and verdict.state is ReplicaState.UNKNOWN and bool(verdict.proven) for verdict in members
    )
    return GroupHealth(kind, name, counted(members), doubtful)
