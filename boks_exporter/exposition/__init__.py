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
from boks_exporter.exposition.failover_activity import Operations, RunInProgress, RunOutcome, RunProcedure, Window
from boks_exporter.exposition.metric_spec import Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.exposition.page import END, FamilyText, Page, Renderer, render
from boks_exporter.exposition.report import status_report
from boks_exporter.exposition.specs import SPECS
