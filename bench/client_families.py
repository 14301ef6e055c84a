"""Metric families as objects of prometheus_client, against which the page's text is tested."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.metric_spec import Kind, MetricSpec
from boks_exporter.exposition.samples import LabelValues
from boks_exporter.exposition.text_format import grouped


def families(views: Iterable[DomainView], exporter: ExporterInfo) -> Iterator[Metric]:
    """Build all families that have samples."""
    return (_family(spec, values) for spec, values in grouped(views, exporter))


def _family(spec: MetricSpec, values: dict[LabelValues, float]) -> Metric:
    make = CounterMetricFamily if spec.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(spec.name, spec.help, labels=spec.labels)
    for labels, value in values.items():
        family.add_metric(labels, float(value))
    return family
