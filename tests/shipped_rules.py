"""The rules under deploy/prometheus, read as data."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]

_WORD = re.compile(r"\bboks_[a-z0-9_:]+")
_MATCHERS = re.compile(r"\{([^{}]*)\}")
_MATCHER_LABEL = re.compile(r"([a-zA-Z_]+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^()]*)\)")


@cache
def groups() -> tuple[dict[str, Any], ...]:
    """Return all groups of all files, read once."""
    files = sorted((ROOT / "deploy" / "prometheus").glob("*.rules.yml"))
    return tuple(group for file in files for group in YAML(typ="safe").load(file)["groups"])


def alerts() -> Iterator[dict[str, Any]]:
    """Go through all alerts."""
    return (rule for group in groups() for rule in group["rules"] if "alert" in rule)


def recordings() -> Iterator[dict[str, Any]]:
    """Go through all recording rules."""
    return (rule for group in groups() for rule in group["rules"] if "record" in rule)


def metrics_in(expression: str) -> set[str]:
    """Name the metrics that a PromQL expression asks for; boks_domain is a label, wherever it stands."""
    return set(_WORD.findall(_GROUPING.sub("", _MATCHERS.sub("", expression)))) - {"boks_domain"}


def labels_in(expression: str) -> set[str]:
    """Name the labels that an expression selects or groups by."""
    selected = {label for inside in _MATCHERS.findall(expression) for label in _MATCHER_LABEL.findall(inside)}
    grouped = {label.strip() for inside in _GROUPING.findall(expression) for label in inside.split(",")}
    return (selected | grouped) - {""}
