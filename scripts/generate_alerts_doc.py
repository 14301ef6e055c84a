"""Fill docs/alerts.md from the shipped rules; a test compares."""

from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML

from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "alerts.md"
RULES: Final = ROOT / "deploy" / "prometheus"


def page() -> str:
    """Return the page with its tables."""
    return filled_page(PAGE, {"alerts": _alerts(), "thresholds": _thresholds()})


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


if __name__ == "__main__":
    write(PAGE, page())
