"""The shipped rules, as promtool reads and runs them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.cases import ALWAYS_FIRES, CASES
from tests.alerts.promtool import RULES, rule_tests
from tests.shipped_rules import alerts, groups


def _name(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    """`promtool check rules` accepts every file, lint included."""
    files = sorted(map(str, RULES.glob("*.rules.yml")))
    check = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", *files], capture_output=True, text=True
    )
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.timeout(1200)
def test_every_alert_keeps_silent_fires_at_its_time_and_ends(tmp_path: Path) -> None:
    """Each alert fires exactly when its case says, survives two lost scrapes, ends, and is silent otherwise."""
    file = tmp_path / "alerts_test.yml"
    file.write_text(json.dumps(rule_tests()), encoding="utf-8")
    # One processor, and less garbage collection, take a quarter less CPU time.
    environment = os.environ | {"GOMAXPROCS": "1", "GOGC": "800"}
    run = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_has_a_case() -> None:
    """No alert goes untested, and no case outlives its alert."""
    assert {case.alert for case in CASES} | {ALWAYS_FIRES} == {rule["alert"] for rule in alerts()}


def test_the_groups_are_evaluated_in_their_written_order() -> None:
    """The tests name every group, so that promtool leaves no order to chance."""
    assert set(rule_tests()["group_eval_order"]) == {group["name"] for group in groups()}


@pytest.mark.parametrize("rule", [rule for rule in alerts() if rule["labels"]["severity"] == "critical"], ids=_name)
def test_a_restart_of_prometheus_ends_no_page(rule: dict[str, Any]) -> None:
    """Prometheus forgets a short `for`; Alertmanager ends an alert that is not repeated for four minutes."""
    assert rule["for"] in {"0s", "1m", "3m"}
