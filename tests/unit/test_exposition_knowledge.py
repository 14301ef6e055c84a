"""What the report passes on of servers that do not show it now: their last role and their last numbers."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.exposition import HostCounters, status_report
from boks_exporter.model import Role
from boks_exporter.replication import History
from boks_exporter.replication.table_history import Step, TableHistory
from tests.unit.exposition_views import BEGUN, STAMP, no_master, published

MASTER_TABLES = {
    7: TableHistory(STAMP, BEGUN - 90, (Step(5000, BEGUN - 90, None), Step(5053, BEGUN - 30, None)), BEGUN - 60),
    9: TableHistory(None, BEGUN - 90, (Step(7919, BEGUN - 90, None),), BEGUN - 30),
}
FLOORS = {"REPHOST": {7: 5051, 9: 7918}, "REPHOST4": {7: 5053}, "REPHOST5": {7: 5050}}
LAST = {"host": "MASTER", "read_timestamp_seconds": BEGUN - 30, "sequences": {"T7": 5053, "T9": 7919}}


def knowledge(view: Any, **past: Any) -> Any:
    """Return what the report of a view with this past knows of hosts from before."""
    (domain,) = status_report((replace(view, history=History(**past)),))["domains"]
    return domain["knowledge"]


def test_a_host_is_known_with_its_last_role_and_its_first_failed_poll() -> None:
    first, *others = published().snapshot.hosts
    hosts = (replace(first, discovered=True, port=2222), *others)
    view = replace(published(), snapshot=replace(published().snapshot, hosts=hosts))
    known = knowledge(view, roles={"REPHOST": Role.REPLICA}, failing={"REPHOST": BEGUN - 85})
    assert known["hosts"][:2] == [
        {
            "host": "MASTER",
            "port": 2222,
            "role": "unknown",
            "discovered": True,
            "failing_since_timestamp_seconds": None,
        },
        {
            "host": "REPHOST",
            "port": 22,
            "role": "replica",
            "discovered": False,
            "failing_since_timestamp_seconds": BEGUN - 85,
        },
    ]


def test_the_last_numbers_of_a_silent_master_are_those_of_its_newest_reading() -> None:
    (reading,) = knowledge(no_master(), master="MASTER", tables=MASTER_TABLES)["readings"]
    assert reading == {**LAST, "stamps": {"T7": STAMP, "T9": None}}


@pytest.mark.parametrize(
    ("view", "past"),
    [
        (published(), {"master": "MASTER", "tables": MASTER_TABLES}),
        (no_master(), {"master": None, "tables": MASTER_TABLES}),
        (no_master(), {"master": "MASTER", "tables": {}}),
    ],
    ids=["the master answers", "whose they are is not known", "none were read"],
)
def test_there_are_no_last_numbers_of_a_master(view: Any, past: dict[str, Any]) -> None:
    assert knowledge(view, **past)["readings"] == []


def test_the_last_numbers_of_a_replica_are_of_one_that_answered_before_and_does_not_now() -> None:
    """REPHOST is silent; REPHOST4 answers, and when a host that was never read answered is not known."""
    (reading,) = knowledge(published(), floors=FLOORS, stamps={"REPHOST": {7: STAMP}})["readings"]
    assert reading == {
        "host": "REPHOST",
        "read_timestamp_seconds": BEGUN - 115,
        "sequences": {"T7": 5051, "T9": 7918},
        "stamps": {"T7": STAMP, "T9": None},
    }
    never = replace(published(), counters=replace(published().counters, hosts={"REPHOST": HostCounters()}))
    assert knowledge(never, floors=FLOORS)["readings"] == []
