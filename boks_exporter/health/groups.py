"""Redundancy: how many replicas of a site or of a network section are sound."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from boks_exporter.health.hosts import HostVerdict
from boks_exporter.health.states import ReplicaState
from boks_exporter.model import Host, HostName


class GroupVerdict(StrEnum):
    """K1456 asks for a replica at each location, better several, and for one in each network section."""

    OK = "ok"
    WITHOUT_SPARE = "site-without-spare"
    WITHOUT_REPLICA = "site-without-replica"


@dataclass(frozen=True, slots=True)
class GroupHealth:
    """The replicas of one site or section, counted by state; a state that none has is counted as 0."""

    name: str
    counts: Mapping[ReplicaState, int]

    @property
    def verdict(self) -> GroupVerdict:
        """Judge by the number of replicas that are ok; a group whose replicas are all unknown is without one too."""
        sound = self.counts[ReplicaState.OK]
        if sound == 0:
            return GroupVerdict.WITHOUT_REPLICA
        return GroupVerdict.WITHOUT_SPARE if sound == 1 else GroupVerdict.OK


def counted(verdicts: Iterable[HostVerdict]) -> dict[ReplicaState, int]:
    """Count replicas by state."""
    counts = dict.fromkeys(ReplicaState, 0)
    for verdict in verdicts:
        if verdict.is_replica:
            counts[verdict.state] += 1
    return counts


def groups(
    hosts: Iterable[Host], verdicts: Mapping[HostName, HostVerdict], group_of: Callable[[Host], str]
) -> tuple[GroupHealth, ...]:
    """Count the replicas of each named group; hosts without a group are left out."""
    members: dict[str, list[HostVerdict]] = {}
    for host in hosts:
        if group_of(host):
            members.setdefault(group_of(host), []).append(verdicts[host.name])
    return tuple(GroupHealth(name, counted(members[name])) for name in sorted(members))
