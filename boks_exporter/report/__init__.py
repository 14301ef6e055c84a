"""The status report: its types and its parser, without anything that computes one."""

from boks_exporter.report.parser import read_events, read_report, unread_sentences
from boks_exporter.report.types import (
    DomainReport,
    EventReport,
    EventsReport,
    GroupReport,
    HostReport,
    KnowledgeReport,
    KnownHostReport,
    KnownReadingReport,
    StatusReport,
    TableReport,
    UnreadReport,
    WindowReport,
)
