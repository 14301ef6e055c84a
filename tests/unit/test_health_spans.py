"""Bounds of the recorded day, and what a round that is judged again may use."""

from dataclasses import replace

import pytest

from boks_exporter.health import LastRound, ReplicaState, StateSpan, Thresholds, Timeline, judge_continued
from boks_exporter.health.timeline import KEPT_SECONDS, NOT_POLLED, SLOT_SECONDS, since_of
from boks_exporter.model import DomainSnapshot, Role
from tests.unit.domain_rounds import NUMBERS, STAMP, Watch, answers, judge_one_shot, listed, reading, snapshot
from tests.unit.exposition_views import busy, incident, published
from tests.unit.timelines import after

FINE, AHEAD = published().snapshot, incident().snapshot
END = FINE.finished_at


@pytest.mark.parametrize(("since", "at_least"), [(None, False), (100.0, True), (130.0, True), (130.1, False)])
def test_a_state_that_began_in_the_first_interval_may_be_older(since: float | None, *, at_least: bool) -> None:
    assert Timeline(begun_at=100.0).is_at_least(since, 30.0) is at_least
    assert not Timeline().is_at_least(since, 30.0)


def test_a_host_that_appears_after_a_time_without_rounds_has_no_gap() -> None:
    timeline = after((0, FINE.without({"REPHOST3"})), (3600, FINE))
    assert timeline.host("REPHOST3").spans == (StateSpan(END + 3600, "ok"),)


@pytest.mark.parametrize(("seconds", "is_gap"), [(30, False), (120, False), (121, True)])
def test_a_time_without_rounds_is_longer_than_four_intervals(seconds: float, *, is_gap: bool) -> None:
    spans = after((0, FINE), (seconds, FINE)).host("MASTER").spans
    assert (NOT_POLLED in {span.state for span in spans}) is is_gap


@pytest.mark.parametrize(("later", "oldest"), [(0.0, "ahead"), (-0.5, "ok"), (0.5, "ahead")])
def test_a_span_is_kept_until_its_end_is_a_day_ago(later: float, oldest: str) -> None:
    """One that ended exactly a day ago is none of the last day's."""
    rounds = [(0.0, FINE), (30.0, AHEAD), (60.0, FINE), (90.0, AHEAD)]
    timeline = after(*rounds, (30.0 + KEPT_SECONDS + later, AHEAD), interval=KEPT_SECONDS)
    assert timeline.host("REPHOST3").spans[0].state == oldest


@pytest.mark.parametrize(("slots", "is_kept"), [(287, True), (288, False)])
def test_the_lag_of_a_slot_is_kept_for_a_day(slots: int, *, is_kept: bool) -> None:
    begin = -(END % SLOT_SECONDS)
    timeline = after((begin, busy().snapshot), (begin + slots * SLOT_SECONDS, FINE), interval=KEPT_SECONDS)
    assert (52 in timeline.host("REPHOST3").lags.values()) is is_kept


@pytest.mark.parametrize(
    ("states", "since"),
    [
        ((), None),
        (("",), None),
        (("ok",), 0.0),
        (("ok", "down", "ok"), 2.0),
        (("down", "ok", "", "ok"), 1.0),
        (("ok", "", "down", ""), 2.0),
    ],
)
def test_a_state_lasts_over_times_without_rounds(states: tuple[str, ...], since: float | None) -> None:
    assert since_of(tuple(StateSpan(float(at), state) for at, state in enumerate(states))) == since


# -- rounds that are judged again --------------------------------------------------------------------------------------


def stamped(at: float, stamp: float) -> DomainSnapshot:
    """R1 prints this stamp, the master its own."""
    return snapshot(
        answers("M", Role.MASTER, NUMBERS, at),
        answers("R1", Role.REPLICA, NUMBERS, at + 1.0, stamps=dict.fromkeys(NUMBERS, stamp)),
        at=at,
        second=NUMBERS,
        lines=(listed("R1"),),
    )


@pytest.mark.parametrize(
    ("stamps", "state"),
    [
        ((STAMP + 1, STAMP, STAMP + 1), ReplicaState.UNKNOWN),
        ((STAMP, STAMP + 1, STAMP + 1), ReplicaState.DIVERGED),
        ((STAMP, STAMP, STAMP + 1), ReplicaState.UNKNOWN),
    ],
    ids=["gone in between", "in both", "only now"],
)
def test_a_finding_of_a_joined_view_must_have_been_there_in_the_last_round(
    stamps: tuple[float, float, float], state: ReplicaState
) -> None:
    """One before it that went away does not confirm one that is read again."""
    watch = Watch()
    watch.judge(stamped(-600.0, STAMP))
    watch.judge(stamped(0.0, stamps[0]))
    before = watch.history
    last = stamped(30.0, stamps[1])
    watch.judge(last)
    read = stamped(60.0, stamps[2])
    joined = replace(read, master_readings=(*last.master_readings, *read.master_readings))
    judged = judge_continued(joined, read, LastRound(before, watch.history), Thresholds())
    assert judged.health.host("R1").state is state


# -- what is not decided -----------------------------------------------------------------------------------------------


def open_round(at: float = 0.0) -> DomainSnapshot:
    """T7 may be 3 ahead and T9 one: both are between what the master had before and after."""
    replica = answers("R1", Role.REPLICA, {7: 103, 9: 51, 1: 5}, at + 1.0)
    master = answers("M", Role.MASTER, {7: 100, 9: 50, 1: 5}, at)
    seen = snapshot(master, replica, at=at, lines=(listed("R1"),))
    return replace(seen, master_readings=(*seen.master_readings, reading({7: 103, 9: 51, 1: 5}, at + 2.0)))


def test_the_widest_open_bound_is_shown_with_the_number_of_others() -> None:
    verdict = judge_one_shot(open_round()).host("R1")
    assert verdict.state is ReplicaState.OK
    assert "at most 3 ahead in T7 (host group to host) and as much or less in 1 more" in verdict.reason


@pytest.mark.parametrize(("until", "is_noted"), [(1799.0, False), (1801.0, True)])
def test_what_is_open_for_long_is_noted(until: float, *, is_noted: bool) -> None:
    """The limit is 1800 s from the reading at 1 s to the end of the round, 2.5 s after its begin."""
    watch = Watch()
    for at in (0.0, 900.0):
        assert not watch.judge(open_round(at)).host("R1").evidence
    evidence = watch.judge(open_round(until - 1.5)).host("R1").evidence
    assert ([*evidence] != []) is is_noted
