"""Every metric: its name, kind, unit, labels and meaning, written once, one module for each theme."""

from typing import Final

from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.specs import domains, exporter, hosts, operations, replicas, rounds, tables

SPECS: Final = tuple(
    spec
    for theme in (exporter, hosts, tables, replicas, domains, rounds, operations)
    for spec in vars(theme).values()
    if isinstance(spec, MetricSpec)
)
"""All metrics, in the order in which they are written and shown on the page."""
