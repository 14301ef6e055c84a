"""What is published of a round: metric families and the JSON report; every public name is written here."""

from boks_exporter.exposition.families import families, render
from boks_exporter.exposition.report import status_report
from boks_exporter.exposition.specs import SPECS, Kind, Spec
from boks_exporter.exposition.views import (
    DomainCounters,
    DomainView,
    ExporterInfo,
    ExpositionOptions,
    HostCounters,
    TableLag,
    Tables,
)

__all__ = [
    "SPECS",
    "DomainCounters",
    "DomainView",
    "ExporterInfo",
    "ExpositionOptions",
    "HostCounters",
    "Kind",
    "Spec",
    "TableLag",
    "Tables",
    "families",
    "render",
    "status_report",
]
