"""A history over a restart of the exporter."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.model import ReplicaLine, ReportedStatus, Role
from boks_exporter.replication import (
    Clearance,
    Condition,
    CopyEvidence,
    Difference,
    DiscoveredHost,
    History,
    Lead,
    Reload,
    advance,
    compare,
    dump,
    remember,
    restore,
)
from tests.unit.domain_rounds import INTERVAL, healthy_round

EVIDENCE = CopyEvidence(
    leads={7: Lead(1.0, 61.0, 98, 200, 62.0), 9: Lead(1.0, 2.0, 1, 3, by_writing=True)},
    differences={
        15: Difference(Condition.STAMP, 1.0, 31.0, 5.0),
        16: Difference(Condition.MISSING, 1.0, 31.0, None, 61.0),
    },
    diverged_since=61.0,
    reload=Reload(62.0, frozenset({7})),
)


LINE = ReplicaLine("R2", 49.0, None, 289.0, 726768, ReportedStatus.LOADING, "LOADING")
DISCOVERED = {
    "R2": DiscoveredHost("r2.example", 22, 31.0, LINE),
    "R3": DiscoveredHost("r3.example", 2222, 1.0, unnamed_since=3.0),
}


def learned() -> History:
    """A history of three rounds with a stuck replica, one of them apart, and numbers beyond 64 bits."""
    history = History()
    for index in range(3):
        numbers = {7: 100 + index, 9: 2**64 + index}
        seen = healthy_round(numbers, at=index * 30.0, R1={7: 100, 9: 2**64}, R2={7: 200, 9: 2**64})
        history = remember(advance(history, seen), {("R1", Condition.MISSING): True}, index * 30.0)
    return replace(
        history,
        evidence={"R2": EVIDENCE},
        undecided={"R1": {9: 31.0}},
        discovered=DISCOVERED,
        clearances={Clearance("R2", 50.0, "anna", "rebuilt"): 20.0, Clearance(None, 51.0, "run", "lost", False): 21.0},
    )


def test_everything_worth_keeping_comes_back() -> None:
    """Steps, numbers, roles and apart replicas are kept; a finding seen once must be seen again."""
    history, back = learned(), restore(dump(learned()))
    assert (back.tables, back.master, back.roles) == (history.tables, history.master, history.roles)
    assert (back.floors, back.stamps) == (history.floors, history.stamps)
    assert (back.evidence, back.undecided, back.terms) == (history.evidence, history.undecided, history.terms)
    assert (back.discovered, back.clearances) == (history.discovered, history.clearances)
    assert back.lasting == {}
    assert dump(back) == dump(history)


def test_a_restart_in_the_middle_of_a_lag_keeps_the_seconds() -> None:
    """Ten minutes without the exporter change nothing of when the update was written."""
    seen = healthy_round({7: 110, 9: 2**64 + 2}, at=660.0, R1={7: 100, 9: 2**64})
    with_break = compare(seen, advance(restore(dump(learned())), seen), exact_to=INTERVAL).replicas[0]
    without = compare(seen, advance(learned(), seen), exact_to=INTERVAL).replicas[0]
    assert with_break == without
    assert with_break.lag_seconds == pytest.approx(645, abs=1)


def test_an_empty_history_comes_back_empty() -> None:
    """Nothing learned, nothing kept."""
    assert restore(dump(History())) == History()


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(dump(learned()))
    return document


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "the history: expected an object, found []"),
        (("master",), 3, "expected a host name, found 3"),
        (("tables",), None, "tables: expected an object, found None"),
        (("tables", "7"), [1], "tables.7: expected an object, found [1]"),
        (("tables", "x"), {}, "expected a table number, found 'x'"),
        (("tables", "8"), {}, "tables.8.steps: expected a list of steps, found None"),
        (("tables", "7", "steps"), [], "tables.7.steps: expected a list of steps, found []"),
        (("tables", "7", "steps"), [[1, 2]], "tables.7.steps: expected [sequence, at, after], found [1, 2]"),
        (("tables", "7", "steps"), [[-1, 2, 3]], "tables.7: expected a sequence number, found -1"),
        (("tables", "7", "steps"), [[5, 1, None], [5, 2, 1]], "tables.7: sequence 5 after 5: the steps do not rise"),
        (("tables", "7", "since"), "now", "tables.7.since: expected a number of seconds, found 'now'"),
        (("tables", "7", "read_at"), float("nan"), "tables.7.read_at: expected a number of seconds, found nan"),
        (("tables", "7", "read_at"), -float("inf"), "tables.7.read_at: expected a number of seconds, found -inf"),
        (("tables", "7", "since"), 1e308, "tables.7.since: expected seconds since 1970, found 1e+308"),
        (("begun_at",), 10**310, f"begun_at: expected a number of seconds, found {10**310!r:.60}"),
        (("tables", "7", "stamp"), True, "tables.7.stamp: expected a number of seconds, found True"),
        (("floors", "R1"), 3, "floors.R1: expected an object, found 3"),
        (("floors", "R1"), {"T7": 3}, "expected a table number, found 'T7'"),
        (("floors", "R1", "7"), True, "floors.R1: expected a sequence number, found True"),
        (("roles", "R1"), "king", "'king' is not a valid Role"),
        (("evidence", "R2"), None, "evidence.R2: expected an object, found None"),
        (("evidence", "R2", "leads"), [], "evidence.R2.leads: expected an object, found []"),
        (
            ("evidence", "R2", "leads", "7", "level"),
            None,
            "evidence.R2.leads.7.level: expected a sequence number, found None",
        ),
        (("evidence", "R2", "differences", "15", "condition"), "odd", "'odd' is not a valid Condition"),
        (
            ("evidence", "R2", "reload", "below"),
            7,
            "evidence.R2.reload.below: expected a list of table numbers, found 7",
        ),
        (("undecided", "R1", "9"), "now", "undecided.R1.9: expected a number of seconds, found 'now'"),
        (("terms", "M", "last", "7"), [1], "terms.M.last.7: expected [sequence, stamp], found [1]"),
        (
            ("discovered", "R2"),
            [1],
            "discovered.R2: expected [address, port, named_at, line, unnamed_since], found [1]",
        ),
        (("discovered", "R2"), ["a", 22, 1.0, 7], "discovered.R2: expected a line of the list, found 7"),
        (("stamps",), [["R1"]], "stamps: expected [hosts, stamps], found ['R1']"),
        (("clearances",), [[3]], "clearances: expected [host, at, owner, reason, of_copy, time], found [3]"),
        (("stamps",), {}, "stamps: expected [hosts, stamps], found {}"),
        (("begun_at",), "now", "begun_at: expected a number of seconds, found 'now'"),
    ],
)
def test_what_is_no_history_is_refused_with_the_place(path: tuple[str, ...], value: object, message: str) -> None:
    document: Any = _document()
    if not path:
        document = value
    else:
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared below
        restore(json.dumps(document))
    assert str(refused.value) == message


def test_another_set_of_keys_is_refused() -> None:
    """A document of another make is not half understood."""
    with pytest.raises(ValueError, match=r"expected the keys addresses, begun_at, clearances, .*, found none"):
        restore("{}")


@given(st.text())
def test_any_text_is_a_history_or_a_value_error(text: str) -> None:
    """Nothing else is ever raised."""
    with pytest.raises(ValueError):  # noqa: PT011 - which one does not matter here
        restore(text)


def test_a_restored_history_knows_replicas_that_do_not_answer() -> None:
    """Who was a replica before the restart is one still."""
    assert restore(dump(learned())).roles["R1"] is Role.REPLICA


def test_the_last_word_that_an_earlier_version_kept_of_a_line_is_read() -> None:
    """A state file of that version is not lost with an upgrade."""
    document = json.loads(dump(History(discovered=DISCOVERED)))
    document["discovered"]["R2"][3] = "DOWN"
    line = restore(json.dumps(document)).discovered["R2"].line
    assert line
    assert line.raw_status == "DOWN"
