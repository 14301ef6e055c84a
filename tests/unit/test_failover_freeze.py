"""A freeze: kept on the hosts, met by every operator, over by itself, lifted by anybody, accepted by its name."""

import json
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal.metrics_reader import read_operations
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.operator_records import KeptFreeze
from tests.nonempty import nonempty
from tests.unit.failover_terminal import Terminal, fingerprint, terminal_at
from tests.unit.failover_world import FIRST, SECOND

DAY = 86_400
START = ("failover", "freeze", "start", "--for", "2d", "--reason", "audit until Friday, 100 %")


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def findings(terminal: Terminal, procedure: str = "switchover", host: str = FIRST) -> tuple[int, list[dict[str, Any]]]:
    code, text = terminal("failover", procedure, host, "--output", "json")
    shown = json.JSONDecoder().raw_decode(text)[0]
    return code, [finding for finding in shown["findings"] if finding["name"] == "frozen"]


def test_a_frozen_domain_refuses_until_it_is_accepted_by_name(terminal: Terminal) -> None:
    """One finding for all hosts that keep it, with owner, end and reason."""
    assert findings(terminal) == (Exit.DONE, [])
    code, text = terminal(*START)
    assert code == Exit.DONE, text
    code, (found,) = findings(terminal)
    assert (code, found["level"], found["acceptable"]) == (Exit.REFUSED, "refuse", True)
    assert "audit until Friday" in found["sentence"]
    accepted = ("--accept", "frozen", "--reason", "the master is lost")
    code, text = terminal("failover", "switchover", FIRST, *accepted)
    assert code == Exit.DONE
    code, _ = terminal("failover", "switchover", FIRST, "--apply", fingerprint(text))
    assert code == Exit.REFUSED, "without the acceptance"
    assert terminal.world.roles()[FIRST] == "server"


def test_another_operator_without_that_journal_meets_it(terminal: Terminal) -> None:
    """It is kept on the hosts."""
    terminal(*START)
    terminal.config.write_text(terminal.config.read_text().replace("journal.sqlite", "another.sqlite"))
    assert findings(terminal)[0] == Exit.REFUSED
    code, text = terminal("failover", "freeze", "end", "--reason", "it is needed now")
    assert code == Exit.DONE, text
    assert findings(terminal) == (Exit.DONE, [])


def test_it_is_over_by_itself(terminal: Terminal) -> None:
    terminal(*START)
    terminal.world.domain.advance(terminal.world.domain.now + 2 * DAY - 120)
    assert findings(terminal)[0] == Exit.REFUSED
    terminal.world.domain.advance(terminal.world.domain.now + 240)
    assert findings(terminal)[1] == []


def test_one_host_that_keeps_it_is_enough(terminal: Terminal) -> None:
    """A host that was not reached does not hide it, and a freeze that cannot be read is a question."""
    terminal(*START)
    for host, state in terminal.world.gates.states.items():
        state.freeze = state.freeze if host == SECOND else None
    code, (found,) = findings(terminal)
    assert (code, found["host"]) == (Exit.REFUSED, SECOND)
    terminal.world.gates.states[SECOND].freeze_file_is_empty = True
    code, (found,) = findings(terminal)
    assert (code, found["level"]) == (Exit.FACTS_UNKNOWN, "unknown")
    assert terminal("failover", "freeze", "end", "--reason", "x")[0] == Exit.DONE
    assert findings(terminal)[1] == []


def test_a_clock_that_was_set_back_makes_it_no_longer_than_a_week(terminal: Terminal) -> None:
    terminal.world.gates.states[FIRST].freeze = KeptFreeze(
        int(terminal.world.domain.clock(FIRST)) + 8 * DAY, "anna", "why"
    )
    code, (found,) = findings(terminal)
    assert (code, found["level"]) == (Exit.FACTS_UNKNOWN, "unknown")


@pytest.mark.parametrize("length", ["8d", "0s", "604801s"])
def test_it_lasts_seven_days_at_most(terminal: Terminal, length: str) -> None:
    code, _ = terminal("failover", "freeze", "start", "--for", length, "--reason", "x")
    assert (code, terminal.world.way.heard) == (Exit.USAGE, [])
    assert terminal("failover", "freeze", "start", "--for", "7d", "--reason", "x")[0] == Exit.DONE


def test_a_reason_is_needed(terminal: Terminal) -> None:
    assert terminal("failover", "freeze", "start", "--for", "1d")[0] == Exit.USAGE
    assert terminal("failover", "freeze", "start", "--for", "1d", "--reason", "")[0] == Exit.USAGE
    assert terminal("failover", "freeze", "end")[0] == Exit.USAGE


def test_a_host_that_is_not_reached_is_named_and_is_the_exit_code(terminal: Terminal) -> None:
    """Frozen on the others is not frozen on all, and not known is not lifted."""
    terminal.world.domain.set_fault(SECOND, Fault.UNREACHABLE)
    code, text = terminal(*START, "--output", "json")
    hosts = {each["host"]: each["frozen"] for each in json.JSONDecoder().raw_decode(text)[0]["hosts"]}
    assert (code, hosts.pop(SECOND)) == (Exit.CHANGED, None)
    assert all(nonempty(hosts.values()))
    assert terminal("failover", "freeze", "show")[0] == Exit.FACTS_UNKNOWN
    code, text = terminal("failover", "freeze", "show", "--output", "json")
    assert code == json.JSONDecoder().raw_decode(text)[0]["exit_code"] == Exit.FACTS_UNKNOWN
    assert terminal("failover", "freeze", "end", "--reason", "x")[0] == Exit.CHANGED
    for host in terminal.world.roles():
        terminal.world.domain.set_fault(host, Fault.UNREACHABLE)
    assert terminal(*START)[0] == Exit.UNCHANGED


def test_the_exporter_reads_it_from_the_journal(terminal: Terminal) -> None:
    """Until it ends or is lifted on every host; one that was set nowhere is none."""
    journal = terminal.config.with_name("journal.sqlite")

    def until() -> float | None:
        return read_operations(journal, "bank", 0.0).frozen_until

    assert until() is None
    terminal(*START)
    end = until()
    assert end is not None
    assert read_operations(journal, "bank", end + 1).frozen_until is None
    assert read_operations(journal, "other", 0.0).frozen_until is None
    terminal.world.domain.set_fault(SECOND, Fault.UNREACHABLE)
    terminal("failover", "freeze", "end", "--reason", "x")
    assert until() == end, "one host may keep it"
    terminal.world.domain.clear_fault(SECOND, Fault.UNREACHABLE)
    terminal("failover", "freeze", "end", "--reason", "x")
    assert until() is None
    for host in terminal.world.roles():
        terminal.world.domain.set_fault(host, Fault.UNREACHABLE)
    terminal(*START)
    assert until() is None
    assert "unfreeze" in terminal("failover", "history")[1]
