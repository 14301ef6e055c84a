"""Failover where something is broken on the way: an old master without SSH, a connection cut, a machine that dies."""

import signal
import subprocess
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.simulator.domain import Fault
from tests.integration.terminal import PATIENCE, At, quiet_layout

pytestmark = pytest.mark.timeout(300)


def console_of(host: str, directory: Path) -> dict[str, str]:
    """Make the environment of a host's console, where `uname` names it."""
    uname = directory / "uname"
    uname.write_text(f"#!/bin/sh\necho {host}\n")
    uname.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def test_retire_at_the_console_of_an_old_master_without_ssh(at: At, tmp_path: Path) -> None:
    """The script that is printed runs in the host's own shell, and one poll of the host then proves that it ran."""
    terminal = at(quiet_layout())
    terminal.promoted_without_us("REPHOST2")
    terminal.configure(terminal.fleet.tree.paths("MASTER1"))
    names = ("updates_only_here", "fork_point_unknown")
    accepted = (*(word for name in names for word in ("--accept", name)), "--reason", "it is in single-user mode")
    with terminal.at_keyboard("retire", "MASTER1", *accepted) as keyboard:
        keyboard.wait_for("To go on, type MASTER1")
        keyboard.type("MASTER1")
        keyboard.wait_for("# On the console of MASTER1")
        script = keyboard.wait_for("boot the host now' )\n")
        ran = subprocess.run(
            ["sh"], input=f"#{script}", env=console_of("MASTER1", tmp_path), capture_output=True, text=True
        )
        assert ran.stdout.startswith("Stopping daemons...\n"), ran
        terminal.fleet.clear_fault("MASTER1", Fault.MASTER_DEAD)
        assert keyboard.end() == 0, keyboard.screen
    assert str(terminal.fleet.domain.hosts["MASTER1"].role) == "client"
    assert len(terminal.fleet.tree.hosts["MASTER1"].aside()) == 1
    terminal.insist_on("REPHOST2", "REPHOST3")


def test_a_run_goes_on_over_a_cut_and_is_resumed_after_the_death_of_its_machine(at: At) -> None:
    """Twice the connection breaks in the middle of a conversion; each command runs once, and to its end."""
    terminal = at(quiet_layout())
    apply = ("rebuild", "REPHOST3", "--apply", terminal.fingerprint("rebuild", "REPHOST3"))
    terminal.pace(1.0)
    with terminal.process(*apply) as process:
        terminal.wait_for_role("REPHOST3", "client")
        terminal.fleet.cut("REPHOST3")
        terminal.wait_for_role("REPHOST3", "server")
        process.kill()
        terminal.fleet.cut("REPHOST3")
        process.wait()
    assert terminal.fleet.is_running("REPHOST3")
    terminal.pace(0.0)

    code, shown = terminal("history")
    run = shown.split()[3]
    assert f"next: boks-exporter failover resume {run} --config.file" in shown
    code, shown = terminal("resume", run)
    assert code == 0, shown
    assert "REPHOST3| Conversion from client to replica done." in shown
    assert terminal.begun("REPHOST3") == [
        "convert client",
        "remove-database",
        "convert server",
        "boot-stop",
        "boot-start",
    ]
    terminal.insist_on("MASTER1", "REPHOST2", "REPHOST3")


def test_a_process_that_loses_its_terminal_stops_where_nothing_is_under_way(at: At) -> None:
    """It finishes the current step although its output is no longer read; the journal has the result."""
    terminal = at(quiet_layout())
    apply = ("rebuild", "REPHOST3", "--apply", terminal.fingerprint("rebuild", "REPHOST3"))
    terminal.pace(1.0)
    with terminal.process(*apply) as process:
        terminal.wait_for_role("REPHOST3", "client")
        assert process.stdout
        process.stdout.close()
        process.send_signal(signal.SIGHUP)
        assert process.wait(PATIENCE) == Exit.CHANGED
    terminal.pace(0.0)
    assert terminal.begun("REPHOST3") == ["convert client"]

    run = terminal("history")[1].split()[3]
    shown = terminal("show", run)[1]
    assert "SIGHUP was received" in shown or "output is no longer read" in shown
    code, shown = terminal("resume", run)
    assert code == 0, shown
    terminal.insist_on("MASTER1", "REPHOST2", "REPHOST3")
