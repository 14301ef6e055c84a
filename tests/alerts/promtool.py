"""Write the cases as promtool's unit tests."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.alerts.cases import ALWAYS_FIRES, CASES
from tests.alerts.histories import HEALTHY_MINUTES, STEP, Case, Line, Quiet, series
from tests.alerts.no_alert import QUIET

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
GROUPS = (
    "boks-thresholds",
    "boks-recording",
    "boks-exporter",
    "boks-hosts",
    "boks-replicas",
    "boks-domains",
    "boks-work",
    "boks-watchdog",
)
"""All groups in the order of evaluation, which promtool leaves to chance otherwise."""

_AFTER_MINUTES = 15
_PER_MINUTE = 60 // STEP
_BEGINS = HEALTHY_MINUTES * 60
_LOST_SCRAPES = 2
_SILENT = f"count(ALERTS{{alertname!={ALWAYS_FIRES!r}, alertstate='firing'}})"


def rule_tests() -> dict[str, Any]:
    """Write the whole file."""
    return {
        "rule_files": [str(file) for file in sorted(RULES.glob("*.rules.yml"))],
        "evaluation_interval": f"{STEP}s",
        "group_eval_order": list(GROUPS),
        "tests": [
            _all_sound(),
            _nothing_scraped(),
            *(_fault(case) for case in CASES),
            *(_quiet(quiet) for quiet in QUIET),
        ],
    }


def _fault(case: Case) -> dict[str, Any]:
    """Expect the alert at its time and not one evaluation earlier, over two lost scrapes, and not after its end."""
    recovers = _BEGINS + case.sick_minutes * 60
    fires, ends, last = _BEGINS + case.fires, recovers + case.ends, recovers + _AFTER_MINUTES * 60 - STEP
    healthy, sick, after = (minutes * _PER_MINUTE for minutes in (HEALTHY_MINUTES, case.sick_minutes, _AFTER_MINUTES))
    gap = recovers // STEP - 6
    goes_on = (*range(fires + STEP, recovers, STEP), *([ends - STEP] if case.ends else []))
    return {
        "name": case.alert,
        **_history(case.lines, (healthy, sick, after), gap),
        "alert_rule_test": [
            {"eval_time": f"{fires}s", "alertname": case.alert, "exp_alerts": [_alert(case)]},
            *(
                {"eval_time": f"{at}s", "alertname": case.alert, "exp_alerts": []}
                for at in (*range(0, fires, 10 * STEP), fires - STEP, ends, last)
            ),
        ],
        "promql_expr_test": [
            {
                "expr": f"count(ALERTS{{alertname={case.alert!r}, alertstate='firing'}})",
                "eval_time": f"{at}s",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
            for at in goes_on
        ],
    }


def _quiet(quiet: Quiet) -> dict[str, Any]:
    """Expect silence of some alerts before, during and after, over two lost scrapes."""
    healthy, sick, after = (minutes * _PER_MINUTE for minutes in (HEALTHY_MINUTES, quiet.sick_minutes, _AFTER_MINUTES))
    gap = healthy + sick // 2
    silent = f"count(ALERTS{{alertname=~{'|'.join(quiet.alerts)!r}, alertstate='firing'}})"
    return {
        "name": quiet.name,
        **_history(quiet.lines, (healthy, sick, after), gap),
        "promql_expr_test": [
            {"expr": silent, "eval_time": f"{step * STEP}s", "exp_samples": []}
            for step in range(healthy + sick + after)
        ],
    }


def _history(lines: Iterable[Line], steps: tuple[int, int, int], gap: int) -> dict[str, Any]:
    """Write the series: healthy, faulty and healthy again for so many steps, with lost scrapes from `gap` on."""
    return {
        "interval": f"{STEP}s",
        "input_series": [
            {"series": series(line.name, line.labels), "values": line.values(*steps, (gap, gap + _LOST_SCRAPES))}
            for line in lines
        ],
    }


def _all_sound() -> dict[str, Any]:
    """Expect silence of every alert while all of them have their series and nothing is wrong, over two lost scrapes."""
    steps = (HEALTHY_MINUTES + _AFTER_MINUTES) * _PER_MINUTE
    lines = {series(line.name, line.labels): line for case in CASES for line in case.lines}
    return {
        "name": "nothing fires while everything is healthy",
        **_history(lines.values(), (steps, 0, 0), 20),
        "promql_expr_test": [_nothing_at(step * STEP) for step in range(steps)],
    }


def _nothing_scraped() -> dict[str, Any]:
    """Expect silence without any series, but for the alert that tells just this, which has a case of its own."""
    return {
        "name": "nothing fires before anything is scraped",
        "interval": f"{STEP}s",
        "input_series": [{"series": series("up", {"job": "boks", "instance": "exporter:16500"}), "values": "1x90"}],
        "promql_expr_test": [_nothing_at(step * STEP) for step in range(90)],
    }


def _nothing_at(seconds: int) -> dict[str, Any]:
    return {"expr": _SILENT, "eval_time": f"{seconds}s", "exp_samples": []}


def _alert(case: Case) -> dict[str, Any]:
    return {
        "exp_labels": {"severity": case.severity, **case.labels},
        "exp_annotations": {
            "summary": case.summary,
            "description": case.description,
            "runbook_url": f"docs/runbooks/{case.alert}.md",
        },
    }
