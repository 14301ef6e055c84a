"""An excerpt of `make durability`: nothing that was confirmed is lost, and nothing is there in part."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.durability.faults import failing
from tests.durability.kills import killed
from tests.durability.mounts import mounted
from tests.durability.stores import STORES, Runs, State, TornError


@pytest.mark.parametrize("kind", STORES)
def test_kill_9_loses_no_confirmed_write(tmp_path: Path, kind: str) -> None:
    writes, faults = killed(kind, tmp_path, 10)
    assert faults == []
    assert writes


def test_a_disk_that_is_full_or_broken_loses_no_confirmed_write(tmp_path: Path) -> None:
    """From any call of a write on."""
    failed, faults = failing(tmp_path, errors=("EIO",))
    assert faults == []
    assert all(failed[kind] > 1 for kind in STORES)


def test_a_file_system_that_is_full_or_becomes_read_only_loses_no_confirmed_write(tmp_path: Path) -> None:
    assert mounted(tmp_path) == []


def test_a_write_that_is_there_in_part_is_noticed(tmp_path: Path) -> None:
    """What the tests above look for can be found."""
    state, runs = State(tmp_path / "state"), Runs(tmp_path / "runs")
    state.write(1)
    runs.write(1)
    for path, statement in (("state", "DELETE FROM domain WHERE name = 'shop'"), ("runs", "DELETE FROM findings")):
        with closing(sqlite3.connect(tmp_path / path)) as database, database:
            database.execute(statement)
    for each in (state, runs):
        with pytest.raises(TornError):
            each.read()
