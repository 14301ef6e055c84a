"""The history across a restart, and everything that can be wrong with its file."""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import structlog

from boks_exporter.poller import PersistedState, StateFile, StateUnreadableError, read_states
from boks_exporter.poller.state_database import FORGET_AFTER_SECONDS
from boks_exporter.replication import History, advance
from tests.unit.domain_rounds import healthy_round


def kept(number: int = 100) -> PersistedState:
    """Make something worth keeping."""
    return PersistedState(advance(History(), healthy_round({7: number}, R1={7: 90})), "M")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "boks.sqlite"


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def written(path: Path, **domains: PersistedState) -> None:
    """Write a file and wait until it is."""
    state = StateFile(path)
    for name, what in domains.items():
        state.keep(name, what)
    state.close()
    if writer := state._writer:
        writer.join(30.0)  # a machine under load may need longer than `close` waits


# -- a file that is not as it should be -------------------------------------------------------------------------------


def test_no_file_is_a_beginning(path: Path, logged: list[Any]) -> None:
    """It is safe to delete, and nothing is made before there is something to keep."""
    assert StateFile(path).load("bank") == PersistedState()
    assert not path.exists()
    written(path, bank=kept())
    path.unlink()
    assert StateFile(path).load("bank") == PersistedState()
    assert logged == []


def test_a_file_that_is_deleted_while_in_use_is_made_again(path: Path) -> None:
    """The next round writes everything again."""
    state = StateFile(path)
    state.keep("bank", kept())
    _wait_until(path.exists)
    path.unlink()
    state.keep("bank", kept(101))
    state.close()
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 101


def _wait_until(holds: Any) -> None:
    """Wait for the writing thread, which has no event to wait for."""
    for _ in range(500):
        if holds():
            return
        Event().wait(0.01)
    raise AssertionError(holds)


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database at all, but long enough to have a header" * 20),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "overwritten": lambda path: path.write_bytes(path.read_bytes()[:100] + os.urandom(len(path.read_bytes()) - 100)),
    "other version": lambda path: _execute(path, "PRAGMA user_version = 99"),
    "no document": lambda path: _execute(path, "UPDATE domain SET history = 'nonsense'"),
    "half a document": lambda path: _execute(path, "UPDATE domain SET history = substr(history, 1, 100)"),
    "no such table": lambda path: _execute(path, "ALTER TABLE domain RENAME TO other"),
}


def _execute(path: Path, statement: str, *values: float) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement, values)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_and_never_stops_the_start(path: Path, damage: str, logged: list[Any]) -> None:
    written(path, bank=kept())
    DAMAGES[damage](path)
    before = path.read_bytes()
    state = StateFile(path)
    assert state.load("bank") == PersistedState()
    aside = path.with_name("boks.sqlite.damaged")
    assert aside.read_bytes() == before
    event = "state_row_dropped" if "document" in damage else "state_file_set_aside"
    assert [(line["event"], line["log_level"]) for line in logged] == [(event, "warning")]
    assert (logged[0]["path"], logged[0]["kept_as"]) == (str(path), str(aside))
    state.keep("bank", kept(101))
    state.close()
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 101
    assert len(logged) == 1


def test_a_second_damage_keeps_the_first_copy(path: Path) -> None:
    path.parent.mkdir()
    for text in (b"first" * 500, b"second" * 500, b"third" * 500):
        path.write_bytes(text)
        StateFile(path)
    copies = sorted(each.name for each in path.parent.iterdir())
    assert copies == ["boks.sqlite.damaged", "boks.sqlite.damaged-2", "boks.sqlite.damaged-3"]
    assert path.with_name("boks.sqlite.damaged").read_bytes() == b"first" * 500


BAD_ROWS = {
    "no history": "UPDATE domain SET history = '{}' WHERE name = 'bank'",
    "a history in another encoding": "UPDATE domain SET history = CAST(x'ff7b7d' AS TEXT) WHERE name = 'bank'",
    "a history of bytes": "UPDATE domain SET history = x'ff00' WHERE name = 'bank'",
    "a time without end": "UPDATE domain SET saved_at = 9e999 WHERE name = 'bank'",
    "a time that is none": "UPDATE domain SET saved_at = 'yesterday' WHERE name = 'bank'",
}


@pytest.mark.parametrize("has_clock", [True, False])
@pytest.mark.parametrize("statement", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_costs_its_own_domain_and_no_other(
    path: Path, logged: list[Any], statement: str, *, has_clock: bool
) -> None:
    """It is copied once: the next start finds it no more. Files of older versions have no clock."""
    written(path, bank=kept(), shop=kept(107))
    _execute(path, statement)
    if not has_clock:
        _execute(path, "DROP TABLE clock")
    assert read_states(path).keys() == {"shop"}
    for _ in range(2):
        state = StateFile(path)
        assert state.load("bank") == PersistedState()
        assert state.load("shop").history.tables[7].steps[-1].sequence == 107
    assert [(line["event"], line["boks_domain"]) for line in logged] == [("state_row_dropped", "bank")]
    assert sorted(each.name for each in path.parent.iterdir()) == ["boks.sqlite", "boks.sqlite.damaged"]


def test_a_bad_row_costs_the_others_nothing_where_no_copy_can_be_made(
    path: Path, logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(path, bank=kept(), shop=kept(107))
    _execute(path, "UPDATE domain SET history = '{}' WHERE name = 'bank'")
    monkeypatch.setattr(shutil, "copyfile", _no_space)
    assert StateFile(path).load("shop").history.tables[7].steps[-1].sequence == 107
    assert [(line["event"], line["kept_as"]) for line in logged] == [("state_row_dropped", "None")]


def _no_space(*_: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("column", ["unix", "since_boot"])
@pytest.mark.parametrize("value", ["'noon'", "CAST(x'ff' AS TEXT)", "9e999", "1e300", "-1"])
def test_a_clock_that_cannot_be_read_proves_no_age(path: Path, column: str, value: str) -> None:
    """The state stays, without what rests on times."""
    written(path, bank=kept())
    _execute(path, "UPDATE clock SET COLUMN = VALUE".replace("COLUMN", column).replace("VALUE", value))
    for state in (StateFile(path).load("bank"), read_states(path)["bank"]):
        assert (state.history.tables, state.last_known_master) == ({}, "M")


# -- reading without writing ------------------------------------------------------------------------------------------


def test_a_state_file_is_read_without_being_changed(path: Path) -> None:
    written(path, bank=kept())
    path.chmod(0o444)
    before = path.read_bytes()
    assert read_states(path)["bank"].last_known_master == "M"
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["no database", "other version"])
def test_an_unreadable_state_file_is_refused_with_its_path_and_stays(path: Path, damage: str) -> None:
    written(path, bank=kept())
    DAMAGES[damage](path)
    before = path.read_bytes()
    with pytest.raises(StateUnreadableError, match=str(path)):
        read_states(path)
    assert path.read_bytes() == before


def test_a_file_that_is_damaged_while_in_use_is_set_aside(path: Path, logged: list[Any]) -> None:
    """The next write begins a new one."""
    written(path, bank=kept())
    state = StateFile(path)
    path.write_bytes(b"no database" * 1000)
    state.keep("bank", kept(101))
    state.close()
    assert [line["event"] for line in logged] == ["state_file_set_aside"]
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 101


def test_a_foreign_database_is_left_alone(path: Path, logged: list[Any]) -> None:
    """A wrong path in the configuration destroys no data."""
    path.parent.mkdir()
    _execute(path, "CREATE TABLE orders (id)")
    before = path.read_bytes()
    state = StateFile(path)
    state.keep("bank", kept())
    state.close()
    assert path.read_bytes() == before
    message = "it is a database of something else, with the tables orders; give another path"
    assert [(line["event"], line["error"]) for line in logged] == [("state_file_unusable", message)]
    assert repr(state) == f"<StateFile {path}: {message}>"


def test_a_path_that_cannot_be_written_is_reported_once_and_its_end_too(path: Path, logged: list[Any]) -> None:
    """No round waits for it, and nothing is raised."""
    path.parent.write_text("a file where a folder should be", encoding="utf-8")
    state = StateFile(path)
    for number in range(3):
        state.keep("bank", kept(number))
        _wait_until(lambda: not state._waiting and state._failure is not None)
    path.parent.unlink()
    state.keep("bank", kept(7))
    _wait_until(lambda: state._failure is None)
    state.close()
    assert [line["event"] for line in logged] == ["state_file_unusable", "state_file_usable_again"]
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 7


def test_a_folder_in_its_place_is_reported(path: Path, logged: list[Any]) -> None:
    """As above."""
    path.mkdir(parents=True)
    assert StateFile(path).load("bank") == PersistedState()
    assert [line["event"] for line in logged] == ["state_file_unusable"]


def test_a_place_that_cannot_be_seen_is_told(path: Path, logged: list[Any]) -> None:
    """As in a closed directory, which root can always see."""
    path.parent.mkdir()
    assert StateFile(path.with_name("a" * 300)).load("bank") == PersistedState()
    assert [line["event"] for line in logged] == ["state_file_unusable"]


def test_a_full_disk_keeps_what_was_written_before(
    path: Path, logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond its bound the file behaves as on a full disk: a log line, and the old row stays."""
    written(path, bank=kept(5))
    monkeypatch.setattr("boks_exporter.poller.state_database.MAX_BYTES", 28672)
    steps = healthy_round({table: table for table in range(2000)}, R1={7: 1})
    written(path, bank=PersistedState(advance(History(), steps)))
    assert [(line["event"], line["error"]) for line in logged] == [("state_file_unusable", "database or disk is full")]
    assert path.stat().st_size <= 28672
    assert StateFile(path).load("bank").history.tables[7].steps[-1].sequence == 5


def test_a_file_that_another_process_holds_is_not_waited_for(path: Path, logged: list[Any]) -> None:
    """Keeping returns at once, closing after a second at most."""
    written(path, bank=kept())
    state = StateFile(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        state.keep("bank", kept(101))
        state.close()
    assert {line["event"] for line in logged} <= {"state_file_unusable"}


def test_a_domain_that_is_gone_for_a_month_is_forgotten(path: Path) -> None:
    """The file does not grow with every domain that was ever configured."""
    written(path, old=kept())
    _execute(path, "UPDATE domain SET saved_at = saved_at - ?", FORGET_AFTER_SECONDS + 60)
    written(path, bank=kept())
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM domain").fetchall() == [("bank",)]


def test_only_its_owner_can_read_it(path: Path) -> None:
    written(path, bank=kept())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_closing_without_anything_kept_is_nothing(path: Path) -> None:
    """No thread, no file."""
    state = StateFile(path)
    state.close()
    assert state._writer is None
    assert not path.exists()
