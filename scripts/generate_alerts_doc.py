"""Fill docs/alerts.md from the shipped rules; a test compares."""

import json
from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML

from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "alerts.md"
RULES: Final = ROOT / "deploy" / "prometheus"
MEASURED: Final = ROOT / "docs" / "time-to-page.json"
"""Written by `make paging`."""


def page() -> str:
    """Return the page with its tables."""
    return filled_page(PAGE, {"alerts": _alerts(), "time-to-page": _time_to_page(), "thresholds": _thresholds()})


def _groups() -> Iterator[dict[str, Any]]:
    for file in sorted(RULES.glob("*.rules.yml")):
        yield from YAML(typ="safe").load(file)["groups"]


def _alerts() -> Iterator[str]:
    yield "| alert | severity | for | summary |"
    yield "|---|---|---|---|"
    for rule in (rule for group in _groups() for rule in group["rules"] if "alert" in rule):
        name, labels = rule["alert"], rule["labels"]
        summary = rule["annotations"]["summary"].replace("{{ $labels.", "*").replace(" }}", "*")
        summary = summary.replace("{{ $value | humanizeDuration*", "*so long*").replace(
            "{{ $value | humanizePercentage*", "*n* %"
        )
        summary = summary.replace("{{ $value*", "*n*")
        yield f"| [{name}](runbooks/{name}.md) | {labels['severity']} | {rule['for']} | {summary} |"


def _thresholds() -> Iterator[str]:
    yield "| series | value |"
    yield "|---|---|"
    for group in _groups():
        for rule in group["rules"]:
            if group["name"] == "boks-thresholds":
                yield f"| `{rule['record']}` | {rule['expr'].removeprefix('vector(').removesuffix(')')} |"


def _time_to_page() -> Iterator[str]:
    yield "| fault | alert | goal | median | longest | runs | interrupted |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for row in json.loads(MEASURED.read_text(encoding="utf-8")):
        alert, missed = row["alert"], row["runs"] - row["notified"]
        runs = f"{row['runs']}, {missed} without a notification" if missed else row["runs"]
        times = " | ".join("-" if row[key] is None else f"{row[key]} s" for key in ("median", "max"))
        yield f"| {row['fault']} | [{alert}](runbooks/{alert}.md) | {row['goal']:.0f} s | {times} | {runs} | {row['interrupted']} |"


if __name__ == "__main__":
    write(PAGE, page())
