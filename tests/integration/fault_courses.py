"""What was received about a fault: its first notification, and whether its alert was interrupted before the repair."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.integration.alerting import Notification, began


@dataclass(frozen=True)
class Course:
    """One alert of one domain, in seconds after its fault was set; None where nothing came."""

    first: float | None
    is_interrupted: bool
    """It was reported as resolved before the repair, or began once more."""
    ended: float | None
    """The first report after the repair that it is resolved."""


def course(
    notifications: Iterable[Notification], alert: str, domain: str, *, set_at: float, repaired_at: float
) -> Course:
    """Follow an alert through all notifications."""
    about = [
        (received.at, each["status"], began(each))
        for received in sorted(notifications, key=lambda each: each.at)
        for each in received.alerts
        if each["labels"]["alertname"] == alert and each["labels"].get("boks_domain", "") == domain
    ]
    firing = [at - set_at for at, status, _ in about if status == "firing"]
    early = any(status == "resolved" and at < repaired_at for at, status, _ in about)
    beginnings = {beginning for at, status, beginning in about if status == "firing" and at < repaired_at}
    ends = [at - set_at for at, status, _ in about if status == "resolved" and at >= repaired_at]
    return Course(min(firing, default=None), early or len(beginnings) > 1, min(ends, default=None))
