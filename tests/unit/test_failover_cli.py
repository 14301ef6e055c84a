"""The failover commands from the command line: what they print, how they end, and what they never do."""

import asyncio
import json
import signal
from pathlib import Path
from unittest.mock import Mock

import click
import pytest

from boks_exporter.cli.cli_exits import INTERRUPTED
from boks_exporter.cli.failover import apply, options
from boks_exporter.failover.failover_exits import EXITS, Exit
from boks_exporter.simulator.domain import Fault
from tests.unit.failover_terminal import CONFIG, OFF, Terminal, fingerprint, terminal_at
from tests.unit.failover_world import FIRST, MASTER, SECOND


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def test_the_exit_codes_are_one_table() -> None:
    """Scripts rest on them: none changes its meaning."""
    assert {int(code): bool(meaning) for code, meaning in EXITS.items()} == dict.fromkeys(
        (0, 1, 2, 10, 11, 12, 20, 21, 22, 23, 24), True
    )
    assert set(EXITS) == set(Exit)


def test_a_plan_is_shown_and_applied_by_its_fingerprint(terminal: Terminal) -> None:
    """Two commands: the first changes nothing, the second does exactly what the first showed."""
    terminal.before = terminal.world.kill_master
    code, text = terminal("failover", "promote", FIRST, *OFF)
    assert code == Exit.DONE, text
    assert terminal.world.roles()[FIRST] == "server"
    assert text.endswith(
        "Nothing was changed. To do exactly this:\n  boks-exporter failover promote r1 "
        f"--accept old_master_unproven=m1 --reason 'its power is off' --apply {fingerprint(text)}\n"
    )
    code, printed = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(text))
    assert (code, terminal.world.roles()[FIRST]) == (Exit.DONE, "master"), printed
    assert printed.endswith("every step is done\nexit 0, run " + printed.rpartition("run ")[2])
    code, history = terminal("failover", "history")
    assert code == 0
    assert "promote r1  done  anna (root) on ops7" in history


def test_what_a_guard_refuses_ends_with_ten(terminal: Terminal) -> None:
    """The master is running: that cannot be accepted."""
    code, text = terminal("failover", "promote", FIRST)
    assert code == Exit.REFUSED
    assert "REFUSED  master_exists: m1 (BoKS running) reports that it is master" in text
    assert "why: two masters would exist; this cannot be accepted" in text
    assert text.endswith(
        "Plan: promote r1, not shown, as what refuses it cannot be accepted\n"
        "Nothing was changed, and nothing will be while these findings remain: master_exists (exit 10).\n"
        "What shows more or ends it, and the same command for afterwards:\n"
        "  boks-exporter failover switchover r1\n"
        "  boks-exporter failover promote r1\n"
    )
    code, _ = terminal("failover", "plan", "promote", FIRST)
    assert code == Exit.REFUSED


def test_the_line_to_type_accepts_what_was_accepted_and_nothing_else(terminal: Terminal) -> None:
    """It can be copied as it stands, with the reason that was given."""
    terminal.before = lambda: terminal.world.domain.set_fault(SECOND, Fault.UNREACHABLE)
    code, text = terminal("failover", "switchover", FIRST)
    assert code == Exit.FACTS_UNKNOWN
    assert text.endswith(
        "Nothing was changed, and nothing will be while these findings remain: hosts_not_asked (exit 11).\n"
        "Check first, on site or at the remote console: the power of the machine, what its console shows, its\n"
        "switch port. No fence is configured (failover.fence).\n"
        "After the check accept each finding by name, with a reason:\n"
        "  boks-exporter failover switchover r1 --accept hosts_not_asked=r2 --reason ''\n"
    )
    code, text = terminal("failover", "switchover", FIRST, "--accept", "hosts_not_asked=r2", "--reason", "r2's disk")
    assert code == Exit.DONE
    words = """--accept hosts_not_asked=r2 --reason 'r2'"'"'s disk' --apply """
    assert text.endswith(f"  boks-exporter failover switchover r1 {words}{fingerprint(text)}\n")
    code, refused = terminal("failover", "switchover", FIRST, "--apply", fingerprint(text))
    assert code == Exit.FACTS_UNKNOWN
    assert "hosts_not_asked: r2 could not be asked" in refused
    assert "(--accept hosts_not_asked=r2 --reason '')\nnext: boks-exporter failover switchover r1\nexit 11\n" in refused


def test_a_fingerprint_of_another_host_is_refused_in_a_line(terminal: Terminal) -> None:
    """Not with every step that is another."""
    print_of = fingerprint(terminal("failover", "switchover", FIRST)[1])
    code, text = terminal("failover", "switchover", SECOND, "--apply", print_of)
    assert code == Exit.REFUSED
    assert text.endswith(
        f"{print_of} is the fingerprint of switchover r1, not of switchover r2\n"
        "next: boks-exporter failover switchover r2\nexit 10\n"
    )


def test_a_script_gets_json(terminal: Terminal) -> None:
    """The same facts, with the exit code in it."""
    code, text = terminal("failover", "switchover", FIRST, "--output", "json")
    printed = json.loads(text)
    assert (code, printed["exit_code"], printed["plan"]["procedure"]) == (0, 0, "switchover")
    assert [step["request"] for step in printed["plan"]["steps"]][:2] == [None, "boks-gate/1 op do RUN.2 boot-stop"]
    assert {finding["name"] for finding in printed["findings"]} == {"not_registered"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--apply", "123"], "expected a fingerprint of 16 hexadecimal digits, found '123'"),
        (["--apply", ""], "a fingerprint is needed: show the plan first, it is at its end"),
        (["--accept", "shm_size"], "--accept needs --reason: what do you know that the program does not?"),
        (["--accept", "shm_size", "--reason", " \u200b\u00ad\ufeff"], "--accept needs --reason: "),
        (["--accept", "master_exists", "--reason", "x"], "it cannot be accepted: two masters would exist"),
        (["--accept", "everything", "--reason", "x"], "Invalid value for '--accept'"),
        (["--force"], "No such option '--force'"),
    ],
)
def test_wrong_usage_ends_with_two_and_polls_no_host(terminal: Terminal, words: list[str], message: str) -> None:
    """Before a host is even looked at."""
    code, text = terminal("failover", "promote", FIRST, *words)
    assert (code, message in text) == (Exit.USAGE, True), text
    assert terminal.world.way.heard == []


def test_a_fingerprint_that_was_never_shown_is_refused(terminal: Terminal) -> None:
    """Well formed, but of no run."""
    terminal.before = terminal.world.kill_master
    code, text = terminal("failover", "promote", FIRST, *OFF, "--apply", "0123456789abcdef")
    assert code == Exit.REFUSED
    assert "no plan with the fingerprint 0123456789abcdef was shown from this journal" in text


def test_without_the_section_nothing_begins(terminal: Terminal) -> None:
    """The message says what is missing, and where it is described."""
    terminal.config.write_text(CONFIG.partition("    failover:")[0])
    code, text = terminal("failover", "promote", FIRST, *OFF)
    assert code == Exit.INTERNAL
    assert "the configuration has no section failover in bank" in text


def test_on_a_terminal_the_hosts_name_must_be_typed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else, an empty line too, ends without a change."""
    terminal.before = terminal.world.kill_master
    monkeypatch.setattr(apply, "is_interactive", lambda: True)
    for typed, role in (("", "server"), ("yes", "server"), (FIRST, "master")):
        monkeypatch.setattr(click, "prompt", lambda *_, typed=typed, **__: typed)
        code, _ = terminal("failover", "promote", FIRST, *OFF)
        assert (code, terminal.world.roles()[FIRST]) == (0, role)


def test_ctrl_c_at_the_question_reports_that_nothing_was_changed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tired person wants to read it; the code is that of an interruption."""
    monkeypatch.setattr(apply, "is_interactive", lambda: True)
    monkeypatch.setattr(click, "prompt", Mock(side_effect=click.Abort))
    code, text = terminal("failover", "switchover", FIRST)
    assert (code, text.endswith(f"--apply {fingerprint(text)}\n\nnothing was changed\n")) == (INTERRUPTED, True)


def test_an_open_run_is_in_the_way_until_it_is_resumed_or_aborted(terminal: Terminal) -> None:
    """Everybody is told which, and what to type; the exit code is 12."""
    _, text = terminal("failover", "switchover", FIRST)
    code, printed = terminal("failover", "switchover", FIRST, "--apply", fingerprint(text))
    assert code == Exit.NOT_CONVERGED
    name = printed.rpartition("run ")[2].strip()
    assert f"next: boks-exporter failover resume {name}, or boks-exporter failover abort {name}" in printed
    code, other = terminal("failover", "rebuild", SECOND)
    assert code == Exit.LOCKED
    assert f"REFUSED  run_open: the run {name} (switchover r1, by anna (root) on ops7) is open" in other
    code, history = terminal("failover", "history")
    assert "OPEN (not_converged)  anna (root) on ops7\n" in history
    assert f"next: boks-exporter failover resume {name}, or boks-exporter failover abort {name}" in history
    _, shown = terminal("failover", "show", name)
    assert "sent    boks-gate/1 op do " in shown
    terminal.world.domain.hosts[MASTER].is_registered = True
    code, resumed = terminal("failover", "resume", name)
    assert code == Exit.DONE, resumed
    assert terminal("failover", "show", "nobody")[0] == Exit.USAGE


def test_a_run_whose_hosts_are_gone_can_be_closed(terminal: Terminal) -> None:
    """With a reason; the next run then asks its own questions."""
    _, text = terminal("failover", "switchover", FIRST)
    _, printed = terminal("failover", "switchover", FIRST, "--apply", fingerprint(text))
    name = printed.rpartition("run ")[2].strip()
    terminal.before = lambda: terminal.world.domain.set_fault(MASTER, Fault.UNREACHABLE)
    assert f"boks-exporter failover forget {name} --reason" in terminal("failover", "abort", name)[1]
    terminal.before = lambda: terminal.world.domain.clear_fault(MASTER, Fault.UNREACHABLE)
    code, said = terminal("failover", "forget", name, "--reason", "burnt down")
    assert code == Exit.DONE
    assert "who no longer waits for it: burnt down" in said
    assert terminal.world.locks() == {}
    assert "last_run_failed" in terminal("failover", "rebuild", SECOND)[1]


def test_candidates_are_ranked_and_the_domain_verified(terminal: Terminal) -> None:
    """Both look and no more."""
    code, text = terminal("failover", "candidates")
    assert code == 0
    assert ": ok: m1 is master, 3 replicas are ok\nOf each of them\n     note     not_registered: m1 is" in text
    assert "\n1. r1, Amsterdam: free, 0 updates behind the best, promotion neutral\n" in text
    assert text.endswith("next: boks-exporter failover switchover r1\n")
    code, text = terminal("failover", "verify")
    assert (code, text) == (
        0,
        (
            "yes      one healthy master: m1 is the only master and shows its list and numbers\n"
            "yes      no replica ahead: none of 3 replicas is ahead of m1\n"
            "yes      every replica healthy: 3 replicas are OK under m1\n"
        ),
    )
    terminal.before = terminal.world.kill_master
    assert terminal("failover", "verify")[0] == Exit.NOT_CONVERGED
    code, text = terminal("failover", "candidates")
    assert text.count("old_master_unproven") == 1, "what is said of each of them is said once"


def test_maintenance_is_set_listed_and_ended(terminal: Terminal) -> None:
    """For a known host, with a reason and an end."""
    assert terminal("maintenance", "list") == (0, "no host is under maintenance\n")
    code, text = terminal("maintenance", "start", "r1", "--for", "2h", "--reason", "new disks")
    assert code == 0
    assert text.startswith("r1 is under maintenance until ")
    assert terminal("maintenance", "list")[1].endswith(": new disks\n")
    code, shorter = terminal("maintenance", "start", "r1", "--for", "1h", "--reason", "and memory")
    assert (code, shorter) == (0, text), "the window that lasts longest counts"
    assert terminal("maintenance", "end", "r1") == (0, "r1 is no longer under maintenance\n")
    assert terminal("maintenance", "end", "r1") == (0, "r1 was not under maintenance\n")
    assert terminal("maintenance", "end", "x9")[0] == Exit.USAGE
    assert terminal("maintenance", "start", "x9", "--for", "2h", "--reason", "typo")[0] == Exit.USAGE


def test_a_run_async_of_its_own() -> None:
    """Outside of these tests a command runs on the machine's own time."""

    async def main() -> int:
        return 7

    assert options.run_async(main) == 7


@pytest.mark.parametrize("received", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_run_where_nothing_is_under_way(terminal: Terminal, received: signal.Signals) -> None:
    """The conversion is ended and journaled; then it says what to type, and ends with a code that is true."""
    terminal.before = terminal.world.kill_master
    _, plan = terminal("failover", "promote", FIRST, *OFF)
    terminal.before = lambda: None
    terminal.world.way.connection_fault = lambda _, line: signal.raise_signal(received) if " do " in line else None
    code, text = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(plan))
    assert (code, "r1| Conversion from replica to master done." in text) == (Exit.CHANGED, True), text
    assert f"{received.name}: stopping after the current step; send it again to exit now" in text
    name = text.rpartition(", run ")[2].strip()
    assert text.splitlines()[-3:-1] == [
        f"stopped before step 5 (compare on {FIRST}) was over: {received.name} was received",
        f"next: boks-exporter failover resume {name}, or boks-exporter failover abort {name}",
    ]
    terminal.world.way.connection_fault = lambda _, __: None
    assert terminal("failover", "resume", name)[0] == Exit.DONE


@pytest.mark.parametrize("ignored", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(terminal: Terminal, ignored: signal.Signals) -> None:
    """Under nohup, or as a background job of a script, a run is not stopped by it."""
    signal.signal(ignored, signal.SIG_IGN)
    terminal.before = terminal.world.kill_master
    _, plan = terminal("failover", "promote", FIRST, *OFF)
    terminal.before = lambda: None
    terminal.world.way.connection_fault = lambda _, line: signal.raise_signal(ignored) if " do " in line else None
    assert terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(plan))[0] == Exit.DONE


def test_a_second_signal_leaves_immediately(terminal: Terminal) -> None:
    """What the host has begun goes on there; the journal knows, and resume asks the host."""
    terminal.before = terminal.world.kill_master
    _, plan = terminal("failover", "promote", FIRST, *OFF)
    terminal.before = lambda: None

    def twice(_: str, line: str) -> None:
        if " do " in line:
            signal.raise_signal(signal.SIGTERM)
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)

    terminal.world.way.connection_fault = twice
    code, text = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(plan))
    assert code == Exit.RESULT_UNKNOWN, text
    name = text.rpartition(", run ")[2].strip()
    assert f"interrupted; the run {name} stays open, and what a host has begun goes on there" in text
    terminal.world.way.connection_fault = lambda _, __: None
    assert f"next: boks-exporter failover resume {name}, or" in terminal("failover", "history")[1]
    assert terminal("failover", "resume", name)[0] == Exit.DONE
