"""Every metric: its name, kind, unit, labels and meaning, written once, one module for each theme."""

from typing import Final

from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.specs import domains, exporter, hosts, operations, replicas

SPECS: Final = tuple(
    spec
    for theme in (exporter, hosts, replicas, domains, operations)
    for spec in vars(theme).values()
    if isinstance(spec, MetricSpec)
)
"""All metrics, in the order in which they are written and shown on the page."""
