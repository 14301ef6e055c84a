"""A run that was cut off, on a journal whose disk is full by now: every command says what is open and what to type."""

import asyncio
import json
import shlex
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.failover.journal.connection import JournalFile
from boks_exporter.failover.journal.errors import explained
from boks_exporter.failover.runner.finish import given_up
from tests.unit.failover_terminal import OFF, Terminal, fingerprint, terminal_at
from tests.unit.failover_world import FIRST, SECOND


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def left_open(terminal: Terminal) -> str:
    """Promote, and leave at once while the command runs; gives the run."""
    terminal.before = terminal.world.kill_master
    _, plan = terminal("failover", "promote", FIRST, *OFF)
    terminal.before = lambda: None

    def leave(_: str, line: str) -> None:
        if " do " in line:
            signal.raise_signal(signal.SIGTERM)
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)

    terminal.world.way.connection_fault = leave
    code, shown = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(plan))
    terminal.world.way.connection_fault = lambda _, __: None
    assert code == Exit.RESULT_UNKNOWN, shown
    return shown.rpartition(", run ")[2].strip()


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(journal: JournalFile, _: str, __: Sequence[Any]) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        with explained(journal.path):
            raise error

    monkeypatch.setattr(JournalFile, "_put", full)
    monkeypatch.setattr(JournalFile, "_write", full)


@pytest.mark.parametrize("is_full", [False, True], ids=["room", "full"])
def test_every_command_shows_what_is_open_and_what_to_type(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    """Whatever is typed next, in whatever state the journal's disk is; and nothing of it changes a host."""
    run = left_open(terminal)
    if is_full:
        fill_disk(monkeypatch)
    next_is = f"next: boks-exporter failover resume {run}, or boks-exporter failover abort {run}"
    heard = len(terminal.world.way.heard)
    ends = {
        ("candidates",): {Exit.LOCKED},
        ("verify",): {Exit.DONE, Exit.NOT_CONVERGED, Exit.FACTS_UNKNOWN},
        ("plan", "rebuild", SECOND): {Exit.INTERNAL if is_full else Exit.LOCKED},
        ("rebuild", SECOND): {Exit.INTERNAL if is_full else Exit.LOCKED},
        ("rebuild", SECOND, "--apply", "0123456789abcdef"): {Exit.REFUSED},
        ("history",): {Exit.DONE},
        ("show", run): {Exit.DONE},
        ("locks",): {Exit.DONE},
        ("break-lock", run, FIRST): {Exit.LOCKED},
    }
    for words, codes in ends.items():
        code, shown = terminal("failover", *words)
        assert (code in codes, next_is in shown) == (True, True), (words, code, shown)
    assert {line.split()[2] for _, _, line in terminal.world.way.heard[heard:]} <= {
        "preflight",
        "registered",
        "reach",
        "lock-show",
    }


def test_a_run_that_is_resumed_on_a_full_disk_stops_before_anything_is_begun(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is still there once there is room."""
    run = left_open(terminal)
    with monkeypatch.context() as patch:
        fill_disk(patch)
        code, shown = terminal("failover", "resume", run)
        assert f"next, once the journal can be written: boks-exporter failover resume {run}" in shown
        assert code in {Exit.CHANGED, Exit.RESULT_UNKNOWN}
    assert terminal("failover", "resume", run)[0] == Exit.DONE


def test_a_run_that_is_left_at_once_on_a_full_disk_is_reported_all_the_same(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That its end cannot be stored is no reason to call its result anything but unknown."""

    def full(journal: Journal, *_: Any, **__: Any) -> None:
        raise JournalError(f"the journal {journal.path} cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "end", full)
        run = left_open(terminal)
    assert terminal("failover", "resume", run)[0] == Exit.DONE


def test_the_undoing_of_a_run_is_not_to_be_resumed(terminal: Terminal) -> None:
    """Then there is one thing to type."""
    terminal.world.domain.hosts[SECOND].is_registered = False
    words = ("failover", "rebuild", SECOND)
    _, shown = terminal(*words, "--apply", fingerprint(terminal(*words)[1]))
    run = shown.rpartition(", run ")[2].strip()

    def leave(_: str, line: str) -> None:
        if "restore-database" in line:
            signal.raise_signal(signal.SIGTERM)
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)

    terminal.world.way.connection_fault = leave
    assert terminal("failover", "abort", run)[0] == Exit.RESULT_UNKNOWN
    terminal.world.way.connection_fault = lambda _, __: None
    heard = len(terminal.world.sent())
    code, shown = terminal("failover", "resume", run, "--output", "json")
    assert (code, len(terminal.world.sent())) == (Exit.CHANGED, heard)
    assert json.loads(shown[shown.index("{") :])["next"] == [f"boks-exporter failover abort {run}"]
    assert f"  next: boks-exporter failover abort {run}\n" in terminal("failover", "verify")[1]
    assert terminal("failover", "abort", run)[0] == Exit.DONE


def test_a_lock_is_broken_only_after_the_journal_knows_who_does_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of another machine left it; the history names who took it away."""
    terminal.world.gates.handle(FIRST, "boks-gate/1 op lock gone-1 bob")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "breaks", lambda *_: (_ for _ in ()).throw(ValueError("not written")))
        with pytest.raises(ValueError, match="not written"):
            terminal("failover", "break-lock", "gone-1", FIRST)
    assert terminal.world.locks() == {FIRST: "gone-1"}
    code, shown = terminal("failover", "break-lock", "gone-2", FIRST)
    assert (code, terminal.world.locks()) == (Exit.INTERNAL, {FIRST: "gone-1"})
    assert "r1 stays locked, by the run gone-1 of bob: only the lock of gone-2 was to be broken" in shown
    assert terminal("failover", "break-lock", "gone-1", FIRST) == (0, "r1 is no longer locked\n")
    history = terminal("failover", "history")[1]
    assert "broke the lock of gone-1 on r1: r1 is no longer locked" in history
    assert "broke the lock of gone-2 on r1: r1 stays locked" in history


def test_a_printed_command_that_closes_a_run_has_no_reason_and_is_refused_as_it_is(terminal: Terminal) -> None:
    """A person has to give the reason."""
    run = left_open(terminal)
    printed = shlex.split(given_up(run).partition("boks-exporter ")[2])
    assert (printed[:3], terminal(*printed)[0]) == (["failover", "forget", run], Exit.USAGE)
    with terminal.world.journal() as journal:
        assert [each.run for each in journal.view("bank").open_runs] == [run]
    assert terminal(*printed[:-1], "its machine burnt down")[0] == Exit.DONE


def test_the_lock_of_a_lost_copy_of_the_journal_can_be_broken_while_the_run_is_open(terminal: Terminal) -> None:
    """That of this journal cannot: the run is resumed, aborted or forgotten."""
    run = left_open(terminal)
    assert terminal("failover", "break-lock", run, FIRST)[0] == Exit.LOCKED
    lock = terminal.world.gates.states[FIRST].lock
    assert lock is not None
    lock.owner = "anna-ops9:00000000"
    code, text = terminal("failover", "abort", run)
    assert (code, f"boks-exporter failover break-lock {run} {FIRST}" in text) == (Exit.LOCKED, True)
    assert terminal("failover", "break-lock", run, FIRST)[0] == Exit.DONE
    assert terminal("failover", "abort", run)[0] != Exit.LOCKED
