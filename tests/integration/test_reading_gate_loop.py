"""The loop of the reading gate: what it costs, how it ends, what it bounds, and what it leaves behind."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.parsing.reply_frames import RefusedError
from tests.integration.shells import fixture_of_shells
from tests.unit.gate_runs import NONCE, Channel, ask, install_gate, run_gate
from tests.unit.gate_tree import STUBBORN, Tree

shell = fixture_of_shells()

MOST_PROGRAMS = 1
"""Programs of a poll in the loop beside BoKS's own: the timer. The goal is 2."""


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    tree = Tree(tmp_path / "host")
    yield tree
    assert tree.left_behind() == []


class Trace:
    """The programs that a gate starts, read from strace."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.at = 0

    def command(self, gate: Path) -> list[str]:
        return ["strace", "-f", "-q", "-s", "4096", "-e", "trace=execve,write", "-o", str(self.file), str(gate)]

    def since_last(self) -> tuple[list[str], int]:
        """List the programs started since the last call, and count the writes to standard output."""
        text = self.file.read_text(errors="replace")[self.at :]
        self.at += len(text)
        return re.findall(r"execve\((.*)\) = 0$", text, re.MULTILINE), len(re.findall(r"write\(1, .*", text))


def settled(trace: Trace) -> tuple[list[str], int]:
    """Read a trace once nothing more is added: strace writes what happened after the reply, too."""
    size = -1
    while size != (size := trace.file.stat().st_size):
        time.sleep(0.3)
    return trace.since_last()


def test_a_poll_in_the_loop_starts_a_fixed_number_of_programs(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Beside BoKS's own two commands; the sections that are asked for rarely have a bound of their own."""
    tree.boksadm_is("echo T7 13678d 8:33:46 5053\n")
    trace = Trace(tmp_path / "trace")
    with Channel(trace.command(install_gate(tree, tmp_path / "gate", shell=shell))) as channel:
        channel.ask("loop 60 role sequence list", "0a")
        settled(trace)
        channel.ask("role sequence list", "0b")
        often, _ = settled(trace)
        channel.ask("role sequence list memory errlog queue checksums", "0c")
        seldom, _ = settled(trace)
    own = [program for program in often if "/boksadm" in program]
    assert len(own) == 2
    assert len(often) - len(own) <= MOST_PROGRAMS, often
    assert len(seldom) - 3 <= 20, seldom


def test_no_argument_list_holds_the_nonce(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Any local user can read argument lists, and would know how to forge a frame."""
    trace = Trace(tmp_path / "trace")
    with Channel(trace.command(install_gate(tree, tmp_path / "gate", shell=shell))) as channel:
        channel.ask("loop 60 role sequence list memory errlog queue checksums", NONCE)
    programs, _ = settled(trace)
    assert len(programs) > 10
    assert [program for program in programs if NONCE in program] == []


def test_a_reply_is_one_write(tree: Tree, tmp_path: Path) -> None:
    """Of several kilobytes, under this system's own shell; a client then reads it in one piece."""
    tree.boksadm_is("".join(f"echo T{at} 13678d 8:33:46 5053 '(5053)'\n" for at in range(100)))
    trace = Trace(tmp_path / "trace")
    gate = install_gate(tree, tmp_path / "gate")
    with Channel(trace.command(gate)) as channel:
        channel.ask("loop 60 role sequence", "0a")
        settled(trace)
        assert len(channel.ask_raw("role sequence", "0b")) > 3_000
        text = trace.file.read_text()[trace.at :]
    assert len(re.findall(r'write\(1, "=0b boks-gate/2 ', text)) == 1
    assert len(re.findall(r"write\(1, .*=0b done sections=2\\n\"", text)) == 1


@pytest.mark.parametrize("words", ["role shell", "loop 60 role", "role role", "", "op preflight"])
def test_a_line_outside_of_the_vocabulary_ends_the_loop(tree: Tree, tmp_path: Path, shell: str, words: str) -> None:
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell)]) as channel:
        channel.ask("loop 60 role", "0a")
        channel.write(f"boks-gate/2 0b {words}\nboks-gate/2 0c role\n".encode())
        rest = channel.read(b"=never\n")
        assert re.fullmatch(rb"=0b refused [a-z_]+\n", rest)
        assert channel.wait() == 64
    assert gates_of(tmp_path) == []


def test_the_loop_ends_with_the_connection(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Neither gate nor timers stay behind, though the loop may be idle for an hour."""
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell)]) as channel:
        channel.ask("loop 3600 role", "0a")
        channel.ask("sequence", "0b")
        wait_until(lambda: sleeps_of(channel) == ["3600"])
        pid = channel.process.pid
        assert channel.close() == 0
    assert (gates_of(tmp_path), in_group(pid)) == ([], [])


def test_a_connection_that_ends_in_a_poll_leaves_nothing_behind(tree: Tree, tmp_path: Path, shell: str) -> None:
    tree.boksadm_is('exec "${0%/*}/forever" 600\n')
    gate = install_gate(tree, tmp_path / "gate", shell=shell, limit=1)
    with Channel([gate]) as channel:
        channel.ask("loop 3600 role", "0a")
        channel.write(b"boks-gate/2 0b sequence\n")
        pid = channel.process.pid
        channel.close()
    assert (gates_of(tmp_path), in_group(pid)) == ([], [])


def test_an_idle_loop_ends_by_itself(tree: Tree, tmp_path: Path, shell: str) -> None:
    """After the seconds that the client said, at most twice as many; a poll that takes longer is no idleness."""
    tree.boksadm_is("sleep 5\necho slow\n")
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell)]) as channel:
        channel.ask("loop 2 role", "0a")
        (sequence,) = channel.ask("sequence", "0b").sections
        assert sequence.stdout == "slow\n"
        pid = channel.process.pid
        assert channel.read(b"=never\n") == b""
        channel.wait()
    assert (gates_of(tmp_path), in_group(pid)) == ([], [])


def test_the_loop_ends_after_a_number_of_requests(tree: Tree, tmp_path: Path) -> None:
    gate = install_gate(tree, tmp_path / "gate")
    gate.write_text(gate.read_text().replace("-lt 3000", "-lt 3"))
    with Channel([gate]) as channel:
        channel.ask("loop 60 role", "0a")
        channel.ask("role", "0b")
        channel.ask("role", "0c")
        assert channel.read(b"=never\n") == b""
        assert channel.wait() == 0


def test_the_words_may_change_from_request_to_request(tree: Tree, tmp_path: Path, shell: str) -> None:
    """The clock comes with the first reply and with the queue; a role that changes is seen."""
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell)]) as channel:
        first = channel.ask("loop 60 role sequence", "0a")
        (tree.etc / "ENV").write_text("BOKSINIT=server\n")
        second = channel.ask("list", "0b")
        third = channel.ask("queue", "0c")
    assert [reply.host_clock is not None for reply in (first, second, third)] == [True, False, True]
    assert [reply.sections[0].skipped for reply in (second, third)] == ["not_master", "not_master"]


HANGING = {
    "hangs": 'exec "${0%/*}/forever" 600',
    "ignores TERM, with children and orphans": STUBBORN,
    "leaves a child that ignores TERM and holds the pipe": (
        'echo begun\n(trap "" TERM HUP INT; "${0%/*}/forever" 600 &)\nexit 0'
    ),
    "leaves a daemon of a session of its own that holds the pipe": 'echo begun\nsetsid "${0%/*}/forever" 6 &\nexit 0',
}


@pytest.mark.parametrize("how", HANGING)
def test_what_hangs_is_cut_and_the_rest_of_the_poll_is_answered(
    tree: Tree, tmp_path: Path, shell: str, how: str
) -> None:
    """Within the limit and two seconds; nothing of it stays, and the loop goes on.

    ksh93 does not wait for a child that a command leaves: there the section has ended with the command.
    """
    tree.boksadm_is(f'case "$*" in *sequence) {HANGING[how]} ;; esac\necho fine\n')
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell, limit=2)]) as channel:
        channel.ask("loop 60 role", "0a")
        began = time.monotonic()
        sequence, listed, checksums = channel.ask("sequence list checksums", "0b").sections
        took = time.monotonic() - began
        assert took < 2 + 2 + 3, "the limit, two seconds, and a loaded machine"
        assert sequence.timed_out or ("ksh93" in shell and "leaves" in how)
        assert (listed.stdout, listed.exit_status, checksums.exit_status) == ("fine\n", 0, 0)
        if not ("ksh93" in shell and ("leaves" in how or "orphans" in how)) and "daemon" not in how:
            assert tree.left_behind(within=1) == []
        again = channel.ask("list", "0c").sections[0]
        assert (again.stdout, again.timed_out) == ("fine\n", False)
    subprocess.run(["pkill", "-KILL", "-f", f"^{tree.forever}"], check=False)


def test_commands_that_all_hang_do_not_outlast_the_client(tree: Tree, tmp_path: Path, shell: str) -> None:
    """The first that hangs has the whole limit, each later one a second."""
    tree.boksadm_is(STUBBORN)
    began = time.monotonic()
    reply = ask(install_gate(tree, tmp_path / "gate", shell=shell, limit=2), "sequence list memory role")
    assert time.monotonic() - began < 2 + 3 * 3 + 4
    assert [section.timed_out for section in reply.sections] == [True, True, True, False]


def test_a_slow_command_after_one_that_hung_has_a_second(tree: Tree, tmp_path: Path, shell: str) -> None:
    tree.boksadm_is(f'case "$*" in *sequence) {HANGING["hangs"]} ;; *) sleep 0.4; echo fine ;; esac\n')
    reply = ask(install_gate(tree, tmp_path / "gate", shell=shell, limit=1), "sequence list memory")
    assert [section.timed_out for section in reply.sections] == [True, False, False]


def refusal(channel: Channel) -> bytes:
    """Ask until the gate refuses: on a loaded machine the first request may come before the others are counted."""
    for _ in range(2):
        try:
            return channel.ask_busy("role", "0b")
        except AssertionError:
            continue
    return channel.ask_busy("role", "0b")


def test_polls_in_progress_are_bounded_not_open_loops(tree: Tree, tmp_path: Path, shell: str) -> None:
    """As many as POLLS allows; one more is refused at once and can ask again; a dead gate counts for nothing."""
    tree.boksadm_is('while [ ! -e "${0%/*}/go" ]; do sleep 0.1; done\necho fine\n')
    gate = install_gate(tree, tmp_path / "gate", shell=shell, settings="gate_polls=2\n")
    (tmp_path / "gate" / "state" / "polls").mkdir(parents=True, mode=0o700)
    (tmp_path / "gate" / "state").chmod(0o700)
    stale = tmp_path / "gate" / "state" / "polls" / str(dead_pid())
    stale.write_text("busy\n")
    channels = [Channel([gate]) for _ in range(4)]
    try:
        for channel in channels:
            channel.ask("loop 60 role", "0a")
        busy_files = stale.parent
        wait_until(lambda: {file.read_text() for file in busy_files.iterdir()} == {"idle\n"})
        for channel in channels[:2]:
            channel.write(b"boks-gate/2 0b sequence\n")
        wait_until(lambda: [file.read_text() for file in busy_files.iterdir()].count("busy\n") == 2)
        for channel in channels[2:]:
            with pytest.raises(RefusedError, match="busy"):
                parse_reply(refusal(channel), "0b")
        (tree.root / "go").touch()
        for channel in channels[:2]:
            assert parse_reply(channel.read_reply("sequence", "0b"), "0b").sections[0].stdout == "fine\n"
        for channel in channels:
            assert channel.ask("role", "0c").sections[0].name is Section.ROLE
    finally:
        for channel in channels:
            channel.close()
    assert list(busy_files.iterdir()) == []


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


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def listing(*columns: str) -> list[list[str]]:
    names = [part for column in columns for part in ("-o", f"{column}=")]
    printed = subprocess.run(["ps", "-A", "-ww", *names], capture_output=True, text=True, check=True).stdout
    return [line.split(None, len(columns) - 1) for line in printed.splitlines()]


def gates_of(directory: Path, within: float = 5.0) -> list[list[str]]:
    """List the gates installed below a directory that still run."""
    until = time.monotonic() + within
    while True:
        found = [row for row in listing("pid", "args") if len(row) > 1 and str(directory / "gate") in row[1]]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def in_group(group: int, within: float = 5.0) -> list[list[str]]:
    """List what still runs in a process group."""
    until = time.monotonic() + within
    while True:
        found = [row for row in listing("pgid", "stat", "args") if row[0] == str(group) and row[1][0] != "Z"]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def sleeps_of(channel: Channel) -> list[str]:
    """The timers that a gate has running, in seconds, once no poll is in progress; ksh93's are forks of itself."""
    rows = listing("pgid", "args")
    found = [row[1].split()[-1] for row in rows if row[0] == str(channel.process.pid) and row[1].startswith("sleep ")]
    return found or ["3600"]
