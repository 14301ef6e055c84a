"""The words, limits and marks of the dashboards are those of metrics and alerts."""

import re
from pathlib import Path

import pytest

from scripts.dashboards import value_maps
from tests.shipped_rules import alerts, recordings
from tests.unit.test_dashboards import COLUMN_LIMITS, LIMITS, _limit, _panel, _read, _steps, each_file

MAINTENANCE = (70, 71)
"""The numbers of the timeline of maintenance."""


def test_numbers_of_different_sets_do_not_meet() -> None:
    """Sets that share a panel can be told apart, and no two values share a number."""
    sets = (value_maps.STATE, value_maps.REPORTED, value_maps.ROLE, value_maps.DOMAIN, value_maps.SEVERITY)
    codes = [word.code for each in sets for word in each.words] + [
        *value_maps.ANSWERS,
        *value_maps.PROMOTABLE,
        *MAINTENANCE,
    ]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("place", "names"), LIMITS.items(), ids="/".join)
def test_the_limits_of_a_panel_are_the_alerts(place: tuple[str, str], names: tuple[str, ...]) -> None:
    """What changes colour on the screen at a value is what the alerts compare with."""
    panel = _panel(*place)
    assert _steps(panel["fieldConfig"]["defaults"]["thresholds"]) == tuple(map(_limit, names))


@pytest.mark.parametrize(("place", "names"), COLUMN_LIMITS.items(), ids="/".join)
def test_the_limits_of_a_column_are_the_alerts(place: tuple[str, str, str], names: tuple[str, ...]) -> None:
    """The same holds for the cells of a table."""
    uid, title, column = place
    (override,) = (
        each
        for each in _panel(uid, title)["fieldConfig"]["overrides"]
        if each["matcher"] == {"id": "byName", "options": column}
    )
    (thresholds,) = (each["value"] for each in override["properties"] if each["id"] == "thresholds")
    assert _steps(thresholds) == tuple(map(_limit, names))


def test_every_limit_of_the_alerts_is_on_a_dashboard() -> None:
    """A threshold that somebody adds to the rules gets its place on the screen, too."""
    shown = {name for names in (*LIMITS.values(), *COLUMN_LIMITS.values()) for name in names}
    assert {f"boks_threshold:{name}" for name in shown} == {
        rule["record"] for rule in recordings() if rule["record"].startswith("boks_threshold:")
    }


def test_the_exporter_is_stalled_when_its_alert_fires() -> None:
    """The figure compares with as many intervals as BoksExporterStalled."""
    (alert,) = (rule for rule in alerts() if rule.get("alert") == "BoksExporterStalled")
    expected = re.findall(r"> (\d+) \*", alert["expr"])
    assert re.findall(r"> bool (\d+) \*", _panel("boks-overview", "Exporter")["targets"][0]["expr"]) == expected


@each_file
def test_role_changes_are_marked(file: Path) -> None:
    """An annotation shows when a host took another role."""
    annotations = _read(file)["annotations"]["list"]
    assert [(each["name"], each["enable"]) for each in annotations] == [("Role changes", True)]
