"""What an operator decides at the command line: which lock, which host, which candidate, which master."""

import errno
import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.cli.failover import apply
from boks_exporter.cli.failover.text_output import candidates_text
from boks_exporter.cli.streams import OutputError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.preflight import candidates
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.operator_records import Lock
from tests.nonempty import nonempty
from tests.unit.failover_facts import dead_master
from tests.unit.failover_terminal import OFF, Terminal, fingerprint, terminal_at
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def test_a_lock_that_was_not_there_was_not_broken(terminal: Terminal) -> None:
    """The exit code says so, and so does the journal."""
    code, result = terminal("failover", "break-lock", "gone-1", FIRST)
    assert (code, "r1 was not locked: nothing was broken" in result) == (Exit.INTERNAL, True)
    assert "r1 was not locked: nothing was broken" in terminal("failover", "history")[1]


def test_a_reason_that_is_no_utf8_is_wrong_usage(terminal: Terminal) -> None:
    """As a terminal in Latin-1 types it."""
    latin = b"gr\xfcn".decode("utf-8", "surrogateescape")
    code, result = terminal("failover", "promote", FIRST, "--accept", "shm_size", "--reason", latin)
    assert (code, "expected a text in UTF-8" in result) == (Exit.USAGE, True)
    assert terminal("failover", "declare-lost", MASTER, "--reason", latin)[0] == Exit.USAGE


NO_RUNS = ("\udcff", "", "m1;reboot", "gone-1 x", "x" * 41)
NAMING = {
    "show": ("failover", "show", "{}"),
    "resume": ("failover", "resume", "{}"),
    "abort": ("failover", "abort", "{}"),
    "forget": ("failover", "forget", "{}", "--reason", "x"),
    "break-lock": ("failover", "break-lock", "{}", FIRST),
}


@pytest.mark.parametrize("words", NAMING.values(), ids=NAMING)
def test_what_no_run_can_be_called_is_wrong_usage(terminal: Terminal, words: tuple[str, ...]) -> None:
    """As a slip of the fingers, or a terminal in Latin-1, types it: nothing is sent, and nothing journaled."""
    terminal.world.gates.states[FIRST].lock = Lock("gone-1", "anna-ops7", "2026-11-24T20:15:12")
    for name in NO_RUNS:
        code, result = terminal(*(word.format(name) for word in words), "--output", "json")
        shown = json.loads(next(line for line in result.splitlines() if line.startswith("{")))
        assert (code, shown["exit_code"]) == (Exit.USAGE, Exit.USAGE), name
    assert terminal("failover", "history")[1].startswith("no run yet")


@pytest.mark.parametrize(
    "words",
    [
        ("failover", "declare-lost", "\udcff", "--reason", "x"),
        ("maintenance", "start", "\udcff", "--for", "1h", "--reason", "x"),
        ("maintenance", "end", "\udcff"),
    ],
    ids=" ".join,
)
def test_a_host_that_is_no_utf8_is_wrong_usage(terminal: Terminal, words: tuple[str, ...]) -> None:
    """Also where hosts are discovered, so that others than the configured ones can be named."""
    hosts = "hosts: [{name: m1}, {name: r1}, {name: r2}, {name: r3}, {name: c1}]"
    configured = terminal.config.read_text()
    assert hosts in configured
    terminal.config.write_text(configured.replace(hosts, f"{hosts}\n    discover: true"))
    assert terminal(*words)[0] == Exit.USAGE


def test_a_lock_is_shown_with_the_command_that_ends_it(terminal: Terminal) -> None:
    """Such as one whose request arrived after its run was closed."""
    terminal.world.gates.states[FIRST].lock = Lock("gone-1", "anna-ops7", "2026-11-24T20:15:12")
    _, shown = terminal("failover", "locks")
    (line,) = (line for line in shown.splitlines() if line.startswith(f"{FIRST}: "))
    words = shlex.split(line.rpartition("boks-exporter ")[2])
    assert words == ["failover", "break-lock", "gone-1", FIRST]
    assert terminal(*words)[0] == Exit.DONE
    assert terminal.world.locks() == {}


@pytest.mark.parametrize(
    "words", [("failover", "declare-lost", MASTER), ("maintenance", "start", FIRST, "--for", "1h")]
)
def test_a_reason_of_invisible_characters_is_none(terminal: Terminal, words: tuple[str, ...]) -> None:
    """Such as a zero-width space that was pasted with other text."""
    terminal.before = terminal.world.kill_master
    assert terminal(*words, "--reason", "\u200b \u00ad")[0] == Exit.USAGE


def test_a_host_can_be_declared_lost(terminal: Terminal) -> None:
    """Then a promotion needs no acceptance of it; the plan shows who declared it and why."""
    terminal.before = terminal.world.kill_master
    assert terminal("failover", "promote", FIRST)[0] == Exit.FACTS_UNKNOWN
    code, result = terminal("failover", "declare-lost", MASTER, "--reason", "burnt down")
    assert (code, result) == (0, "m1 is declared lost; its first answer ends this\n")
    code, result = terminal("failover", "promote", FIRST)
    assert (code, "was declared lost by" in result, "burnt down" in result) == (Exit.DONE, True, True)
    terminal.before = lambda: None
    assert terminal("failover", "promote", FIRST, "--apply", fingerprint(result))[0] == Exit.DONE
    assert "yes      one healthy master" in terminal("failover", "verify")[1]


@pytest.mark.parametrize(
    "fault", [None, Fault.REFUSED, Fault.WRONG_HOST_KEY, Fault.WRONG_LOGIN, Fault.UNREACHABLE], ids=str
)
def test_a_host_that_shows_a_sign_of_life_cannot_be_declared_lost(terminal: Terminal, fault: Fault | None) -> None:
    """It is asked first: it answers, refuses a login or a connection, or a replica reaches its master's port."""
    if fault is not None:
        terminal.world.domain.set_fault(MASTER, fault)
    code, result = terminal("failover", "declare-lost", MASTER, "--reason", "burnt down", "--output", "json")
    assert code == Exit.REFUSED, result
    assert terminal("failover", "promote", FIRST)[0] != Exit.DONE
    with Journal(terminal.world.path / "journal.sqlite") as journal:
        assert journal.lost("bank") == {}


def test_next_commands_repeat_the_options_that_were_given(terminal: Terminal) -> None:
    """What is printed can be run as it is: with the configuration and the domain that were named."""
    given = ("--config.file", str(terminal.config), "--domain", "bank")
    _, text = terminal("failover", "switchover", FIRST, *given)
    assert text.endswith(f" --apply {fingerprint(text)} --config.file {terminal.config} --domain bank\n")
    code, result = terminal("failover", "switchover", FIRST, "--apply", "0123456789abcdef", *given)
    assert code == Exit.REFUSED
    assert f"next: boks-exporter failover switchover r1 --config.file {terminal.config} --domain bank\n" in result
    _, plain = terminal("failover", "switchover", FIRST)
    assert plain.endswith(f"switchover r1 --apply {fingerprint(plain)}\n")


def test_the_best_candidate_can_be_taken_without_its_name(terminal: Terminal) -> None:
    """The first of the ranking, or a usage error where a host is named as well, or neither is."""
    terminal.before = terminal.world.kill_master
    code, text = terminal("failover", "promote", "--best", *OFF)
    assert (code, "Plan: promote r1\n" in text) == (Exit.DONE, True), text
    assert terminal("failover", "promote", "--best", FIRST, *OFF)[0] == Exit.USAGE
    assert terminal("failover", "promote", *OFF)[0] == Exit.USAGE
    for each in (FIRST, SECOND, THIRD):
        terminal.world.domain.set_fault(each, Fault.UNREACHABLE)
    assert terminal("failover", "promote", "--best")[0] == Exit.REFUSED, "a client answers"
    terminal.world.domain.set_fault(CLIENT, Fault.UNREACHABLE)
    assert terminal("failover", "promote", "--best")[0] == Exit.FACTS_UNKNOWN


def test_several_masters_are_shown_with_the_ways_out(terminal: Terminal) -> None:
    """What each has alone, which replicas it lists, and a command for each decision; one master is no conflict."""
    assert terminal("failover", "conflict") == (Exit.DONE, "m1 reports that it is master\n")
    terminal.before = lambda: terminal.world.domain.set_fault(THIRD, Fault.TWO_MASTERS)
    code, text = terminal("failover", "conflict")
    assert code == Exit.NOT_CONVERGED
    assert [f"  boks-exporter failover retire {name}" for name in (MASTER, THIRD)] == text.splitlines()[-2:]
    code, result = terminal("failover", "conflict", "--output", "json")
    assert [each["host"] for each in json.loads(result)] == [MASTER, THIRD]
    assert all(each["since_timestamp_seconds"] > 0 for each in nonempty(json.loads(result)))
    assert all(THIRD not in each["followers"] for each in nonempty(json.loads(result))), "a master follows none"


def test_an_error_is_json_where_json_is_read(terminal: Terminal) -> None:
    """A script gets an object in every case, with the exit code and the message."""
    code, result = terminal("failover", "show", "no-such-run", "--output", "json")
    shown = json.loads(next(line for line in result.splitlines() if line.startswith("{")))
    assert (code, shown["exit_code"], "no run no-such-run" in shown["error"]) == (Exit.USAGE, 2, True)


def test_a_run_whose_output_lost_its_reader_stops_and_ends_with_its_code(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its terminal or its pipe is gone: what cannot be told is journaled."""
    terminal.before = terminal.world.kill_master
    _, plan = terminal("failover", "promote", FIRST, *OFF)
    terminal.before = lambda: None

    def unheard(text: str, **_: object) -> None:
        if "Conversion" in text:
            raise OutputError(OSError(errno.EPIPE, "Broken pipe"))

    monkeypatch.setattr(apply, "echo", unheard)
    code, _ = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(plan))
    with Journal(terminal.config.parent / "journal.sqlite") as journal:
        (run,) = journal.runs("bank")
    assert (code, run.is_open, "its output is no longer read" in run.message) == (Exit.CHANGED, True, True)


@pytest.mark.parametrize("source", ["plan", "check", "nothing"])
def test_the_console_script_knows_the_machine_by_its_last_reply(terminal: Terminal, source: str) -> None:
    """From an earlier plan or from the daily check; a machine that never answered has its configured name."""
    terminal.world.gates.overrides[MASTER] = {"hostname": "Prod7.example.net"} if source != "nothing" else {}
    terminal("failover", "check") if source == "check" else terminal("failover", "switchover", FIRST)
    terminal.before = terminal.world.kill_master
    _, text = terminal("failover", "promote", FIRST, *OFF)
    assert terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(text))[0] == Exit.DONE
    words = ("failover", "retire", MASTER, "--accept", "updates_only_here", "--reason", "nothing was written there")
    code, result = terminal(*words, "--apply", fingerprint(terminal(*words)[1]))
    name = "m1" if source == "nothing" else "prod7"
    assert (code, "on m1: run the printed script" in result) == (Exit.RESULT_UNKNOWN, True)
    if source == "plan":
        assert '[ "$here" = prod7 ]' in result
    run = result.rpartition("run ")[2].strip()
    _, shown = terminal("failover", "show", run, "--output", "json")
    assert f'[ "$here" = {name} ]' in json.JSONDecoder().raw_decode(shown)[0]["console_script"]


def test_an_acceptance_that_matches_nothing_is_reported_next_to_what_is_left(terminal: Terminal) -> None:
    """A misspelt host is not passed over in silence, though the plan is refused in any case."""
    terminal.before = terminal.world.kill_master
    code, text = terminal("failover", "promote", FIRST, "--accept", "old_master_unproven=M1", "--reason", "off")
    assert code == Exit.FACTS_UNKNOWN
    assert "--accept old_master_unproven=M1: there is no finding old_master_unproven on M1; there is one on m1" in text
    words = text.splitlines()[-1].split()
    assert terminal(*words[1 : words.index("--reason")], "--reason", "off")[0] == Exit.DONE


def test_the_next_command_is_for_the_first_of_the_ranking() -> None:
    """As `--best` is, though a finding is to be accepted for it, and for the second one none."""
    facts = dead_master()
    first, second = candidates(facts, FailoverLimits())
    shm_size = Finding(Guard.SHM_SIZE, Level.REFUSE, "so", first.host)
    shown = [*candidates_text(facts, (replace(first, findings=(shm_size,)), replace(second, findings=())))]
    assert shown[-1].endswith(f"failover promote {first.host}")


@pytest.mark.parametrize("reason", ["\u3164", "\u2800 \u115f", "\ufe0f", "\x01\x02", "\u00a0\u200b"])
def test_a_reason_that_is_not_seen_is_none(terminal: Terminal, reason: str) -> None:
    assert terminal("failover", "promote", FIRST, "--accept", "shm_size", "--reason", reason)[0] == Exit.USAGE
    assert terminal("failover", "declare-lost", MASTER, "--reason", reason)[0] == Exit.USAGE
