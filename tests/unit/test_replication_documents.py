"""Every value of a stored history is read back, and none of a wrong kind is believed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.health import HostTimeline, LastKnown, StateChange, StateSpan, Timeline, dump_timeline
from boks_exporter.health.timeline_json import restore_timeline
from boks_exporter.model import Role
from boks_exporter.replication import History, MasterTerm, dump, restore
from boks_exporter.replication.evidence_json import number_of, seconds_of, time_of
from tests.unit.test_replication_history_json import learned

MARKS = {7: (100, 5.0), 9: (3, None)}
TERMS = {
    "M": MasterTerm(1.0, MARKS, MARKS, 2.0),
    "N": MasterTerm(1.0, MARKS, MARKS, 2.0, MARKS, 3.0, "M", MARKS, 4.0),
}


def whole() -> History:
    """A history with every kind of value."""
    history = learned()
    tables = {7: replace(history.tables[7], went_back_at=9.0, is_new=True, is_absent=True), 9: history.tables[9]}
    return replace(
        history,
        tables=tables,
        terms=TERMS,
        addresses={"M": "192.0.2.1:22"},
        failing={"R2": 5.0},
        unresolved={"X": 6.0},
        forms={"a 0": 3},
        stamps={"R1": {7: 1.0, 9: None}, "R2": {7: 1.0, 9: None}, "R3": {}},
        roles={"M": Role.MASTER, "R1": Role.REPLICA, "C": Role.CLIENT},
        lasting={},
    )


TIMELINE = Timeline(
    hosts={
        "R1": HostTimeline((StateSpan(1.0, "ok"),), {5: 7}, LastKnown(2.0, Role.REPLICA, 1, 2, 3.5, 4, 5)),
        "R2": HostTimeline((), {}, LastKnown(2.0, Role.MASTER)),
        "R3": HostTimeline(),
    },
    domain=(StateSpan(1.0, "ok"), StateSpan(2.0, "")),
    masters=(StateSpan(1.0, "M"),),
    events=(
        StateChange(1.0, "host_state_changed", "R1", "ok", "down", "why"),
        StateChange(2.0, "x", None, None, "", ""),
    ),
    begun_at=1.0,
    seen_at=2.0,
    revision=3.0,
)


def test_a_whole_history_comes_back() -> None:
    assert restore(dump(whole())) == whole()
    assert restore_timeline(dump_timeline(TIMELINE)) == TIMELINE
    assert restore_timeline(dump_timeline(Timeline())) == Timeline()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of all values of a document, containers included."""
    yield path
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from leaves(part, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> str:
    """Put another value in one place."""
    if not path:
        return json.dumps(value)
    copy = json.loads(json.dumps(document))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(copy)


HISTORY_DOCUMENT, TIMELINE_DOCUMENT = json.loads(dump(whole())), json.loads(dump_timeline(TIMELINE))
FLAGS = {"is_new", "is_absent", "by_writing"}
"""Anything but `true` is no."""


def _believed(path: tuple[Any, ...], wrong: object) -> bool:
    """Whether a value is believed in a place."""
    try:
        restore(changed(HISTORY_DOCUMENT, path, wrong))
    except ValueError:
        return False
    return path[-1] not in FLAGS


@pytest.mark.parametrize("wrong", [{"wrong": [1]}, [[]]], ids=["an object", "a list"])
def test_a_value_of_a_wrong_kind_is_refused_in_every_place(wrong: object) -> None:
    assert [path for path in leaves(HISTORY_DOCUMENT) if _believed(path, wrong)] == []
    for path in leaves(TIMELINE_DOCUMENT):
        with pytest.raises(ValueError, match=r"expected|not a valid"):
            restore_timeline(changed(TIMELINE_DOCUMENT, path, wrong))


def test_a_flag_is_no_number_and_no_time() -> None:
    """The last of a clearance but one is a flag."""
    assert [path for path in leaves(HISTORY_DOCUMENT) if _believed(path, wrong=True)] == [
        ("clearances", 0, 4),
        ("clearances", 1, 4),
    ]


def test_seconds_that_no_calendar_has_are_believed_of_stamps_and_ages_alone() -> None:
    found = [path for path in leaves(HISTORY_DOCUMENT) if _believed(path, -1.5e300)]
    assert {path[0] for path in found} == {"tables", "stamps", "evidence", "terms", "discovered"}
    assert {path[-1] for path in found if path[0] in {"tables", "evidence"}} == {"stamp"}
    assert {path[2] for path in found if path[0] == "discovered"} == {3}


@pytest.mark.parametrize(
    ("read", "fine", "wrong"),
    [
        (number_of, [0, 1, 2**70], [-1, 1.0, True, "1", None]),
        (seconds_of, [0, -1.5, 1.7e308], [float("nan"), float("inf"), 10**400, False, "1", None]),
        (time_of, [-1e10, 0, 2.5e11], [-1.1e10, 2.6e11, None]),
    ],
)
def test_a_number_of_a_document(read: Callable[[Any, str], float], fine: list[Any], wrong: list[Any]) -> None:
    assert [read(value, "here") for value in fine] == fine
    for value in wrong:
        with pytest.raises(ValueError, match="here: expected"):
            read(value, "here")


def test_steps_must_rise() -> None:
    document = json.loads(dump(whole()))
    document["tables"]["7"]["steps"][1][0] = document["tables"]["7"]["steps"][0][0]
    with pytest.raises(ValueError, match="do not rise"):
        restore(json.dumps(document))
    document["tables"]["7"]["steps"] = []
    with pytest.raises(ValueError, match="expected a list of steps"):
        restore(json.dumps(document))


def test_keys_that_were_added_later_may_be_absent_and_no_others() -> None:
    added = {"discovered", "failing", "unresolved", "addresses", "stamps", "clearances"}
    for key in HISTORY_DOCUMENT:
        left = json.dumps({other: value for other, value in HISTORY_DOCUMENT.items() if other != key})
        if key in added:
            assert not getattr(restore(left), key)
        else:
            with pytest.raises(ValueError, match="expected the keys"):
                restore(left)
