"""Samples grouped into metric families."""

from collections.abc import Iterable
from typing import TypeAlias

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.metric_spec import MetricSpec
from boks_exporter.exposition.samples import LabelValues, samples
from boks_exporter.exposition.specs import SPECS

Family: TypeAlias = tuple[MetricSpec, dict[LabelValues, float]]


def grouped(views: Iterable[DomainView], exporter: ExporterInfo) -> list[Family]:
    """Sort the samples into their metrics, in the order of the specs; a metric without samples is left out.

    If two hosts or tables have the same labels, the first one counts: Prometheus refuses a whole page that shows a
    series twice.
    """
    by_name: dict[str, dict[LabelValues, float]] = {}
    for spec, labels, value in samples(views, exporter):
        by_name.setdefault(spec.name, {}).setdefault(tuple(map(printable, labels)), value)
    return [(spec, by_name[spec.name]) for spec in SPECS if spec.name in by_name]


def printable(text: str) -> str:
    """Replace what no page can contain: NUL, at which Prometheus's parser stops, and lone surrogates."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
