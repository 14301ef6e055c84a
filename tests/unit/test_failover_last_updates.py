"""Whether a dead master's last updates are known: by the gap between its last reading and its first failed poll."""

import re

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.procedure import Procedure
from tests.unit.domain_rounds import STAMP
from tests.unit.failover_facts import dead_master, found

NOW = dead_master().seen_at
DAY = 86_400.0


def behind(read_ago: float, failing_for: float | None, *, is_final: bool = False, interval: float = 30.0) -> Finding:
    """Return the finding about a master that was read last some time ago."""
    reading = Reading("M", {7: (100, STAMP), 9: (50, STAMP)}, NOW - read_ago, "state file", is_final)
    failing = {} if failing_for is None else {"M": NOW - failing_for}
    facts = dead_master(readings={"M": reading}, failing_since=failing)
    limits = FailoverLimits(interval_seconds=interval)
    (finding,) = (
        each for each in found(Procedure.PROMOTE, "R1", facts, limits) if each.guard is Guard.BEHIND_LAST_MASTER
    )
    return finding


@pytest.mark.parametrize(
    ("read_ago", "failing_for", "level"),
    [
        (3 * DAY, 3 * DAY - 30, Level.NOTE),
        (3 * DAY, 3 * DAY - 60, Level.NOTE),
        (3 * DAY, 3 * DAY - 61, Level.UNKNOWN),
        (3 * DAY, 20, Level.UNKNOWN),
        (3 * DAY, None, Level.UNKNOWN),
        (59, None, Level.NOTE),
        (61, None, Level.UNKNOWN),
        (100, 200, Level.UNKNOWN),
    ],
    ids=str,
)
def test_within_two_intervals_the_last_updates_are_known(
    read_ago: float, failing_for: float | None, level: Level
) -> None:
    """However long ago the master died; a failure from before the reading ended with it."""
    assert behind(read_ago, failing_for).level is level


def test_the_interval_is_the_configured_one() -> None:
    assert behind(3 * DAY, 3 * DAY - 500, interval=300.0).level is Level.NOTE
    assert behind(3 * DAY, 3 * DAY - 50, interval=10.0).level is Level.UNKNOWN


def test_final_numbers_have_no_gap() -> None:
    """Nothing was written after them."""
    assert behind(3 * DAY, None, is_final=True).level is Level.NOTE


def test_durations_are_in_words() -> None:
    """No finding writes a duration of days in seconds."""
    sentence = behind(3 * DAY, None).sentence
    assert "3 days ago" in sentence
    assert not re.search(r"\d{3,} ?s\b|\d\.\d+ s", sentence)
