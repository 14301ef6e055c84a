"""Fill docs/alerts.md from the shipped rules; a test compares."""

from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML

from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "alerts.md"
RULES: Final = ROOT / "deploy" / "prometheus"

THRESHOLDS: Final = """
## Thresholds

All limits are series of their own, recorded in one group of `boks-recording.rules.yml`. Change a number there, and alerts and dashboards follow.
None of these figures is published by the vendor, except the one for shared memory; the file says what speaks for each.

| series | value |
|---|---|"""


def page() -> str:
    """Return the page with its tables."""
    return filled_page(PAGE, {"alerts": _alerts(), "thresholds": _thresholds()})


def _groups() -> Iterator[dict[str, Any]]:
    for file in sorted(RULES.glob("*.rules.yml")):
        yield from YAML(typ="safe").load(file)["groups"]


def _alerts() -> Iterator[str]:
    yield "| alert | severity | after | what it says |"
    yield "|---|---|---|---|"
    for rule in (rule for group in _groups() for rule in group["rules"] if "alert" in rule):
        name, labels = rule["alert"], rule["labels"]
        says = rule["annotations"]["summary"].replace("{{ $labels.", "*").replace(" }}", "*")
        says = says.replace("{{ $value | humanizeDuration*", "*so long*").replace(
            "{{ $value | humanizePercentage*", "*n* %"
        )
        says = says.replace("{{ $value*", "*n*")
        yield f"| [{name}](runbooks/{name}.md) | {labels['severity']} | {rule['for']} | {says} |"


def _thresholds() -> Iterator[str]:
    yield "| series | value |"
    yield "|---|---|"
    for group in _groups():
        for rule in group["rules"]:
            if group["name"] == "boks-thresholds":
                yield f"| `{rule['record']}` | {rule['expr'].removeprefix('vector(').removesuffix(')')} |"


if __name__ == "__main__":
    write(PAGE, page())
