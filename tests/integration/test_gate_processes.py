"""What becomes of the processes that a command leaves, hangs or hides: none outlives the gate."""

import subprocess
import time
from pathlib import Path

from boks_exporter.parsing.reply import parse_reply
from tests.unit.gate_tree import EVERYTHING, STUBBORN, Tree, ask_sent


def test_a_background_process_that_keeps_the_output_open_holds_nothing_up(tmp_path: Path) -> None:
    """The reply does not wait for a process that a command has left in the background."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is('echo one\n"${0%/*}/forever" 2 &\nprintf two\n')
    began = time.monotonic()
    result = ask_sent(tree, "boks-gate/1 sequence list")
    assert time.monotonic() - began < 2
    assert [section.stdout for section in parse_reply(result.stdout).sections] == ["one\ntwo\n", "one\ntwo\n"]
    assert tree.left_behind(within=4) == []


def test_what_stays_behind_would_be_seen(tmp_path: Path) -> None:
    """The tests' own eyes are open: a process of the tree's is found while it runs."""
    tree = Tree(tmp_path / "host")
    with subprocess.Popen([tree.forever, "600"]) as process:
        assert [line.split()[0] for line in tree.left_behind(within=0)] == [str(process.pid)]
        process.kill()
    assert tree.left_behind() == []


def test_a_command_that_hangs_is_cut_and_leaves_no_process(tmp_path: Path) -> None:
    """Children, grandchildren and orphans end with the command, also if they ignore being asked to."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is(STUBBORN)
    result = ask_sent(tree, "boks-gate/1 sequence role", limit=1)
    assert tree.left_behind() == []
    reply = parse_reply(result.stdout)
    sequence, role = reply.sections
    assert (sequence.timed_out, sequence.stdout) == (True, "begun\n")
    # Shells of boksadm's may have time to report their children's end before their own.
    assert set(sequence.stderr.splitlines()) <= {"Killed"}
    assert b"=end sequence timeout=1 seconds=" in result.stdout
    assert sequence.took is not None
    assert 1 <= sequence.took <= 5
    assert role.exit_status == 0


def test_a_quick_command_is_not_held_to_the_limit(tmp_path: Path) -> None:
    """The timer ends with the command; no sleep of it stays behind."""
    tree = Tree(tmp_path / "host")
    began = time.monotonic()
    ask_sent(tree, EVERYTHING, limit=30)
    assert time.monotonic() - began < 10
