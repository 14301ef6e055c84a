"""Lag and ahead of every replica, proven between two readings of the master."""

from boks_exporter.replication.comparison import DomainComparison, ReplicaComparison, TableComparison, compare
from boks_exporter.replication.conditions import Condition, Findings
from boks_exporter.replication.history import History, advance, remember
from boks_exporter.replication.history_json import dump, restore

__all__ = [
    "Condition",
    "DomainComparison",
    "Findings",
    "History",
    "ReplicaComparison",
    "TableComparison",
    "advance",
    "compare",
    "dump",
    "remember",
    "restore",
]
