"""The time limit of a poll of the reading gate, and the bound on polls in progress."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.parsing.reply_frames import RefusedError
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.settings import Prefix
from tests.integration.shells import fixture_of_shells
from tests.unit.gate_processes import dead_pid, in_group, wait_until
from tests.unit.gate_runs import NONCE, Channel, ask, install_gate, run_gate
from tests.unit.gate_tree import STUBBORN, Tree

shell = fixture_of_shells()


HANGING = {
    "hangs": 'exec "${0%/*}/forever" 600',
    "ignores TERM, with children and orphans": STUBBORN,
    "leaves a stubborn child that holds the pipe": (
        'echo begun\n(trap "" TERM HUP INT; "${0%/*}/forever" 600 &)\nexit 0'
    ),
    "leaves a child that holds the pipe of errors": (
        'echo begun\n(trap "" TERM HUP INT; "${0%/*}/forever" 600 >/dev/null &)\nexit 0'
    ),
}
DAEMON = 'echo begun\nsetsid "${0%/*}/forever" 30 &\nexit 0'
"""Of a session of its own, and holds the pipe."""
COMMANDS = ("boksdiag sequence", "dumpbase -m", "hostkey -c", "boksdiag fque -master")
LIMIT = 1


def test_what_hangs_is_cut_and_the_rest_of_the_poll_is_answered(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Each of the four is ended long before its ten minutes are over; nothing stays, and the loop goes on."""
    cases = "".join(f"'-S {command}') {how} ;;\n" for command, how in zip(COMMANDS, HANGING.values(), strict=True))
    tree.boksadm_is(f'case "$*" in\n{cases}esac\necho fine\n')
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell, limit=LIMIT)]) as channel:
        channel.ask("loop 60 role", "0a")
        *hanging, listed, checksums = channel.ask("sequence memory hostkey fque list checksums", "0b").sections
        assert [section.timed_out for section in hanging] == [True] * 4
        if "/dash/" in shell:  # ended before the shell that holds what it printed
            assert hanging[1].stdout.startswith("begun\n")
        assert (listed.stdout, listed.exit_status, checksums.exit_status) == ("fine\n", 0, 0)
        assert tree.left_behind(within=120) == []
        again = channel.ask("list", "0c").sections[0]
        assert (again.stdout, again.timed_out) == ("fine\n", False)


def test_a_signal_in_a_poll_ends_all_that_the_gate_has_started(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Long before the time limit, whatever it ignores."""
    tree.boksadm_is(STUBBORN)
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell, limit=600)]) as channel:
        channel.ask("loop 3600 role", "0a")
        channel.write(b"boks-gate/2 0b sequence\n")
        wait_until(lambda: len(tree.left_behind(within=0)) >= 5)
        channel.process.terminate()
        channel.wait()
    assert (tree.left_behind(within=30), in_group(channel.process.pid, within=30)) == ([], [])


def test_a_daemon_that_holds_the_pipe_is_not_waited_for(tree: Tree, tmp_path: Path, shell: str) -> None:
    """It is in a session of its own, so it is not ended either."""
    tree.boksadm_is(f'case "$*" in *sequence) {DAEMON} ;; esac\necho fine\n')
    sequence, listed = ask(install_gate(tree, tmp_path / "gate", shell=shell, limit=LIMIT), "sequence list").sections
    assert sequence.timed_out
    assert (listed.stdout, listed.exit_status) == ("fine\n", 0)
    assert [line.split()[-1] for line in tree.left_behind(within=0)] == ["30"]
    subprocess.run(["pkill", "-KILL", "-f", f"^{tree.forever}"], check=True)


def test_a_slow_command_after_one_that_hung_has_a_second(tree: Tree, tmp_path: Path, shell: str) -> None:
    tree.boksadm_is(f'case "$*" in *sequence) {HANGING["hangs"]} ;; *) sleep 0.4; echo fine ;; esac\n')
    reply = ask(install_gate(tree, tmp_path / "gate", shell=shell, limit=1), "sequence list memory")
    assert [section.timed_out for section in reply.sections] == [True, False, False]


def test_a_reply_is_whole_although_its_timer_has_ended(tree: Tree, tmp_path: Path, shell: str) -> None:
    """As where the time limit passes in the moment in which the reply is written."""
    end_timer = "ps -A -o pid= -o args= | while read -r pid args; do case $args in *' 5983') kill $pid ;; esac; done"
    tree.boksadm_is(f"{end_timer}\necho fine\n")
    gate = install_gate(tree, tmp_path / "gate", shell=shell, limit=5983)
    run = run_gate(gate, f"boks-gate/2 {NONCE} sequence\n".encode())
    (sequence,) = parse_reply(run.stdout, NONCE).sections
    assert (sequence.stdout, run.returncode, run.stdout.count(b" refused ")) == ("fine\n", 0, 0)


def test_a_role_that_cannot_be_read_in_time_leaves_a_second_to_the_others(tree: Tree, tmp_path: Path) -> None:
    """ENV is behind sudo here, and sudo hangs for each command."""
    (tree.etc / "ENV").unlink()
    (tmp_path / "sudo").write_text(f"#!/bin/sh\nexec '{tree.forever}' 600\n")
    (tmp_path / "sudo").chmod(0o755)
    script = sent_script(tree.paths(limit=2, prefix=Prefix.SUDO), f"boks-gate/2 {NONCE} role sequence").decode()
    script = script.replace("PATH=/usr/xpg4/bin:", f"PATH={tmp_path}:/usr/xpg4/bin:")
    out = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, timeout=60, check=True).stdout
    assert [line.split()[-1] for line in out.decode().splitlines() if " end " in line] == ["timeout=2", "timeout=1"]


def test_polls_in_progress_are_bounded_not_open_loops(tree: Tree, tmp_path: Path, shell: str) -> None:
    """As many as POLLS allows; one more is refused at once and can ask again; a dead gate counts for nothing."""
    tree.boksadm_is('>"${0%/*}/begun.$$"\nwhile [ ! -e "${0%/*}/go" ]; do sleep 0.1; done\necho fine\n')
    gate = install_gate(tree, tmp_path / "gate", shell=shell, settings="gate_polls=2\n", limit=60)
    polls = tmp_path / "gate" / "state" / "polls"
    polls.mkdir(parents=True, mode=0o700)
    polls.parent.chmod(0o700)
    (polls / str(dead_pid())).write_text("busy\n")
    channels = [Channel([gate]) for _ in range(4)]
    try:
        for channel in channels:
            channel.ask("loop 60 role", "0a")
            wait_until(lambda: all_idle(polls))
        for channel in channels[:2]:
            channel.write(b"boks-gate/2 0b sequence\n")
        # A poll that says `busy` and has not counted yet would count the next one, too, and be refused.
        wait_until(lambda: len(list(tree.root.glob("begun.*"))) == 2)
        for channel in channels[2:]:
            with pytest.raises(RefusedError, match="busy"):
                parse_reply(channel.ask_busy("role", "0b"), "0b")
        (tree.root / "go").touch()
        for channel in channels[:2]:
            assert parse_reply(channel.read_reply("sequence", "0b"), "0b").sections[0].stdout == "fine\n"
        for channel in channels:
            wait_until(lambda: all_idle(polls))
            assert channel.ask("role", "0c").sections[0].name is Section.ROLE
    finally:
        for channel in channels:
            channel.close()
    assert list(polls.iterdir()) == []


def all_idle(polls: Path) -> bool:
    """A gate says so once its reply is written."""
    return {file.read_text() for file in polls.iterdir()} == {"idle\n"}


def test_a_gate_that_was_killed_in_a_poll_keeps_no_open_loop_out(tree: Tree, tmp_path: Path) -> None:
    tree.boksadm_is('>"${0%/*}/begun"\nexec "${0%/*}/forever" 600\n')
    gate = install_gate(tree, tmp_path / "gate", settings="gate_polls=1\n", limit=60)
    with Channel([gate]) as killed, Channel([gate]) as channel:
        for each in (killed, channel):
            each.ask("loop 60 role", "0a")
            wait_until(lambda: all_idle(tmp_path / "gate" / "state" / "polls"))
        killed.write(b"boks-gate/2 0b sequence\n")
        wait_until((tree.root / "begun").exists)
        assert channel.ask_busy("role", "0b")
        os.killpg(killed.process.pid, signal.SIGKILL)
        killed.wait()
        assert channel.ask("role", "0c").sections[0].exit_status == 0


def test_busy_has_a_status_of_its_own_where_there_is_no_loop(tree: Tree, tmp_path: Path) -> None:
    gate = install_gate(tree, tmp_path / "gate", settings="gate_polls=0\n")
    result = run_gate(gate, b"boks-gate/2 0a role\n")
    assert (result.stdout, result.returncode) == (b"=0a refused busy\n", 75)


def test_a_reused_process_id_counts_for_nothing(tree: Tree, tmp_path: Path) -> None:
    """A gate that was killed in a poll left `busy`; its id belongs to another program now."""
    gate = install_gate(tree, tmp_path / "gate", settings="gate_polls=1\n")
    polls = tmp_path / "gate" / "state" / "polls"
    ask(gate, "role")
    other = subprocess.Popen(["sleep", "60"])
    try:
        (polls / str(other.pid)).write_text("busy\n")
        assert ask(gate, "role").sections[0].exit_status == 0
    finally:
        other.kill()
        other.wait()
    assert list(polls.iterdir()) == []
