"""Bounds of the recorded day, and what a round that is judged again may use."""

from dataclasses import replace

import pytest

from boks_exporter.health import LastRound, ReplicaState, StateSpan, Thresholds, Timeline, judge_continued
from boks_exporter.health.table_names import TABLE_NAMES, amount, tables_named
from boks_exporter.health.timeline import KEPT_SECONDS, NOT_POLLED, SLOT_SECONDS, since_of
from boks_exporter.model import DomainSnapshot, Host, Role
from tests.unit.domain_rounds import (
    NUMBERS,
    STAMP,
    Watch,
    answers,
    healthy_round,
    judge_one_shot,
    listed,
    reading,
    silent,
    snapshot,
    summary,
)
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


@pytest.mark.parametrize(("readings", "is_known"), [(slice(0, 1), True), (slice(1, 2), True), (slice(0, 0), False)])
def test_what_was_known_last_needs_one_bound_of_the_lag(readings: slice, *, is_known: bool) -> None:
    """The master was read before the replica, after it, or not at all."""
    seen = replace(FINE, master_readings=FINE.master_readings[readings])
    assert (after((0, seen)).host("REPHOST3").known is not None) is is_known


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
    assert [word in verdict.reason for word in (" 3 ", "T7", " 1 ", "T9")] == [True, True, True, False]


@pytest.mark.parametrize(("until", "is_noted"), [(1799.0, False), (1801.0, True)])
def test_what_is_open_for_long_is_noted(until: float, *, is_noted: bool) -> None:
    """The limit is 1800 s from the reading at 1 s to the end of the round, 2.5 s after its begin."""
    watch = Watch()
    for at in (0.0, 900.0):
        assert not watch.judge(open_round(at)).host("R1").evidence
    evidence = watch.judge(open_round(until - 1.5)).host("R1").evidence
    assert ([*evidence] != []) is is_noted


# -- other findings ----------------------------------------------------------------------------------------------------


def test_a_copy_that_went_back_is_loading_and_does_not_lag() -> None:
    watch = Watch()
    for at in (0.0, 300.0):
        watch.judge(healthy_round(NUMBERS, at=at, R1=NUMBERS))
    assert summary(watch.judge(healthy_round(NUMBERS, at=600.0, R1={7: 50, 9: 50})).host("R1")) == (
        ReplicaState.LOADING,
        "its numbers went back since the last poll: it reloads its copy or was restored",
        (),
    )


def test_a_discovered_host_shows_its_last_line_while_there_is_no_list() -> None:
    hosts = (Host("M", "192.0.2.1"), Host("R1", "192.0.2.2", discovered=True))
    watch = Watch()
    for at, line in ((0.0, listed("R1", "DOWN")), (60.0, listed("R1", packet=None))):
        watch.judge(
            snapshot(answers("M", Role.MASTER, NUMBERS, at), silent("R1", at), at=at, hosts=hosts, lines=(line,))
        )
        gone = snapshot(silent("M", at + 30.0), silent("R1", at + 30.0), at=at + 30.0, hosts=hosts)
        (shown,) = watch.judge(gone).host("R1").evidence
        assert line.raw_status in shown
        assert ("last packet" in shown) is (line.since_packet is not None)


def test_tables_are_named_as_the_only_published_list_does() -> None:
    """K1514."""
    published = (
        "0 system parameters · 1 user accounts · 2 user access routes · 4 SSH authentication methods"
        " · 5 logged-in users · 6 hosts · 7 host group to host · 9 host to host group · 14 HTTPS certificates"
        " · 15 IP address to host · 16 user-class access routes"
        " · 17 user classes · 20 log rotation · 22 seccheck and filmon · 23 LDAP bind"
        " · 25 password complexity · 31 user SSH authenticators · 34 certificates · 37 suexec program groups"
        " · 41 virtual cards · 44 users to LDAP · 47 Unix group to GID · 48 user to GID · 49 user to user class"
    )
    assert " · ".join(f"{table} {name}" for table, name in TABLE_NAMES.items()) == published


@pytest.mark.parametrize(
    ("tables", "text"),
    [([1], "T1 (user accounts)"), ([3, 8, 10], "T3, T8, T10"), ([3, 8, 10, 11], "T3, T8, T10 and 1 more")],
)
def test_at_most_three_tables_are_named(tables: list[int], text: str) -> None:
    assert tables_named(tables) == text


@pytest.mark.parametrize(
    ("others", "text"),
    [
        (0, "5 updates in T3"),
        (1, "5 updates in T3 and by as much or less in 1 other"),
        (2, "5 updates in T3 and by as much or less in 2 others"),
    ],
)
def test_the_worst_table_is_named_with_the_number_of_others(others: int, text: str) -> None:
    assert amount([(3, 5)] * (others + 1)) == text
