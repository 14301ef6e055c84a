"""Findings of earlier rounds that a later one rests on."""

import pytest

from boks_exporter.replication import Condition
from boks_exporter.replication.evidence import FORGET_AFTER_SECONDS, carried_on

KEY = ("R1", Condition.MISSING)


@pytest.mark.parametrize(
    ("found", "kept"), [(True, {KEY: 130.0}), (False, {}), (None, {KEY: 100.0})], ids=["found", "gone", "not judged"]
)
def test_a_condition_goes_on_ends_or_waits(found: bool | None, kept: dict[tuple[str, Condition], float]) -> None:
    """Only a round that could judge it ends it."""
    assert carried_on({KEY: 100.0}, {KEY: found}, 130.0) == kept


def test_a_condition_that_could_not_be_judged_for_long_counts_as_new() -> None:
    """A finding from before an outage proves little after it."""
    assert carried_on({KEY: 100.0}, {KEY: None}, 100.0 + FORGET_AFTER_SECONDS) == {KEY: 100.0}
    assert carried_on({KEY: 100.0}, {KEY: None}, 100.1 + FORGET_AFTER_SECONDS) == {}
