"""How the time to page is computed from notifications."""

from datetime import UTC, datetime

import pytest

from tests.integration.alerting import Notification
from tests.integration.fault_courses import Course, course
from tests.integration.time_to_page import MEASURED, is_missed, merged, rows

SET_AT, REPAIRED_AT = 1000.0, 1900.0


def notified(at: float, status: str, *, began: float = 1200.0, domain: str = "late-0") -> Notification:
    labels = {"alertname": "BoksReplicaLagging", "boks_domain": domain, "host": "REP1"}
    starts = datetime.fromtimestamp(began, UTC).isoformat()
    return Notification(at, "chat", status, ({"status": status, "labels": labels, "startsAt": starts},))


def followed(*received: Notification) -> Course:
    return course(received, "BoksReplicaLagging", "late-0", set_at=SET_AT, repaired_at=REPAIRED_AT)


def test_an_alert_that_lasts_until_the_repair() -> None:
    """A repeated notification, and one of another domain, change nothing."""
    received = (
        notified(1350.0, "firing"),
        notified(1100.0, "firing", domain="late-1"),
        notified(1500.0, "resolved", domain="late-1"),
        notified(1700.0, "firing"),
        notified(2100.0, "resolved"),
    )
    assert followed(*received) == Course(first=350.0, is_interrupted=False, ended=1100.0)


def test_nothing_came() -> None:
    assert followed() == Course(first=None, is_interrupted=False, ended=None)


@pytest.mark.parametrize(
    "between",
    [
        (notified(1500.0, "resolved"),),
        (notified(1500.0, "firing", began=1480.0),),
        (notified(1500.0, "resolved"), notified(1800.0, "firing", began=1790.0)),
    ],
    ids=["resolved too early", "began again", "both"],
)
def test_an_interruption_is_counted(between: tuple[Notification, ...]) -> None:
    found = followed(notified(1350.0, "firing"), *between, notified(2100.0, "resolved"))
    assert found == Course(first=350.0, is_interrupted=True, ended=1100.0)


def test_a_row_is_missed_for_each_reason() -> None:
    """Too late, without a notification, or taken back before the repair."""
    (late,) = (each for each in MEASURED if each.name == "late")
    good = Course(first=400.0, is_interrupted=False, ended=1100.0)
    for bad in (
        Course(first=421.0, is_interrupted=False, ended=1100.0),
        Course(first=None, is_interrupted=False, ended=None),
        Course(first=400.0, is_interrupted=True, ended=1100.0),
    ):
        (row,) = rows([late], {"late": [good, bad]})
        assert is_missed(row)
    (row,) = rows([late], {"late": [good, good]})
    assert not is_missed(row)


def test_only_measured_rows_are_replaced() -> None:
    first, second, *_ = MEASURED
    stored = [{"fault": second.what, "max": 1}, {"fault": first.what, "max": 2}]
    assert merged(stored, [{"fault": second.what, "max": 3}]) == [
        {"fault": first.what, "max": 2},
        {"fault": second.what, "max": 3},
    ]
