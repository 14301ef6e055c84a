"""What is sick: verdicts on every host, site and domain, each with its reason."""

from boks_exporter.health.domain import DomainHealth, judge
from boks_exporter.health.hosts import HostVerdict
from boks_exporter.health.redundancy import GroupHealth, GroupKind, GroupVerdict
from boks_exporter.health.replica_conditions import findings
from boks_exporter.health.states import PRECEDENCE, DomainState, ReplicaState
from boks_exporter.health.thresholds import Thresholds

__all__ = [
    "PRECEDENCE",
    "DomainHealth",
    "DomainState",
    "GroupHealth",
    "GroupKind",
    "GroupVerdict",
    "HostVerdict",
    "ReplicaState",
    "Thresholds",
    "findings",
    "judge",
]
