"""What only looks works with the smallest configuration; what changes hosts prints the lines that are missing."""

import json
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.simulator.domain import Fault
from tests.nonempty import nonempty
from tests.unit.failover_terminal import Terminal, terminal_at
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD

SMALLEST = """\
domains:
  - name: bank
    transport: {kind: ssh, user: boksmon}
    hosts: [{name: m1}, {name: r1}, {name: r2}, {name: r3}, {name: c1}]
"""


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = terminal_at(journals, capsys, monkeypatch)
    made.config.write_text(f"{SMALLEST}journal: {journals}/top.sqlite\n")
    return made


def test_candidates_are_ranked(terminal: Terminal) -> None:
    """Each lacks an operator's gate, which is a finding and no fault of the command."""
    code, text = terminal("failover", "candidates", "--output", "json")
    shown = json.loads(text)
    assert [each["host"] for each in shown] == [FIRST, SECOND, THIRD]
    assert {each["behind_best_sequences"] for each in shown} == {0}
    assert all("gate_not_ready" in {finding["name"] for finding in each["findings"]} for each in nonempty(shown))
    assert code == Exit.REFUSED


def test_the_domain_is_verified_and_shown(terminal: Terminal) -> None:
    code, text = terminal("failover", "verify", "--output", "json")
    assert code == Exit.DONE, text
    assert {each["truth"] for each in json.loads(text)} == {"yes"}
    assert terminal("failover", "conflict")[0] == Exit.DONE
    assert terminal("failover", "history")[0] == Exit.DONE


def test_the_topology_is_a_tree_of_master_sites_and_hosts(terminal: Terminal) -> None:
    code, text = terminal("failover", "topology")
    assert code == Exit.DONE
    assert text.splitlines()[1:] == [
        "m1, Amsterdam: master, ok",
        "`-- site Amsterdam",
        "    |-- r1: replica, ok, 0 updates behind",
        "    |-- r2: replica, ok, 0 updates behind",
        "    |-- r3: replica, ok, 0 updates behind",
        "    `-- c1: client, ok",
    ]
    code, text = terminal("failover", "topology", "--output", "json")
    shown = {each["host"]: each for each in json.loads(text)["hosts"]}
    assert {name: each["role"] for name, each in shown.items()} == {
        MASTER: "master",
        FIRST: "replica",
        SECOND: "replica",
        THIRD: "replica",
        CLIENT: "client",
    }
    assert (shown[FIRST]["above"], shown[MASTER]["above"], shown[FIRST]["lag_sequences"]) == (MASTER, None, 0)


def test_the_topology_without_a_master_and_with_two(terminal: Terminal) -> None:
    """No root is invented, and no host is left out."""
    terminal.before = terminal.world.kill_master
    code, text = terminal("failover", "topology")
    assert code == Exit.DONE
    assert text.splitlines()[1] == "no master; the last known one is m1"
    assert all(f" {host}: " in text for host in (MASTER, FIRST, SECOND, THIRD, CLIENT))
    terminal.world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
    terminal.before = lambda: terminal.world.domain.run(FIRST, ("convert", "-v", "master")) and None
    code, text = terminal("failover", "topology", "--output", "json")
    shown = json.loads(text)
    assert sorted(shown["masters"]) == sorted([MASTER, FIRST])
    assert len(shown["hosts"]) == 5
    code, text = terminal("failover", "topology")
    lines = text.splitlines()
    assert {"m1", "r1"} <= {line.partition(",")[0] for line in lines if ": master, " in line}
    assert [sum(f"{host}: " in line for line in lines[1:]) for host in (SECOND, THIRD, CLIENT)] == [1, 1, 1]


def test_maintenance_uses_the_journal_at_the_top_level(terminal: Terminal) -> None:
    code, text = terminal("maintenance", "start", FIRST, "--for", "1h", "--reason", "disks")
    assert code == 0, text
    assert "disks" in terminal("maintenance", "list")[1]
    assert terminal("maintenance", "end", FIRST)[0] == 0


def test_what_changes_hosts_prints_the_lines_to_add(terminal: Terminal) -> None:
    """Added as they are, with a login and a key, the command begins."""
    code, text = terminal("failover", "promote", FIRST)
    assert code == Exit.INTERNAL
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    head, _, rest = terminal.config.read_text().partition("journal:")
    section = "\n".join(lines).replace("LOGIN", "boksop").replace("KEY", "id_boksop")
    terminal.config.write_text(f"{head}{section}\njournal:{rest}")
    assert terminal("failover", "promote", FIRST)[0] == Exit.REFUSED


def test_where_no_host_answers_nothing_is_called_fine(terminal: Terminal) -> None:
    """Neither that there is no conflict, nor how the domain looks; and nothing is called missing either."""
    terminal.before = lambda: [
        terminal.world.domain.set_fault(host, Fault.UNREACHABLE) for host in terminal.world.roles()
    ]
    for command in ("conflict", "topology", "candidates", "verify"):
        assert terminal("failover", command)[0] == Exit.FACTS_UNKNOWN, command
    assert json.loads(terminal("failover", "verify", "--output", "json")[1])[0]["truth"] == "unknown"
