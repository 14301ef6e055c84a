"""The daily check of what a promotion tonight would need: exit codes, each check, and the knowledge that it keeps."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.cli.check.severity import Severity
from boks_exporter.knowledge.knowledge_file import knowledge_path, read_knowledge
from boks_exporter.simulator.domain import Fault
from tests.unit.failover_terminal import CONFIG, Terminal, terminal_at
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def checked(terminal: Terminal, *words: str) -> tuple[int, dict[str, Any]]:
    code, text = terminal("failover", "check", "--output", "json", *words)
    return code, json.JSONDecoder().raw_decode(text)[0]


def found(shown: dict[str, Any], host: str | None, name: str) -> list[str]:
    return [item["state"] for item in shown["check"]["findings"] if (item["host"], item["name"]) == (host, name)]


def with_fence(terminal: Terminal, script: str) -> None:
    program = terminal.config.with_name("fence")
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    terminal.config.write_text(f"{CONFIG}      fence: {{program: [{program}], timeout: 5s}}\n")


def test_a_healthy_domain_is_ok_and_every_candidate_was_asked_for_everything(terminal: Terminal) -> None:
    """Exit 0, one line, and no request that changes a host."""
    code, shown = checked(terminal)
    assert (code, shown["check"]["state"], sorted(shown["ready"])) == (0, "OK", [FIRST, SECOND, THIRD])
    for host in (FIRST, SECOND, THIRD):
        for name in ("key", "gate", "sudo", "boksadm", "records", "session", "files", "space", "witness", "name"):
            assert found(shown, host, name) == ["OK"], name
    assert [found(shown, None, name) for name in ("journal", "fence", "knowledge", "master")] == [["OK"]] * 4
    assert {line.split()[2] for _, _, line in terminal.world.way.heard} == {"preflight", "registered", "reach"}
    code, text = terminal("failover", "check")
    assert code == 0
    assert text.startswith("BOKS OK - bank: ready for a promotion: ")
    assert "'bank/ready'=3" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("said", "name", "state"),
    [
        ({"permitted": "no"}, "sudo", "CRITICAL"),
        ({"permitted": ""}, "sudo", "UNKNOWN"),
        ({"boksadm": "no"}, "boksadm", "CRITICAL"),
        ({"state": "unusable"}, "records", "CRITICAL"),
        ({"database": "odd"}, "files", "CRITICAL"),
        ({"database": "partial"}, "files", "CRITICAL"),
        ({"database": "absent"}, "files", "CRITICAL"),
        ({"database": ""}, "files", "UNKNOWN"),
        ({"free_kilobytes": "10239"}, "space", "CRITICAL"),
        ({"free_kilobytes": "102399"}, "space", "WARNING"),
        ({"free_kilobytes": "102400"}, "space", "OK"),
        ({"free_kilobytes": ""}, "space", "UNKNOWN"),
        ({"hostname": "elsewhere"}, "name", "WARNING"),
        ({"hostname": "r2"}, "name", "CRITICAL"),
        ({"reach": "timeout"}, "witness", "WARNING"),
        ({"reach": "refused"}, "witness", "WARNING"),
        ({"reach": "unknown"}, "witness", "UNKNOWN"),
    ],
)
def test_what_is_missing_on_a_candidate_is_shown_and_is_the_exit_code(
    terminal: Terminal, said: dict[str, str], name: str, state: str
) -> None:
    """The host is named; one that is CRITICAL or UNKNOWN is not ready."""
    terminal.world.gates.overrides[THIRD] = said
    code, shown = checked(terminal)
    assert state in found(shown, THIRD, name)
    assert code == Severity[state]
    assert (THIRD in shown["ready"]) is (state in {"OK", "WARNING"})
    assert FIRST in shown["ready"]


def test_a_gate_that_does_not_answer_blocks_only_its_host(terminal: Terminal) -> None:
    terminal.before = lambda: terminal.world.domain.set_fault(SECOND, Fault.UNREACHABLE)
    code, shown = checked(terminal)
    assert code == Severity.CRITICAL
    assert found(shown, SECOND, "gate") == ["CRITICAL"]
    assert sorted(shown["ready"]) == [FIRST, THIRD]


def test_a_domain_without_a_master_is_critical(terminal: Terminal) -> None:
    """Whatever its candidates are: it is the night for which they are checked."""
    terminal.before = terminal.world.kill_master
    code, shown = checked(terminal)
    assert (code, found(shown, None, "master")) == (Severity.CRITICAL, ["CRITICAL"])


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ('[ "$1" = status ] && [ "$BOKS_FAILOVER_HOST" = m1 ] && exit 1; exit 0', "OK"),
        ("exit 0", "CRITICAL"),
        ("exit 127", "CRITICAL"),
        ("kill -9 $$", "CRITICAL"),
    ],
)
def test_the_fence_is_asked_for_the_status_of_the_living_master(terminal: Terminal, script: str, state: str) -> None:
    """One that calls it off would prove nothing tonight; it is never called with `off`."""
    with_fence(terminal, script)
    code, shown = checked(terminal)
    assert (found(shown, None, "fence"), code) == ([state], Severity[state])


def test_a_fence_that_cannot_be_run_is_critical(terminal: Terminal) -> None:
    with_fence(terminal, "exit 1")
    terminal.config.with_name("fence").unlink()
    code, shown = checked(terminal)
    assert (found(shown, None, "fence"), code) == (["CRITICAL"], Severity.CRITICAL)


def test_a_journal_that_cannot_be_written_is_critical(terminal: Terminal) -> None:
    """A run would not begin without it."""
    terminal("failover", "check")
    journal = terminal.config.with_name("journal.sqlite")
    journal.write_bytes(b"not a journal" * 100)
    code, shown = checked(terminal)
    assert (found(shown, None, "journal"), code) == (["CRITICAL"], Severity.CRITICAL)


def test_what_was_seen_is_kept_for_a_night_without_the_exporter(terminal: Terminal) -> None:
    """The last master, its numbers, and which replica reached it."""
    checked(terminal)
    path = knowledge_path(terminal.config.with_name("journal.sqlite"), "bank")
    known = read_knowledge(path, "bank")
    assert known.last_known_master == MASTER
    assert {(each.host, each.about) for each in known.reached} == {(host, MASTER) for host in (FIRST, SECOND, THIRD)}
    assert MASTER in known.readings
    terminal.before = lambda: [
        terminal.world.domain.set_fault(host, Fault.UNREACHABLE) for host in terminal.world.roles()
    ]
    code, _ = checked(terminal)
    assert code == Severity.CRITICAL
    assert read_knowledge(path, "bank") == known, "a round without an answer does not replace it"


def test_every_failure_is_unknown_in_one_line(terminal: Terminal) -> None:
    """A monitoring system reads the exit code and the first line."""
    for words in (["--nonsense"], ["--domain", "nobody"]):
        code, text = terminal("failover", "check", *words)
        assert (code, text.startswith("BOKS UNKNOWN - ")) == (Severity.UNKNOWN, True), text
    terminal.config.write_text("domains: []\n")
    code, shown = checked(terminal)
    assert (code, shown["check"]["state"]) == (Severity.UNKNOWN, "UNKNOWN")


def test_a_directory_that_cannot_be_written_is_critical(terminal: Terminal) -> None:
    """With the smallest configuration the journal is the one at the top level."""
    terminal.config.write_text(CONFIG.partition("    failover:")[0] + f"journal: {os.path.devnull}/none\n")
    code, shown = checked(terminal)
    assert code == Severity.CRITICAL
    assert found(shown, None, "journal") == ["CRITICAL"], "its directory does not exist"
    assert found(shown, None, "knowledge") == ["CRITICAL"]
