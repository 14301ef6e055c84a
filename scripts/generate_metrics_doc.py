"""Write docs/metrics.md from the metrics' own table; a test compares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "metrics.md"
sys.path.insert(0, str(ROOT))

from boks_exporter.exposition import SPECS, MetricSpec  # noqa: E402 - found by the path that is set above

INTRODUCTION: Final = """\
# Metrics

<!-- Written by scripts/generate_metrics_doc.py from boks_exporter/exposition/specs/; change it there. -->

Everything that `/metrics` can show. `boks_domain` names the BoKS installation and `host` the server in it, as
configured or as the master's list spells it. How to read it:

* **Absent, not zero.** What is not known has no sample: a host that does not answer keeps `boks_host_up` 0 and its
  timestamps, and loses the rest until it answers again. Write alerts with that in mind
  (`max_over_time(boks_host_up[3m]) == 0`).
* **Points in time, not ages.** `time() - boks_host_last_success_timestamp_seconds` is the age. All times are by the
  exporter's clock; no clock of a BoKS host is used.
* **A stateset** has one series for each value of its last label: 1 for the one that holds, 0 for the others. A counter
  with a closed set of reasons has all of them from the start, at 0.
* **The page is as old as the last round** (`boks_round_last_timestamp_seconds`); a scrape asks no host.

Where a figure comes from BoKS itself, its source is named: K1256 and K1456 are articles 1256 and 1456 of kilala.nl, HS
is the vendor's knowledge base at community.helpsystems.com. *Read there* means that the source says so; *inferred from
samples* means that published output looks that way and nothing contradicts it.
"""

GROUPS: Final = (
    ("The exporter", ("boks_exporter_",)),
    ("Hosts and their tables", ("boks_host_", "boks_table_")),
    ("Replicas", ("boks_replica_",)),
    ("Sites, sections, domains", ("boks_site_", "boks_section_", "boks_domain_")),
    ("Rounds", ("boks_round_", "boks_rounds_")),
    ("Failover and maintenance", ("boks_failover_", "boks_maintenance_")),
)


def page() -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *_overview(), *(line for title, names in GROUPS for line in _group(title, names))])


def _overview() -> Iterator[str]:
    yield "| metric | kind | labels |"
    yield "|---|---|---|"
    for spec in SPECS:
        yield f"| [`{spec.name}`](#{spec.name}) | {spec.kind} | {_labels(spec)} |"
    yield ""


def _group(title: str, prefixes: tuple[str, ...]) -> Iterator[str]:
    yield f"## {title}\n"
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
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}: {len(SPECS)} metrics")
