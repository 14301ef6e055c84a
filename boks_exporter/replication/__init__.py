"""Lag and ahead of every replica, proven between two readings of the master."""

from boks_exporter.replication.comparison import DomainComparison, ReplicaComparison, TableComparison, compare
from boks_exporter.replication.conditions import Condition, Findings
from boks_exporter.replication.history import History, advance, remember
from boks_exporter.replication.history_json import dump, restore
from boks_exporter.replication.not_compared import NotCompared, Obstacle

__all__ = [
    "Condition",
    "DomainComparison",
    "Findings",
    "History",
    "NotCompared",
    "Obstacle",
    "ReplicaComparison",
    "TableComparison",
    "advance",
    "compare",
    "dump",
    "remember",
    "restore",
]
