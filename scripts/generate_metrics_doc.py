"""Fill docs/metrics.md from the metrics' own table; a test compares."""

from collections.abc import Iterator
from typing import Final

from boks_exporter.exposition import SPECS, MetricSpec
from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "metrics.md"

GROUPS: Final = {
    "exporter": ("boks_exporter_",),
    "hosts": ("boks_host_", "boks_table_"),
    "replicas": ("boks_replica_",),
    "sites": ("boks_site_", "boks_section_", "boks_domain_"),
    "rounds": ("boks_round_", "boks_rounds_"),
    "failover": ("boks_failover_", "boks_maintenance_"),
}
"""Metrics of each section of the page, by the prefixes of their names."""


def page() -> str:
    """Return the page with the overview and every metric."""
    return filled_page(PAGE, {"overview": _overview(), **{group: _group(names) for group, names in GROUPS.items()}})


def _overview() -> Iterator[str]:
    yield "| metric | kind | labels |"
    yield "|---|---|---|"
    for spec in SPECS:
        yield f"| [`{spec.name}`](#{spec.name}) | {spec.kind} | {_labels(spec)} |"


def _group(prefixes: tuple[str, ...]) -> Iterator[str]:
    for spec in SPECS:
        if spec.name.startswith(prefixes):
            yield from _metric(spec)


def _metric(spec: MetricSpec) -> Iterator[str]:
    yield f"### {spec.name}\n"
    yield f"{spec.meaning}\n"
    yield f"* {spec.kind.capitalize()}, {spec.unit}"
    yield f"* Labels: {_labels(spec)}"
    if spec.choices:
        yield f"* Values of `{spec.labels[-1]}`: {', '.join(f'`{choice}`' for choice in spec.choices)}"
    if spec.absent:
        yield f"* Absent {spec.absent}"
    if spec.source:
        yield f"* Source: {spec.source}"
    yield ""


def _labels(spec: MetricSpec) -> str:
    return ", ".join(f"`{label}`" for label in spec.labels) or "none"


if __name__ == "__main__":
    write(PAGE, page())
