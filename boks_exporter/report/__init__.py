"""The status report: its types and its parser, without anything that computes one."""

from boks_exporter.report.parser import read_report
from boks_exporter.report.types import (
    DomainReport,
    GroupReport,
    HostReport,
    StatusReport,
    TableReport,
    WindowReport,
)

__all__ = [
    "DomainReport",
    "GroupReport",
    "HostReport",
    "StatusReport",
    "TableReport",
    "WindowReport",
    "read_report",
]
