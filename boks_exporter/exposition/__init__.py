"""Metrics and the JSON report; every public name is written here."""

from boks_exporter.exposition.domain_view import (
    DomainCounters,
    DomainView,
    ExporterInfo,
    ExpositionOptions,
    HostCounters,
    TableLag,
    Tables,
)
from boks_exporter.exposition.failover_activity import Operations, RunOutcome, RunProcedure, Window
from boks_exporter.exposition.metric_spec import Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.exposition.report import status_report
from boks_exporter.exposition.specs import SPECS
from boks_exporter.exposition.text_format import Page, render

__all__ = [
    "SPECS",
    "DomainCounters",
    "DomainView",
    "ExporterInfo",
    "ExpositionOptions",
    "HostCounters",
    "Kind",
    "MetricSpec",
    "Operations",
    "Page",
    "RunOutcome",
    "RunProcedure",
    "Source",
    "SourceCertainty",
    "TableLag",
    "Tables",
    "Window",
    "render",
    "status_report",
]
