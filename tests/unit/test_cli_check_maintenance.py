"""`check` on hosts under maintenance."""

from typing import Any

import pytest

from boks_exporter.cli.check.evaluate import Criteria, judge
from boks_exporter.cli.check.maintenance import MaintenanceEffect
from boks_exporter.cli.check.plugin_output import as_text
from boks_exporter.cli.check.severity import Severity
from boks_exporter.report import WindowReport
from tests.unit.cli_reports import SEEN_AT, domain, host, report

OK, WARN, IGNORE = MaintenanceEffect.OK, MaintenanceEffect.WARN, MaintenanceEffect.IGNORE


def window(name: str = "replica1", since: float = -600.0, until: float = 3600.0) -> WindowReport:
    return {
        "host": name,
        "started_timestamp_seconds": SEEN_AT + since,
        "until_timestamp_seconds": SEEN_AT + until,
        "owner": "ops",
        "reason": "new disks",
        "run": None,
    }


def checked(effect: MaintenanceEffect, windows: list[WindowReport] | None, **faulty: Any) -> tuple[Severity, str]:
    """Evaluate a domain whose replica1 has a fault; returns the severity and the output."""
    whole = report(
        domain(host("replica1", **{"state": "down", **faulty}), host("replica2"), state="degraded", maintenance=windows)
    )
    criteria = Criteria(now=SEEN_AT + 10, maintenance=effect)
    result = judge(whole, criteria)
    return result.severity, as_text(whole, result, criteria, "")


@pytest.mark.parametrize(
    ("state", "effect", "severity"),
    [
        ("down", IGNORE, Severity.CRITICAL),
        ("down", WARN, Severity.WARNING),
        ("down", OK, Severity.OK),
        ("unreachable", WARN, Severity.WARNING),
        ("unreachable", OK, Severity.OK),
        ("unknown", WARN, Severity.UNKNOWN),
        ("unknown", OK, Severity.OK),
        ("ok", OK, Severity.OK),
    ],
)
def test_the_option_softens_a_fault(state: str, effect: MaintenanceEffect, severity: Severity) -> None:
    """By default a fault counts as without the window; an option makes it at most a warning, or OK."""
    assert checked(effect, [window()], state=state)[0] is severity


@pytest.mark.parametrize("effect", MaintenanceEffect)
def test_the_window_is_mentioned(effect: MaintenanceEffect) -> None:
    """The person who reads the alert sees who works on the host, why and until when, whatever the severity."""
    text = checked(effect, [window()])[1]

    assert (
        "replica1 is DOWN: the reason why it is down (under maintenance until 2023-11-14 23:13:20 UTC, ops: new" in text
    )
    assert "'prod/replica1/lag'=0;;;0;" in text


@pytest.mark.parametrize(
    "windows",
    [[], [window("replica2")], [window(until=5)], [window(since=60)], None],
    ids=["none", "another host", "over", "not begun", "unknown"],
)
def test_only_an_active_window_of_the_host_counts(windows: list[WindowReport] | None) -> None:
    """Maintenance that is over, has not begun, is elsewhere or is unknown softens nothing."""
    severity, text = checked(OK, windows)

    assert severity is Severity.CRITICAL
    assert ("maintenance is unknown" in text) is (windows is None)
    assert "under maintenance" not in text


def test_names_are_compared_without_case_and_the_longest_window_counts() -> None:
    """A window may have been set for the same host twice."""
    severity, text = checked(OK, [window("REPLICA1"), window(until=60), window(until=7200)])

    assert severity is Severity.OK
    assert "2023-11-15 00:13:20 UTC" in text


def test_a_fault_of_the_domain_is_never_softened() -> None:
    """No window of a host excuses a domain without a master."""
    whole = report(domain(host(), masters=[], state="no_master", reason="no master", maintenance=[window()]))

    assert judge(whole, Criteria(now=SEEN_AT, maintenance=OK)).severity is Severity.CRITICAL


@pytest.mark.parametrize(("names", "severity"), [(["a", "b"], Severity.OK), (["a"], Severity.CRITICAL)])
def test_a_site_is_softened_when_all_its_replicas_are_under_maintenance(names: list[str], severity: Severity) -> None:
    """A site whose other replica is down without a window is still without a replica."""
    whole = report(
        domain(
            host("a", "down", site="Utrecht"),
            host("b", "down", site="Utrecht"),
            state="degraded",
            maintenance=[window(name) for name in names],
        )
    )
    assert judge(whole, Criteria(now=SEEN_AT, maintenance=OK)).severity is severity
