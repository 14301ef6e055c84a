"""Limits of the shipped rules, which the panels show."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

_RULES: Final = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
_PREFIX: Final = "boks_threshold:"
_CONSTANT: Final = re.compile(r"vector\(([0-9.]+)\)")
_TIMES_INTERVAL: Final = re.compile(r"> ([0-9]+) \*")


def limit(name: str) -> float:
    """Return a limit by the name of its series, such as `lag_seconds:critical`."""
    return _limits()[name]


def stalled_after_intervals() -> float:
    """Return the number of intervals without a round after which an exporter is stalled."""
    (expression,) = (rule["expr"] for rule in _rules("boks-alerts") if rule.get("alert") == "BoksExporterStalled")
    found = _TIMES_INTERVAL.search(expression)
    if found is None:
        message = f"expected a comparison such as '> 5 * …' in BoksExporterStalled, found {expression!r}"
        raise ValueError(message)
    return float(found[1])


@cache
def _limits() -> dict[str, float]:
    rules = [rule for rule in _rules("boks-recording") if rule["record"].startswith(_PREFIX)]
    return {rule["record"].removeprefix(_PREFIX): _constant(rule) for rule in rules}


def _constant(rule: dict[str, str]) -> float:
    found = _CONSTANT.fullmatch(rule["expr"])
    if found is None:
        message = f"expected {rule['record']} to be a vector(<number>), found {rule['expr']!r}"
        raise ValueError(message)
    return float(found[1])


def _rules(name: str) -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load(_RULES / f"{name}.rules.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]
