"""Samples, grouped into families, as text."""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.metric_spec import Kind, MetricSpec
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


_LARGEST_PLAIN_DIGITS: Final = 6
"""Go writes an exponent for numbers with more digits before the point, Python only from 17 digits on."""

_NUMBERS_KEPT: Final = 6144
"""Every round has new times, so that it is full within minutes."""


def classic_head(spec: MetricSpec) -> str:
    """Return the lines in front of a metric's samples in Prometheus's text format."""
    return f"# HELP {spec.name} {_escaped(spec.help, quotes=False)}\n# TYPE {spec.name} {_type(spec)}\n"


def openmetrics_head(spec: MetricSpec) -> str:
    """Return those of OpenMetrics: a counter's family has no `_total`, which OpenMetrics adds to the sample only."""
    name = spec.name.removesuffix("_total") if spec.kind is Kind.COUNTER else spec.name
    return f"# HELP {name} {_escaped(spec.help)}\n# TYPE {name} {_type(spec)}\n"


def _type(spec: MetricSpec) -> str:
    return "counter" if spec.kind is Kind.COUNTER else "gauge"


def lines_of(family: Family) -> Iterator[str]:
    """Write the samples of one metric."""
    spec, values = family
    for labels, value in values.items():
        yield f"{series_text(spec, labels)}{number_text(value)}\n"


def series_text(spec: MetricSpec, labels: LabelValues) -> str:
    """Write a line up to its number."""
    if not labels:
        return f"{spec.name} "
    inside = '",'.join([name + label_text(labels[index]) for name, index in _order(spec.labels)])
    return f'{spec.name}{{{inside}"}} '


@lru_cache(maxsize=256)
def _order(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Sort the labels by their names."""
    return tuple((f'{names[index]}="', index) for index in sorted(range(len(names)), key=names.__getitem__))


@lru_cache(maxsize=16384)
def label_text(value: str) -> str:
    """Write a label's value as it is between its quotes."""
    return _escaped(value)


def _escaped(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


@lru_cache(maxsize=_NUMBERS_KEPT)
def number_text(value: float) -> str:
    """Format a number as Go and prometheus_client do."""
    text = repr(float(value))
    if not math.isfinite(value):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(text, "NaN")
    digits = text.find(".")
    if value < 0 or digits <= _LARGEST_PLAIN_DIGITS:
        return text
    mantissa = f"{text[0]}.{text[1:digits]}{text[digits + 1 :]}".rstrip("0.")
    return f"{mantissa}e+{digits - 1:02d}"
