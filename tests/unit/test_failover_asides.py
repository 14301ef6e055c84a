"""What runs have moved aside: listed with age and size, restored to a client, removed with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.operator_records import Lock
from tests.unit.failover_terminal import Terminal, fingerprint, terminal_at
from tests.unit.failover_world import CLIENT, FIRST, SECOND

REMOVAL = "old-run.2"


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = terminal_at(journals, capsys, monkeypatch)
    made.world.domain.advance(600.0)
    return made


def moved_aside(terminal: Terminal, host: str = FIRST) -> None:
    """Make the host a client whose database an earlier run moved aside."""
    terminal.world.domain.run(host, ("convert", "-v", "client"))
    terminal.world.domain.advance(terminal.world.domain.now + 60)
    terminal.world.gates.states[host].lock = Lock("old-run", "anna", "then")
    terminal.world.gates.handle(host, f"boks-gate/1 op do {REMOVAL} remove-database")
    terminal.world.domain.advance(terminal.world.domain.now + 60)
    terminal.world.gates.states[host].lock = None
    assert terminal.world.domain.hosts[host].aside


def listed(terminal: Terminal, *words: str) -> tuple[int, dict[str, Any]]:
    code, text = terminal("failover", "asides", "list", *words, "--output", "json")
    return code, json.JSONDecoder().raw_decode(text)[0]


def test_a_rebuild_leaves_a_directory_that_is_listed_and_can_be_removed(terminal: Terminal) -> None:
    """With its age and size; the intent and what became of it are journaled."""
    terminal.before = lambda: terminal.world.register(FIRST, "m1")
    print_of = fingerprint(terminal("failover", "rebuild", FIRST)[1])
    code, text = terminal("failover", "rebuild", FIRST, "--apply", print_of)
    assert code == Exit.DONE, text
    code, shown = listed(terminal)
    assert (code, shown["unknown"]) == (Exit.DONE, {})
    (aside,) = shown["asides"]
    assert (aside["host"], aside["files"], aside["state"]) == (FIRST, 5, "whole")
    assert aside["removal"].startswith(text.rpartition("run ")[2].strip())
    assert aside["kilobytes"] > 0
    assert aside["moved_timestamp_seconds"] is not None
    code, text = terminal("failover", "asides", "remove", FIRST, aside["removal"], "--reason", "it is a copy again")
    assert code == Exit.DONE, text
    assert listed(terminal) == (Exit.DONE, {"asides": [], "unknown": {}})
    assert terminal("failover", "asides", "list")[1] == "nothing is moved aside\n"
    with Journal(terminal.config.with_name("journal.sqlite"), is_read_only=True) as journal:
        (action,) = journal.actions("bank")
    assert (action.kind, action.host, action.subject) == ("remove-aside", FIRST, aside["removal"])
    assert (action.reason, action.is_effective) == ("it is a copy again", True)
    assert "remove-aside" in terminal("failover", "history")[1]
    assert terminal.world.locks() == {}


def test_a_database_is_restored_to_a_client(terminal: Terminal) -> None:
    """Every file is back, and nothing is moved aside any longer."""
    moved_aside(terminal)
    code, text = terminal("failover", "asides", "restore", FIRST, REMOVAL, "--reason", "needed after all")
    assert code == Exit.DONE, text
    assert terminal.world.domain.hosts[FIRST].copy.database is not None
    assert listed(terminal) == (Exit.DONE, {"asides": [], "unknown": {}})


def test_what_the_host_refuses_changes_nothing(terminal: Terminal) -> None:
    """A replica takes no database back, and a name that is not there is no success."""
    moved_aside(terminal)
    for words, host in (("restore", SECOND), ("remove", SECOND), ("remove", CLIENT)):
        code, text = terminal("failover", "asides", words, host, REMOVAL, "--reason", "x")
        assert code == Exit.REFUSED, text
    assert terminal.world.locks() == {}
    assert [aside["host"] for aside in listed(terminal)[1]["asides"]] == [FIRST]


@pytest.mark.parametrize("words", [["x9", REMOVAL], [FIRST, "no-step"], [FIRST, "../x.1"]])
def test_wrong_names_are_wrong_usage(terminal: Terminal, words: list[str]) -> None:
    code, _ = terminal("failover", "asides", "remove", *words, "--reason", "x")
    assert (code, terminal.world.way.heard) == (Exit.USAGE, [])


def test_a_reason_is_needed(terminal: Terminal) -> None:
    for word in ("restore", "remove"):
        assert terminal("failover", "asides", word, FIRST, REMOVAL)[0] == Exit.USAGE
        assert terminal("failover", "asides", word, FIRST, REMOVAL, "--reason", " ")[0] == Exit.USAGE


def test_an_open_run_may_need_what_lies_aside(terminal: Terminal) -> None:
    """It is resumed or aborted first."""
    print_of = fingerprint(terminal("failover", "switchover", FIRST)[1])
    assert terminal("failover", "switchover", FIRST, "--apply", print_of)[0] == Exit.NOT_CONVERGED
    code, _ = terminal("failover", "asides", "remove", FIRST, REMOVAL, "--reason", "x")
    assert code == Exit.LOCKED


def test_another_run_comes_first(terminal: Terminal) -> None:
    """Its lock on the host stays as it is."""
    moved_aside(terminal)
    terminal.world.gates.states[FIRST].lock = Lock("other", "bob", "then")
    code, text = terminal("failover", "asides", "remove", FIRST, REMOVAL, "--reason", "x")
    assert (code, "other of bob" in text) == (Exit.LOCKED, True)
    assert terminal.world.locks() == {FIRST: "other"}


def test_a_broken_connection_is_asked_again(terminal: Terminal) -> None:
    """The host runs the change once; what became of it is known in the end."""
    moved_aside(terminal)
    cut = {"times": 0}

    def fault(_: str, line: str) -> ConnectionFault | None:
        cut["times"] += " do " in line
        return ConnectionFault.AFTER if " do " in line and cut["times"] < 3 else None

    terminal.world.way.connection_fault = fault
    code, text = terminal("failover", "asides", "remove", FIRST, REMOVAL, "--reason", "x")
    assert (code, cut["times"]) == (Exit.DONE, 3), text
    assert terminal.world.locks() == {}


def test_a_host_that_is_lost_in_the_middle_keeps_its_lock(terminal: Terminal) -> None:
    """Whether it was changed is unknown, and no other change begins before that is known."""
    moved_aside(terminal)
    terminal.world.way.connection_fault = lambda _, line: ConnectionFault.BEFORE if " do " in line else None
    code, _ = terminal("failover", "asides", "remove", FIRST, REMOVAL, "--reason", "x")
    assert code == Exit.RESULT_UNKNOWN
    assert list(terminal.world.locks()) == [FIRST]


@pytest.mark.parametrize("last", [" do ", " lock ", " unlock "])
def test_a_lock_that_may_be_left_is_named_with_the_command_that_breaks_it(terminal: Terminal, last: str) -> None:
    """The host is lost permanently after its change, or before its reply to the lock."""
    moved_aside(terminal)
    lost: list[str] = []

    def fault(_: str, line: str) -> ConnectionFault | None:
        lost.extend([line] if last in line else [])
        return ConnectionFault.BEFORE if lost and last not in line else ConnectionFault.AFTER if lost else None

    terminal.world.way.connection_fault = fault
    _, text = terminal("failover", "asides", "remove", FIRST, REMOVAL, "--reason", "x")
    terminal.world.way.connection_fault = lambda _, __: None
    words = text.partition("boks-exporter ")[2].split("\n")[0].split()
    left = terminal.world.locks()
    assert words[:2] == ["failover", "break-lock"], text
    assert not left or terminal(*words)[0] == Exit.DONE
    assert terminal.world.locks() == {}


def test_a_host_that_cannot_be_asked_is_unknown_and_not_empty(terminal: Terminal) -> None:
    terminal.world.domain.set_fault(SECOND, Fault.UNREACHABLE)
    code, shown = listed(terminal)
    assert (code, list(shown["unknown"])) == (Exit.FACTS_UNKNOWN, [SECOND])
    assert listed(terminal, FIRST)[0] == Exit.DONE
    code, _ = terminal("failover", "asides", "remove", SECOND, REMOVAL, "--reason", "x")
    assert code == Exit.UNCHANGED
