"""The recorded last day: spans of states, lag, last known facts, events."""

import pytest

from boks_exporter.health import StateChange, StateSpan, dump_timeline, restore_timeline
from boks_exporter.health.timeline import NOT_POLLED, SLOT_SECONDS
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN, busy, incident, no_master, published, two_masters
from tests.unit.timelines import after

FINE, AHEAD, DEAD, TWO = published().snapshot, incident().snapshot, no_master().snapshot, two_masters().snapshot
END = published().snapshot.finished_at


def test_a_state_that_stays_has_one_span_with_its_beginning() -> None:
    timeline = after((0, FINE), (30, FINE), (60, FINE))
    assert timeline.host("REPHOST").spans == (StateSpan(END, "unreachable"),)
    assert timeline.host("REPHOST").since == END
    assert timeline.domain == (StateSpan(END, "degraded"),)
    assert timeline.since == END


def test_a_change_begins_a_span_and_is_an_event_with_the_state_before() -> None:
    timeline = after((0, FINE), (30, AHEAD))
    assert timeline.host("REPHOST3").spans == (StateSpan(END, "ok"), StateSpan(END + 30, "ahead"))
    changed = [event for event in timeline.events if event.host == "REPHOST3" and event.was]
    assert [(event.at, event.event, event.was, event.state) for event in changed] == [
        (END + 30, "host_state_changed", "ok", "ahead")
    ]
    assert "T15" in changed[0].reason


def test_the_last_master_and_what_was_known_stay_when_it_is_gone() -> None:
    """A replica keeps what it had when it was last compared with the master, with the time of that."""
    timeline = after((0, FINE), (30, DEAD))
    assert timeline.masters[-2:] == (StateSpan(END, "MASTER"), StateSpan(END + 30, ""))
    known = timeline.host("REPHOST2").known
    assert known
    assert (known.at, known.lag, known.ahead) == (BEGUN + 1, 0, 0)
    assert timeline.host("MASTER").known == after((0, FINE)).host("MASTER").known
    assert [event.state for event in timeline.events if event.event == "masters_changed"] == [""]


def test_a_second_master_is_the_event_of_the_masters() -> None:
    timeline = after((0, FINE), (30, TWO))
    assert [span.state for span in timeline.masters] == ["MASTER", "MASTER,REPHOST4"]


def test_a_time_without_rounds_is_no_state_and_does_not_end_one() -> None:
    """The exporter was stopped for an hour: the strip shows it, `since` goes on, and no event is made up."""
    timeline = after((0, FINE), (3600, FINE))
    assert timeline.host("MASTER").spans == (
        StateSpan(END, "ok"),
        StateSpan(END, NOT_POLLED),
        StateSpan(END + 3600, "ok"),
    )
    assert timeline.host("MASTER").since == END
    assert {event.at for event in timeline.events} == {END}


def test_a_state_that_differs_after_the_gap_began_after_it() -> None:
    timeline = after((0, FINE), (3600, AHEAD))
    assert timeline.host("REPHOST3").since == END + 3600


def test_spans_end_a_day_after_they_ended_and_the_one_that_lasts_never_does() -> None:
    timeline = after((0, FINE), (30, AHEAD), (60, FINE), (86400 * 2, FINE), (86400 * 2 + 30, FINE))
    ok_since = timeline.host("REPHOST3").since
    assert ok_since == END + 60
    assert timeline.host("REPHOST3").spans[0] == StateSpan(END + 60, "ok")
    assert timeline.host("MASTER").since == END


def test_a_host_that_flaps_for_ever_takes_no_more_room() -> None:
    timeline = after(*((30.0 * number, AHEAD if number % 2 else FINE) for number in range(700)))
    assert len(timeline.host("REPHOST3").spans) == 120
    assert len(timeline.events) == 500
    assert len(timeline.host("REPHOST3").lags) <= 86400 / SLOT_SECONDS


def test_a_slot_keeps_the_worst_lag_and_an_unknown_lag_is_no_zero() -> None:
    lagging = busy().snapshot
    timeline = after((0, lagging), (30, FINE), (SLOT_SECONDS, FINE))
    slots = sorted(timeline.host("REPHOST3").lags.items())
    assert [lag for _, lag in slots] == [52, 0]
    assert timeline.host("REPHOST").lags.keys() == after((0, lagging)).host("REPHOST").lags.keys()
    assert not after((0, FINE)).host("REPHOST").lags


def test_a_removed_host_leaves() -> None:
    timeline = after((0, FINE), (30, FINE.without({"REPHOST3"})))
    assert "REPHOST3" not in timeline.hosts


def test_a_revision_is_new_with_an_event_or_a_slot() -> None:
    """The state file is not written with the same content in each round."""
    begun = after((0, FINE))
    assert after((30, FINE), begin=begun).revision == begun.revision
    assert after((30, AHEAD), begin=begun).revision == END + 30
    assert after((SLOT_SECONDS, FINE), begin=begun).revision == END + SLOT_SECONDS


def test_what_is_written_is_read_back() -> None:
    timeline = after((0, FINE), (30, AHEAD), (60, DEAD), (3600, TWO))
    assert restore_timeline(dump_timeline(timeline)) == timeline


def test_all_times_follow_a_step_of_the_clock() -> None:
    timeline = after((0, FINE), (30, DEAD))
    later = timeline.shifted(SLOT_SECONDS)
    assert later.host("REPHOST2").spans[0].since == END + SLOT_SECONDS
    assert later.events[0].at == timeline.events[0].at + SLOT_SECONDS
    assert later.shifted(-SLOT_SECONDS) == timeline


def damaged_host(host: str) -> str:
    rest = '"domain":[],"masters":[],"events":[],"begun_at":null,"seen_at":null,"revision":0'
    return f'{{"hosts":{{"A":{host}}},{rest}}}'


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"hosts":[],"domain":[],"masters":[],"events":[],"begun_at":null,"seen_at":null,"revision":0}',
        '{"hosts":{},"domain":[[1]],"masters":[],"events":[],"begun_at":null,"seen_at":null,"revision":0}',
        '{"hosts":{},"domain":[[1,2]],"masters":[],"events":[],"begun_at":null,"seen_at":null,"revision":0}',
        '{"hosts":{},"domain":7,"masters":[],"events":[],"begun_at":null,"seen_at":null,"revision":0}',
        damaged_host('{"spans":[],"lags":{"x":1},"known":null}'),
        damaged_host('{"spans":[],"lags":{},"known":[1,"emperor",null,null,null,null,null]}'),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|emperor"):
        restore_timeline(text)


def test_an_event_is_a_value() -> None:
    event = after((0, FINE)).events[0]
    assert event == StateChange(END, "domain_state_changed", None, None, "degraded", published().health.reason)


def test_hosts_with_the_same_past_share_it_and_one_that_lags_does_not() -> None:
    rounds = [(SLOT_SECONDS * number, busy().snapshot) for number in range(3)]
    for timeline in (after(*rounds), restore_timeline(dump_timeline(after(*rounds)))):
        fine = [host.lags for host in timeline.hosts.values() if set(host.lags.values()) == {0}]
        assert len(fine) > 1
        assert len({*map(id, fine)}) == 1
        lagging = nonempty(host.lags for host in timeline.hosts.values() if any(host.lags.values()))
        assert not any(lags is fine[0] for lags in lagging)
