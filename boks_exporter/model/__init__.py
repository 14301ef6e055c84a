"""The facts: who the hosts are, what they said, and what one round over a domain brought home; all frozen.

Times are Unix seconds by the exporter's own clock unless a name says otherwise: no host's clock is trusted.
`None` always means "not known", never zero.
"""

from boks_exporter.model.command_output import (
    Checksums,
    Environment,
    ErrorLog,
    Leftover,
    Memory,
    Queue,
    ReplicaLine,
    ReplicaList,
    ReportedStatus,
    SequenceReport,
    TableSequence,
)
from boks_exporter.model.host_reply import (
    Garbled,
    HostOutcome,
    Observed,
    Reply,
    Section,
    SectionFault,
    SectionReply,
    Unreachable,
)
from boks_exporter.model.hosts import Host, Promotion, Role
from boks_exporter.model.snapshot import DomainSnapshot, Listed, Listing, MasterReading
from boks_exporter.model.units import DomainName, HostName, Seconds, Sequence, TableNumber, Timestamp

__all__ = [
    "Checksums",
    "DomainName",
    "DomainSnapshot",
    "Environment",
    "ErrorLog",
    "Garbled",
    "Host",
    "HostName",
    "HostOutcome",
    "Leftover",
    "Listed",
    "Listing",
    "MasterReading",
    "Memory",
    "Observed",
    "Promotion",
    "Queue",
    "ReplicaLine",
    "ReplicaList",
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
]
