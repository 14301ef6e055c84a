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
from boks_exporter.model.hosts import (
    ConnectionFacts,
    DomainName,
    FailedPoll,
    Host,
    HostName,
    Promotion,
    Role,
    Seconds,
    Sequence,
    TableNumber,
    Timestamp,
    is_numeric,
)
from boks_exporter.model.machines import distinct_masters, possibly_same_machine, same_machine
from boks_exporter.model.snapshot import (
    DomainSnapshot,
    Listed,
    Listing,
    MasterReading,
    MasterReport,
    ReplicaReading,
    UnreadEntry,
)
