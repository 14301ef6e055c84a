"""The stable JSON of status, check and /api/v1/status, and its way back."""

import json
from typing import Any

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.exposition import status_report
from boks_exporter.report import read_report
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN, busy, incident, no_master, published, two_masters

SOUND_TABLES = {
    "T7": {"sequence": 5053, "lag": 0, "ahead": 0, "lag_possible": 0, "ahead_possible": 0},
    "T9": {"sequence": 7919, "lag": 0, "ahead": 0, "lag_possible": 0, "ahead_possible": 0},
    "T15": {"sequence": 1865, "lag": 0, "ahead": 0, "lag_possible": 0, "ahead_possible": 0},
}


def hosts(view: Any) -> dict[str, Any]:
    """Index a report's hosts by their name."""
    (domain,) = status_report((view,))["domains"]
    return {host["host"]: host for host in domain["hosts"]}


def test_the_report_of_a_domain_is_whole() -> None:
    """Everything around the hosts."""
    (domain,) = status_report((published(),))["domains"]
    assert {key: value for key, value in domain.items() if key != "hosts"} == {
        "domain": "bank",
        "masters": ["MASTER"],
        "state": "degraded",
        "reason": "REPHOST is unreachable",
        "unresolved": [],
        "unread_lines": [],
        "sites": [
            {"name": "amsterdam", "verdict": "site-without-spare", "replicas": 2, "replicas_ok": 1},
            {"name": "utrecht", "verdict": "ok", "replicas": 2, "replicas_ok": 2},
        ],
        "sections": [
            {"name": "core", "verdict": "ok", "replicas": 2, "replicas_ok": 1},
            {"name": "dmz", "verdict": "ok", "replicas": 2, "replicas_ok": 2},
        ],
        "last_round_timestamp_seconds": BEGUN + 6.5,
        "maintenance": [],
        "evidence_since_timestamp_seconds": BEGUN - 150,
        "notes": [],
    }
    assert [host["host"] for host in domain["hosts"]] == [
        "MASTER", "REPHOST", "REPHOST2", "REPHOST3", "REPHOST4", "REPHOST5",
    ]  # fmt: skip


def test_the_report_of_a_healthy_replica_is_whole() -> None:
    """Every key, in its order."""
    report = hosts(published())["REPHOST4"]
    assert list(report.items()) == [
        ("host", "REPHOST4"),
        ("role", "replica"),
        ("state", "ok"),
        ("reason", "listed as OK, nothing ahead"),
        ("lag_sequences", 0),
        ("ahead_sequences", 0),
        ("lag_seconds", 0.0),
        ("tables", SOUND_TABLES),
        ("evidence", []),
        ("address", "10.2.0.3"),
        ("site", "utrecht"),
        ("section", "dmz"),
        ("behind_best_sequences", 0),
        ("missing_tables", []),
        ("stamp_mismatch_tables", []),
        ("reported_status", "ok"),
        ("reported_status_word", "OK"),
        ("last_packet_timestamp_seconds", BEGUN + 0.25 - 49),
        ("last_failure_timestamp_seconds", BEGUN + 0.25 - (136 * 86400 + 22 * 3600 + 21 * 60 + 35)),
        ("last_sync_timestamp_seconds", BEGUN + 0.25 - 289),
        ("last_attempt_timestamp_seconds", BEGUN + 1),
        ("last_success_timestamp_seconds", BEGUN + 1.25),
        ("promotable", True),
        ("promotable_reasons", []),
        ("gate_version", "1.0.0"),
        ("lag_possible_sequences", 0),
        ("ahead_possible_sequences", 0),
        ("evidence_timestamp_seconds", {}),
        ("since_timestamp_seconds", None),
        ("since_is_exact", False),
    ]


def test_the_report_of_a_silent_replica_is_null_where_nothing_is_known() -> None:
    assert hosts(published())["REPHOST"] == {
        "host": "REPHOST",
        "role": "unknown",
        "state": "unreachable",
        "reason": "cannot be polled (connect): connection refused; the master lists it as DOWN too",
        "lag_sequences": None,
        "ahead_sequences": None,
        "lag_seconds": None,
        "tables": {},
        "evidence": [
            "the master lists it as DOWN; last packet 2 min 59 s before",
            "the last failed update (2 min 13 s before) came after the last packet",
        ],
        "address": "10.1.0.2",
        "site": "amsterdam",
        "section": "core",
        "behind_best_sequences": None,
        "missing_tables": None,
        "stamp_mismatch_tables": None,
        "reported_status": "down",
        "reported_status_word": "DOWN",
        "last_packet_timestamp_seconds": BEGUN + 0.25 - 179,
        "last_failure_timestamp_seconds": BEGUN + 0.25 - 133,
        "last_sync_timestamp_seconds": BEGUN + 0.25 - 704,
        "last_attempt_timestamp_seconds": BEGUN + 1,
        "last_success_timestamp_seconds": BEGUN - 115,
        "promotable": False,
        "promotable_reasons": ["it cannot be polled"],
        "gate_version": None,
        "lag_possible_sequences": None,
        "ahead_possible_sequences": None,
        "evidence_timestamp_seconds": {},
        "since_timestamp_seconds": None,
        "since_is_exact": False,
    }


def test_a_master_has_numbers_and_no_lag() -> None:
    """It is the measure, not what is measured."""
    master = hosts(published())["MASTER"]
    assert (master["role"], master["state"], master["promotable"]) == ("master", "ok", None)
    assert master["tables"]["T7"] == {
        "sequence": 5053,
        "lag": None,
        "ahead": None,
        "lag_possible": None,
        "ahead_possible": None,
    }
    assert (master["lag_sequences"], master["behind_best_sequences"], master["reported_status"]) == (None, None, None)


def test_the_published_incident_shows_table_by_table() -> None:
    replica = hosts(incident())["REPHOST3"]
    assert (replica["state"], replica["ahead_sequences"], replica["reported_status_word"]) == ("ahead", 35, "OK")
    assert replica["tables"] == {
        "T7": {"sequence": 5060, "lag": 0, "ahead": 7, "lag_possible": 0, "ahead_possible": 7},
        "T9": {"sequence": 7920, "lag": 0, "ahead": 1, "lag_possible": 0, "ahead_possible": 1},
        "T15": {"sequence": 1900, "lag": 0, "ahead": 35, "lag_possible": 0, "ahead_possible": 35},
    }


def test_an_older_exporter_may_not_have_the_keys_that_were_added() -> None:
    report = json.loads(json.dumps(status_report((published(),))))
    for host in nonempty(report["domains"][0]["hosts"]):
        del host["ahead_possible_sequences"], host["evidence_timestamp_seconds"]
    assert read_report(json.dumps(report)) == report


def test_what_is_proven_of_a_copy_is_reported_with_its_time() -> None:
    replica = hosts(incident())["REPHOST3"]
    assert replica["evidence_timestamp_seconds"] == {"ahead": BEGUN + 1}


def test_missing_tables_and_strangers_are_named() -> None:
    """By their names, not by their number."""
    (domain,) = status_report((busy(),))["domains"]
    assert domain["unresolved"] == ["STRANGER"]
    assert hosts(busy())["REPHOST4"]["missing_tables"] == ["T15"]


def test_without_one_master_everything_that_it_proves_is_null() -> None:
    (none, two) = status_report((no_master(), two_masters()))["domains"]
    assert (none["masters"], none["state"]) == ([], "no_master")
    assert (two["masters"], two["state"]) == (["MASTER", "REPHOST4"], "several_masters")
    replica = hosts(no_master())["REPHOST"]
    assert (replica["lag_sequences"], replica["lag_seconds"], replica["missing_tables"]) == (None, None, None)
    assert replica["behind_best_sequences"] == 2


@pytest.mark.parametrize("view", [published(), incident(), busy(), no_master(), two_masters()])
def test_a_report_comes_back_as_it_was(view: Any) -> None:
    """Over JSON, as text and as bytes."""
    report = status_report((view,))
    text = json.dumps(report)
    assert read_report(text) == report
    assert read_report(text.encode()) == report


def test_a_newer_exporter_may_show_more() -> None:
    """Keys are only ever added."""
    data: Any = status_report((published(),))
    data["version"] = 2
    data["domains"][0]["hosts"][0]["mood"] = "fine"
    assert read_report(json.dumps(data)) == data


def _changed(path: tuple[Any, ...], value: Any) -> str:
    data: Any = json.loads(json.dumps(status_report((published(),))))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if value is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(data)


HOST = ("domains", 0, "hosts", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: expected JSON, found 'the end'"),
        ("<html>not found</html>", "line 1, column 1: expected JSON, found '<html>not found</html>'"),
        ('{"domains":\n  [nope]}', "line 2, column 4: expected JSON, found 'nope]}'"),
        (b'{"domains": "\xff"}', "line 1, column 14: expected JSON in UTF-8, found other bytes"),
        ("[]", "line 1, column 1: expected the answer as dict, found []"),
        ("{}", "line 1, column 1: expected the answer.domains, found no such key"),
        ('{"domains": {}}', "line 1, column 1: expected the answer.domains as list, found {}"),
        ('{"domains": [3]}', "line 1, column 1: expected the answer.domains[0] as dict, found 3"),
        (
            _changed((*HOST, "lag_sequences"), "many"),
            "line 1, column 1: expected the answer.domains[0].hosts[2].lag_sequences as int, found 'many'",
        ),
        (
            _changed((*HOST, "lag_sequences"), True),
            "line 1, column 1: expected the answer.domains[0].hosts[2].lag_sequences as int, found True",
        ),
        (
            _changed((*HOST, "tables", "T7", "sequence"), None),
            "line 1, column 1: expected the answer.domains[0].hosts[2].tables.T7.sequence as int, found None",
        ),
        (
            _changed((*HOST, "reason"), KeyError),
            "line 1, column 1: expected the answer.domains[0].hosts[2].reason, found no such key",
        ),
        (
            _changed(("domains", 0, "masters"), ["M", 3]),
            "line 1, column 1: expected the answer.domains[0].masters[1] as str, found 3",
        ),
    ],
)
def test_what_is_no_report_is_reported_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(ParseError) as refused:
        read_report(text)
    assert str(refused.value) == message


def test_a_whole_number_is_a_number_of_seconds_too() -> None:
    """JSON knows one kind of number."""
    assert read_report(_changed((*HOST, "lag_seconds"), 0))["domains"][0]["hosts"][2]["lag_seconds"] == 0
