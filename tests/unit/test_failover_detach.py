"""Runs without the terminal that began them: detached, followed from another one, and their exit codes."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.cli.failover.detach import Announcement, detached
from boks_exporter.cli.failover.follow import exit_of, followed, is_at_work
from boks_exporter.cli.failover.options import Common
from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.journal import Journal, LoggedStep, Run, StepOutcome
from boks_exporter.failover.runner import NextCommand
from tests.unit.failover_terminal import OFF, Terminal, fingerprint, terminal_at
from tests.unit.failover_world import FIRST
from tests.unit.test_failover_journal import run as made_run
from tests.unit.test_failover_journal import step as made_step


@pytest.fixture
def terminal(journals: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return terminal_at(journals, capsys, monkeypatch)


def promoted(terminal: Terminal, *words: str) -> tuple[int, str]:
    terminal.before = terminal.world.kill_master
    _, text = terminal("failover", "promote", FIRST, *OFF)
    return terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(text), *words)


def journal_of(terminal: Terminal) -> Journal:
    return Journal(terminal.config.with_name("journal.sqlite"))


def waited_for(pid: int) -> int:
    """Wait for a process that this one has started; returns its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_detached_run_goes_on_after_its_command_has_ended(terminal: Terminal) -> None:
    """The command prints the run as soon as it has begun; its end is in the journal, its output in a file."""
    code, text = promoted(terminal, "--detach", "--output", "json")
    printed = json.JSONDecoder().raw_decode(text)[0]
    assert code == Exit.DONE, text
    assert printed["next"][0].startswith(f"boks-exporter failover show {printed['run']} --follow")
    assert waited_for(printed["pid"]) == Exit.DONE
    with journal_of(terminal) as journal:
        run = journal.run(printed["run"])
        assert run is not None
        assert (run.outcome, journal.exit_code(run.name)) == (Outcome.DONE, Exit.DONE)
    assert json.loads(Path(printed["log"]).read_text())["exit_code"] == Exit.DONE
    code, followed_text = terminal("failover", "show", printed["run"], "--follow")
    assert code == Exit.DONE
    assert "every step is done" in followed_text


def test_it_leads_a_session_without_a_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a hangup nor Ctrl-C reaches it, and it reads nothing."""
    leave, seen = os.setsid, terminal.config.with_name("seen")

    def left() -> None:
        leave()
        seen.write_text(f"{os.getsid(0)}")

    monkeypatch.setattr("os.setsid", left)
    code, text = promoted(terminal, "--detach")
    pid = int(text.partition("(process ")[2].partition(")")[0])
    assert (code, waited_for(pid)) == (Exit.DONE, Exit.DONE)
    assert (seen.read_text(), pid == os.getpid()) == (str(pid), False)
    assert "every step is done" in Path(text.partition("its output is in ")[2].split()[0]).read_text()


def test_what_does_not_begin_ends_as_without_the_option(terminal: Terminal) -> None:
    """Its message, its exit code, and no file left."""
    code, text = terminal("failover", "promote", FIRST, *OFF, "--apply", "0" * 16, "--detach")
    assert (code, "was shown from this journal" in text) == (Exit.REFUSED, True)
    assert list(terminal.config.parent.glob("*.log")) == []
    code, _ = terminal("failover", "promote", FIRST, *OFF, "--detach")
    assert code == Exit.USAGE, "without a plan that was shown"


def test_where_its_output_cannot_be_written_nothing_begins(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.before = terminal.world.kill_master
    _, text = terminal("failover", "promote", FIRST, *OFF)
    monkeypatch.setattr("boks_exporter.cli.failover.detach._log_path", lambda _: Path("/nowhere/run.log"))
    code, _ = terminal("failover", "promote", FIRST, *OFF, "--apply", fingerprint(text), "--detach")
    assert code == Exit.INTERNAL
    with journal_of(terminal) as journal:
        assert journal.runs() == ()


def test_a_resumed_run_can_be_detached(terminal: Terminal) -> None:
    print_of = fingerprint(terminal("failover", "switchover", FIRST)[1])
    code, text = terminal("failover", "switchover", FIRST, "--apply", print_of)
    assert code == Exit.NOT_CONVERGED
    name = text.rpartition("run ")[2].strip()
    assert terminal("failover", "show", name, "--follow")[0] == Exit.NOT_CONVERGED, "it waits for resume or abort"
    terminal.world.domain.hosts["m1"].is_registered = True
    code, text = terminal("failover", "resume", name, "--detach", "--output", "json")
    printed = json.JSONDecoder().raw_decode(text)[0]
    assert (code, printed["run"]) == (Exit.DONE, name), text
    assert waited_for(printed["pid"]) == Exit.DONE
    assert terminal("failover", "show", name, "--follow")[0] == Exit.DONE


class Follower:
    """Another terminal: each pause of the follower is the time for the next thing to happen."""

    def __init__(self, journal: Journal, *scenes: Callable[[], object]) -> None:
        self.journal, self.scenes = journal, [*scenes]
        self.shown: list[tuple[int, str | None]] = []

    def __call__(self) -> Run | None:
        def show(_: Run, step: LoggedStep) -> None:
            self.shown.append((step.number, step.outcome))

        return followed(self.journal, "r1", show, lambda _: self.scenes.pop(0)() and None)


def test_each_step_is_shown_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    """Once each, until the run is closed."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(made_run(), [], [])
        done = made_step(StepOutcome.DONE)
        follower = Follower(
            journal,
            lambda: journal.intend("r1", made_step()),
            lambda: None,
            lambda: journal.conclude("r1", done),
            lambda: journal.end("r1", Outcome.DONE, "", 200.0, is_open=False, code=0),
        )
        run = follower()
        assert run is not None
        assert follower.shown == [(done.number, None), (done.number, "done")]
        assert exit_of(journal, run) is Exit.DONE


def test_a_run_whose_process_is_gone_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was killed; resume or abort continues it."""
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    monkeypatch.setattr("socket.gethostname", lambda: made_run().who.host)
    with Journal(tmp_path / "journal") as journal:
        journal.begin(made_run(), [], [])
        journal.reopen("r1", child)
        run = Follower(journal)()
        assert run is not None
        assert (run.is_open, is_at_work(run), exit_of(journal, run)) == (True, False, Exit.RESULT_UNKNOWN)
        journal.reopen("r1", os.getpid())
        run = journal.run("r1")
        assert run is not None
        assert is_at_work(run)


def test_ctrl_c_before_a_run_has_begun_stops_it_and_waits_for_its_end(tmp_path: Path) -> None:
    """A person who interrupts the command does not leave a process behind that begins a run."""
    domain: Any = SimpleNamespace(failover=SimpleNamespace(journal=tmp_path / "journal"))

    def interrupted(_: Announcement) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        os.kill(os.getppid(), signal.SIGINT)
        signal.sigwait({signal.SIGTERM})
        return int(Exit.UNCHANGED)

    common = Common(config_file=tmp_path, domain_name=None, output="text")
    assert detached(common, domain, interrupted, NextCommand("resume", ("r1",))) == Exit.UNCHANGED
    assert list(tmp_path.glob("*.log")) == []


def test_a_process_that_is_killed_before_a_run_has_begun_is_named_with_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain: Any = SimpleNamespace(failover=SimpleNamespace(journal=tmp_path / "journal"))

    def killed(_: Announcement) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return int(Exit.DONE)

    common = Common(config_file=tmp_path, domain_name=None, output="json")
    assert detached(common, domain, killed, NextCommand("resume", ("r1",))) == Exit.UNCHANGED
    shown = json.loads(capsys.readouterr().out)
    assert (shown["exit_code"], shown["next"]) == (Exit.UNCHANGED, ["boks-exporter failover resume r1"])


def test_a_run_goes_on_where_the_command_that_waited_for_its_name_is_gone() -> None:
    """Its terminal was closed a moment after the run had begun."""
    reader, writer = os.pipe()
    os.close(reader)
    Announcement(writer)("r1")


def test_ctrl_c_is_not_for_a_command_in_the_background(tmp_path: Path) -> None:
    """A shell starts it with the signal ignored; the terminal sends it all the same."""
    domain: Any = SimpleNamespace(failover=SimpleNamespace(journal=tmp_path / "journal"))

    def interrupted(announce: Announcement) -> int:
        os.kill(os.getppid(), signal.SIGINT)
        announce("r1")
        return int(Exit.DONE)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        common = Common(config_file=tmp_path, domain_name=None, output="text")
        assert detached(common, domain, interrupted, NextCommand("resume", ("r1",))) == Exit.DONE
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
