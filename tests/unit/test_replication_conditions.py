"""Findings of earlier rounds that a later one rests on."""

import pytest

from boks_exporter.model import Role
from boks_exporter.replication import Condition, History, advance, remember
from boks_exporter.replication.conditions import FORGET_AFTER_SECONDS, carried_on
from tests.unit.domain_rounds import answers, healthy_round, silent, snapshot

KEY = ("R1", Condition.MISSING)
APART = ("R1", Condition.APART)


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


def test_that_a_copy_went_its_own_way_is_never_forgotten_by_time() -> None:
    assert carried_on({APART: 100.0}, {}, 100.0 + 7 * 86400) == {APART: 100.0}
    assert carried_on({APART: 100.0}, {APART: False}, 130.0) == {}


@pytest.mark.parametrize("role", [Role.CLIENT, Role.MASTER])
def test_a_host_that_is_no_replica_any_more_is_forgotten(role: Role) -> None:
    """It is rebuilt, or it is the measure itself."""
    history = remember(advance(History(), healthy_round({7: 100}, R1={7: 105})), {APART: True}, 2.5)
    assert history.has(*APART)
    away = advance(history, snapshot(silent("M", 30.0), silent("R1", 30.0), at=30.0))
    assert away.has(*APART)
    changed = advance(history, snapshot(silent("M", 30.0), answers("R1", role, None, 30.0), at=30.0))
    assert not changed.has(*APART)
