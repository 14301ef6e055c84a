"""Lag and ahead of every replica, proven between two readings of the master."""

from boks_exporter.replication.closer import undecided_replicas
from boks_exporter.replication.compared import DomainComparison, ReplicaComparison, TableComparison
from boks_exporter.replication.comparison import compare, ranked
from boks_exporter.replication.discovered import DiscoveredHost, hosts_of, not_named_for
from boks_exporter.replication.evidence import (
    NO_EVIDENCE,
    Clearance,
    Condition,
    CopyEvidence,
    Difference,
    EvidenceKind,
    Findings,
    Lead,
    Reload,
    addresses_of,
    clearance_times,
    cleared,
)
from boks_exporter.replication.history import History, advance, remember
from boks_exporter.replication.history_json import dump, restore
from boks_exporter.replication.master_terms import MasterTerm, seen_beside, settled
from boks_exporter.replication.not_compared import NotCompared, Obstacle
from boks_exporter.replication.renamed_hosts import recorded_hosts, renamed
