"""What rules, dashboards, runbooks and pages speak of is what the exporter produces."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boks_exporter.exposition import SPECS
from tests.shipped_rules import ROOT, alerts, labels_in, metrics_in, recordings

PRODUCED = {spec.name for spec in SPECS}
RECORDED = {rule["record"] for rule in recordings()}
LABELS = {label for spec in SPECS for label in spec.labels}
PROMETHEUS_OWN = {"job", "instance", "alertname", "alertstate", "severity"}

EXPRESSIONS = {rule.get("alert") or rule["record"]: rule["expr"] for rule in (*alerts(), *recordings())}
DASHBOARDS = sorted((ROOT / "deploy" / "grafana").rglob("*.json"))
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
FAMILIES = (
    "exporter",
    "host",
    "table",
    "replica",
    "site",
    "section",
    "domain",
    "round",
    "rounds",
    "maintenance",
    "failover",
)
_WHOLE_METRIC = re.compile(rf"`(boks_(?:{'|'.join(FAMILIES)})_[a-z0-9_]+)(?:\{{[^`]*\}})?`")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_rule_asks_only_for_metrics_that_exist(name: str) -> None:
    """Every metric in an expression is one of the exporter's or of the recording rules'."""
    assert metrics_in(EXPRESSIONS[name]) <= PRODUCED | RECORDED


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_rule_asks_only_for_labels_that_exist(name: str) -> None:
    """Every label in an expression is one of the exporter's or one that Prometheus adds."""
    assert labels_in(EXPRESSIONS[name]) <= LABELS | PROMETHEUS_OWN


def test_every_recording_rule_is_used_or_of_use_to_a_dashboard() -> None:
    """A recording that nothing reads is work for nothing."""
    readers = [*(rule["expr"] for rule in alerts()), *(file.read_text() for file in DASHBOARDS)]
    unused = {record for record in RECORDED if not any(record in text for text in readers)}
    assert unused <= set(_for_people())


def _for_people() -> list[str]:
    """List the recordings that the alerts' page offers for people's own queries."""
    _, _, offered = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8").partition("for your own queries")
    return re.findall(r"`(boks_[a-z_]+:[a-z0-9_:]+)`", offered)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_metrics_that_exist(page: Path) -> None:
    """A metric that is named in code type in the documentation is produced."""
    named = set(_WHOLE_METRIC.findall(page.read_text(encoding="utf-8")))
    assert named <= PRODUCED


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_asks_only_for_metrics_and_labels_that_exist(dashboard: Path) -> None:
    """Every query of every panel and variable is made of the exporter's metrics and labels."""
    expressions = list(_expressions(json.loads(dashboard.read_text(encoding="utf-8"))))
    assert expressions
    assert {name for text in expressions for name in metrics_in(text)} <= PRODUCED | RECORDED
    assert {label for text in expressions for label in labels_in(text)} <= LABELS | PROMETHEUS_OWN


def _expressions(node: object) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _expressions(item)]
    if not isinstance(node, dict):
        return []
    own = [
        value for key, value in node.items() if key in {"expr", "query"} and isinstance(value, str) and "boks" in value
    ]
    return own + [text for value in node.values() for text in _expressions(value)]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    """Every alert has a page, and no page describes an alert that does not exist."""
    runbooks = {file.stem for file in (ROOT / "docs" / "runbooks").glob("Boks*.md")}
    assert runbooks == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("rule", tuple(alerts()), ids=lambda rule: rule["alert"])
def test_an_alert_has_what_its_reader_needs(rule: dict[str, dict[str, str] | str]) -> None:
    """Each alert has a severity, a time, a summary that is a sentence, a description and its own runbook."""
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["for"]
    annotations = rule["annotations"]
    assert annotations["summary"].endswith(".")
    assert annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"


@pytest.mark.parametrize("rule", tuple(alerts()), ids=lambda rule: rule["alert"])
def test_a_runbook_has_all_its_parts(rule: dict[str, str]) -> None:
    """Each page says what it means, what it does to users, how to look, and what to do."""
    page = (ROOT / "docs" / "runbooks" / f"{rule['alert']}.md").read_text(encoding="utf-8")
    assert re.findall(r"^#+ (.+)$", page, re.MULTILINE) == [
        rule["alert"],
        "Meaning",
        "Impact",
        "Diagnosis",
        "Mitigation",
    ]


def test_the_page_of_alerts_is_current() -> None:
    """docs/alerts.md is what the generator makes of the rules; `make docs` writes it."""
    made = subprocess.run(
        [sys.executable, "-c", "from scripts import generate_alerts_doc as g; print(g.page(), end='')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8") == made
