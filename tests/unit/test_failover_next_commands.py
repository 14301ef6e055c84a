"""After every refusal a full command can be pasted into a shell, with the options that were given."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.runner import NextCommand
from boks_exporter.simulator.domain import Boksinit, Fault
from tests.unit.failover_terminal import OFF, Terminal, terminal_at
from tests.unit.failover_world import FIRST, MASTER

_COMMANDS = re.compile(r"(?<!')boks-exporter failover .*?(?=, or boks-exporter|, then boks-exporter|$)", re.MULTILINE)
OTHER = "0123456789abcdef"
REMOVAL = "20261124-201512-rebuild-3f9a01c7.2"


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    odd = journals / 'Anna\'s "own" $HOME & `id`'
    odd.mkdir()
    return terminal_at(odd, capsys, monkeypatch)


def given(terminal: Terminal) -> tuple[str, ...]:
    return ("--config.file", str(terminal.config), "--domain", "bank")


def second_master(terminal: Terminal) -> None:
    terminal.world.domain.hosts[FIRST].role = Boksinit.MASTER


def without_master(terminal: Terminal) -> None:
    terminal.world.kill_master()


def cut_off(terminal: Terminal) -> None:
    for host in terminal.world.roles():
        terminal.world.domain.set_fault(host, Fault.UNREACHABLE)


def nothing(_: Terminal) -> None:
    """Leave the domain as it is."""


@pytest.mark.parametrize(
    ("scene", "line", "name"),
    [
        (nothing, f"promote {FIRST}", "switchover"),
        (nothing, f"promote {MASTER}", "conflict"),
        (nothing, "promote nowhere", "topology"),
        (nothing, f"retire {MASTER}", "candidates"),
        (nothing, f"switchover {FIRST} --apply {OTHER}", "switchover"),
        (nothing, f"switchover {FIRST} --apply x", "switchover"),
        (nothing, f"switchover {FIRST} --accept master_exists --reason x", "switchover"),
        (nothing, "resume nothing", "history"),
        (nothing, "show nothing --follow", "history"),
        (nothing, f"declare-lost {MASTER} --reason 'it\"s off'", "declare-lost"),
        (nothing, f"break-lock x {FIRST}", "locks"),
        (nothing, f"asides remove {FIRST} {REMOVAL} --reason x", "asides"),
        (second_master, "promote --best", "conflict"),
        (second_master, "conflict", "retire"),
        (second_master, "candidates", "conflict"),
        (without_master, f"promote {FIRST} {shlex.join(OFF)} --apply {OTHER}", "promote"),
        (cut_off, "promote --best", "candidates"),
        (cut_off, "freeze start --for 1d --reason 'a b'", "freeze"),
        (cut_off, "asides list", "check"),
        (cut_off, f"asides restore {FIRST} {REMOVAL} --reason x", "break-lock"),
    ],
)
def test_a_refusal_ends_with_commands_that_run_as_they_are_printed(
    terminal: Terminal, scene: Callable[[Terminal], None], line: str, name: str
) -> None:
    """Typed back they are no wrong usage, and lead to the same configuration and domain."""
    terminal.before = lambda: scene(terminal)
    if scene is not nothing:
        terminal("failover", "topology")
    code, text = terminal("failover", *shlex.split(line), *given(terminal))
    assert code != Exit.DONE
    typed = [shlex.split(each) for each in _COMMANDS.findall(text)]
    own = [words for words in typed if words[2] == name and words[-4:] == [*given(terminal)]]
    assert own, text
    assert "''" in text or terminal(*own[0][1:])[0] != Exit.USAGE


def test_a_script_finds_them_in_the_json(terminal: Terminal) -> None:
    """Under the key `next`, of a plan that is refused and of one that can be applied."""
    _, text = terminal("failover", "promote", FIRST, "--output", "json", *given(terminal))
    assert [shlex.split(each)[2] for each in json.loads(text)["next"]] == ["switchover", "promote"]
    _, text = terminal("failover", "switchover", FIRST, "--output", "json", *given(terminal))
    shown = json.loads(text)
    assert [shlex.split(each)[3:6] for each in shown["next"]] == [[FIRST, "--apply", shown["fingerprint"]]]


@pytest.mark.parametrize(
    "line",
    [
        "show nothing",
        f"declare-lost {MASTER} --reason x",
        f"break-lock x {FIRST}",
        f"switchover {FIRST} --apply x",
        f"asides remove {FIRST} {REMOVAL} --reason x",
    ],
)
def test_an_error_has_them_in_the_json_as_well(terminal: Terminal, line: str) -> None:
    _, text = terminal("failover", *shlex.split(line), "--output", "json", *given(terminal))
    commands = json.JSONDecoder().raw_decode(text)[0]["next"]
    assert [shlex.split(each)[-4:] for each in commands] == [[*given(terminal)]]


def test_one_finding_about_the_old_master_is_one_line_of_the_daily_check(terminal: Terminal) -> None:
    """Each candidate has it, with other witnesses."""
    terminal.before = terminal.world.kill_master
    _, text = terminal("failover", "check")
    assert sum("old_master_unproven" in line for line in text.splitlines()) == 1


def test_a_path_that_cannot_be_shown_can_be_pasted() -> None:
    """It has a line break, an escape sequence, or bytes that are no UTF-8."""
    words = ("n\nl 'a\"$x`\\", "\x1b[2J\t1", os.fsdecode(b"a\xff"), "\u00e9 b", "", "--reason")
    command = str(NextCommand("show", words))
    assert command.isprintable()
    ended = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True)
    assert ended.stdout.split(b"\0")[3:-1] == [os.fsencode(word) for word in words]
