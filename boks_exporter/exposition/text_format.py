"""The text of a page, in both formats at once.

prometheus_client writes the same bytes, one format at a time and ten times slower, which would block
the event loop of a daemon with hundreds of hosts. The tests compare both.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from boks_exporter.exposition.domain_view import DomainView, ExporterInfo
from boks_exporter.exposition.families import Family, grouped
from boks_exporter.exposition.metric_spec import Kind, MetricSpec
from boks_exporter.exposition.samples import LabelValues

_LARGEST_PLAIN_DIGITS: Final = 6
"""Go writes an exponent for numbers with more digits before the point, Python only from 17 digits on."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `classic` is Prometheus's text format 0.0.4, `openmetrics` is OpenMetrics 1.0.0."""

    classic: bytes
    openmetrics: bytes


def render(views: Iterable[DomainView], exporter: ExporterInfo) -> Page:
    """Render all views."""
    classic, openmetrics = [], []
    for family in grouped(views, exporter):
        spec, _ = family
        body = "".join(_lines(family))
        classic += [_classic_head(spec), body]
        openmetrics += [_openmetrics_head(spec), body]
    openmetrics.append("# EOF\n")
    return Page("".join(classic).encode(), "".join(openmetrics).encode())


def _classic_head(spec: MetricSpec) -> str:
    return f"# HELP {spec.name} {_escaped(spec.help, quotes=False)}\n# TYPE {spec.name} {_type(spec)}\n"


def _openmetrics_head(spec: MetricSpec) -> str:
    """Return a counter's family name without `_total`, which OpenMetrics adds to the sample only."""
    name = spec.name.removesuffix("_total") if spec.kind is Kind.COUNTER else spec.name
    return f"# HELP {name} {_escaped(spec.help)}\n# TYPE {name} {_type(spec)}\n"


def _type(spec: MetricSpec) -> str:
    return "counter" if spec.kind is Kind.COUNTER else "gauge"


def _lines(family: Family) -> Iterator[str]:
    spec, values = family
    order = sorted(range(len(spec.labels)), key=spec.labels.__getitem__)
    names = [f'{spec.labels[index]}="' for index in order]
    for labels, value in values.items():
        yield f"{spec.name}{_labels(names, order, labels)} {_number(value)}\n"


def _labels(names: list[str], order: list[int], labels: LabelValues) -> str:
    if not names:
        return ""
    inside = '",'.join([name + _label(labels[index]) for name, index in zip(names, order, strict=True)])
    return f'{{{inside}"}}'


@lru_cache(maxsize=16384)
def _label(value: str) -> str:
    return _escaped(value)


def _escaped(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


@lru_cache(maxsize=16384)
def _number(value: float) -> str:
    """Format a number as Go and prometheus_client do."""
    text = repr(float(value))
    if not math.isfinite(value):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(text, "NaN")
    digits = text.find(".")
    if value <= 0 or digits <= _LARGEST_PLAIN_DIGITS:
        return text
    mantissa = f"{text[0]}.{text[1:digits]}{text[digits + 1 :]}".rstrip("0.")
    return f"{mantissa}e+{digits - 1:02d}"
