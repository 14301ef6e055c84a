"""The status report: its types and its parser, without anything that computes one."""

from boks_exporter.report.parser import read_report
from boks_exporter.report.types import (
    DomainReport,
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
from boks_exporter.report.unread_lines import unread_sentences

__all__ = [
    "DomainReport",
    "GroupReport",
    "HostReport",
    "KnowledgeReport",
    "KnownHostReport",
    "KnownReadingReport",
    "StatusReport",
    "TableReport",
    "UnreadReport",
    "WindowReport",
    "read_report",
    "unread_sentences",
]
