"""Metric families in Prometheus's own form, for a registry that wants to collect them."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.metric_spec import Kind, MetricSpec
from boks_exporter.exposition.samples import LabelValues, samples
from boks_exporter.exposition.specs import SPECS

Family: TypeAlias = tuple[MetricSpec, dict[LabelValues, float]]


def grouped(views: Iterable[DomainView], exporter: ExporterInfo) -> list[Family]:
    """Sort the samples into their metrics, in the order of the specs; a metric without samples is left out.

    Should two hosts or tables ever come to the same labels, the first one counts: Prometheus refuses a page that
    shows a series twice as a whole.
    """
    by_name: dict[str, dict[LabelValues, float]] = {}
    for spec, labels, value in samples(views, exporter):
        by_name.setdefault(spec.name, {}).setdefault(tuple(map(sound, labels)), value)
    return [(spec, by_name[spec.name]) for spec in SPECS if spec.name in by_name]


def sound(text: str) -> str:
    """Replace what no page can hold: NUL, at which Prometheus's reader stops, and halves of characters."""
    if text.isprintable():
        return text
    return text.replace("\0", "?").encode("utf-8", "replace").decode()


def families(views: Iterable[DomainView], exporter: ExporterInfo) -> Iterator[Metric]:
    """Build all families that have samples."""
    return (_family(spec, values) for spec, values in grouped(views, exporter))


def _family(spec: MetricSpec, values: dict[LabelValues, float]) -> Metric:
    make = CounterMetricFamily if spec.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(spec.name, spec.help, labels=spec.labels)
    for labels, value in values.items():
        family.add_metric(labels, float(value))
    return family
