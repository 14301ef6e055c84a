"""Frozen facts: the hosts, the output of their commands, and the snapshot of one round over a domain.

Times are Unix seconds by the exporter's own clock unless a name says otherwise: no host's clock is trusted.
`None` always means "not known", never zero.
"""

from boks_exporter.model.command_output import (
    Checksums,
    Environment,
    ErrorLog,
    Memory,
    Queue,
    ReplicaLine,
    ReplicaList,
    ReportedStatus,
    SequenceReport,
    TableSequence,
    UnreadLine,
)
from boks_exporter.model.connection import ConnectionFacts, FailedPoll
from boks_exporter.model.diagnosis_facts import DiskSpace, PortCheck, Ports, Processes, RawOutput, Reach
from boks_exporter.model.host_reply import (
    Endpoint,
    Garbled,
    HostOutcome,
    Observed,
    ProcessStart,
    Reply,
    Section,
    SectionFault,
    SectionReply,
    Unreachable,
)
from boks_exporter.model.hosts import Host, Promotion, Role, is_numeric
from boks_exporter.model.machines import distinct_masters, possibly_same_machine, same_machine
from boks_exporter.model.master_reports import MasterReport
from boks_exporter.model.snapshot import DomainSnapshot, Listed, Listing, MasterReading, ReplicaReading, UnreadEntry
from boks_exporter.model.units import DomainName, HostName, Seconds, Sequence, TableNumber, Timestamp

__all__ = [
    "Checksums",
    "ConnectionFacts",
    "DiskSpace",
    "DomainName",
    "DomainSnapshot",
    "Endpoint",
    "Environment",
    "ErrorLog",
    "FailedPoll",
    "Garbled",
    "Host",
    "HostName",
    "HostOutcome",
    "Listed",
    "Listing",
    "MasterReading",
    "MasterReport",
    "Memory",
    "Observed",
    "PortCheck",
    "Ports",
    "ProcessStart",
    "Processes",
    "Promotion",
    "Queue",
    "RawOutput",
    "Reach",
    "ReplicaLine",
    "ReplicaList",
    "ReplicaReading",
    "Reply",
    "ReportedStatus",
    "Role",
    "Seconds",
    "Section",
    "SectionFault",
    "SectionReply",
    "Sequence",
    "SequenceReport",
    "TableNumber",
    "TableSequence",
    "Timestamp",
    "Unreachable",
    "UnreadEntry",
    "UnreadLine",
    "distinct_masters",
    "is_numeric",
    "possibly_same_machine",
    "same_machine",
]
