"""Metric families in Prometheus's own form, and the page that they make."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from boks_exporter.exposition.samples import Sample, samples
from boks_exporter.exposition.specs import SPECS, Kind, Spec
from boks_exporter.exposition.views import DomainView, ExporterInfo


def families(views: Iterable[DomainView], exporter: ExporterInfo) -> Iterator[Metric]:
    """Build all families that have samples, in the order of their specs.

    Should two hosts or tables ever come to the same labels, the first one counts: a page with a series twice is
    refused by Prometheus as a whole.
    """
    by_spec: dict[str, dict[tuple[str, ...], float]] = {}
    for spec, labels, value in samples(views, exporter):
        by_spec.setdefault(spec.name, {}).setdefault(labels, float(value))
    return (_family(spec, by_spec[spec.name]) for spec in SPECS if spec.name in by_spec)


def _family(spec: Spec, values: dict[tuple[str, ...], float]) -> Metric:
    make = CounterMetricFamily if spec.kind is Kind.COUNTER else GaugeMetricFamily
    family = make(spec.name, spec.help, labels=spec.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


@dataclass(frozen=True)
class _Page(Collector):
    """A collector of one page, made for one rendering and thrown away."""

    metrics: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def render(views: Iterable[DomainView], exporter: ExporterInfo, *, openmetrics: bool = False) -> bytes:
    """Render the page, in Prometheus's classic text or in OpenMetrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(tuple(families(views, exporter))))
    generate: Callable[[CollectorRegistry], bytes] = generate_openmetrics if openmetrics else generate_latest
    return generate(registry)


__all__ = ["Sample", "families", "render"]
