"""The loop of the reading gate: what it costs, how it ends, and what it leaves behind."""

import re
import time
from pathlib import Path

import pytest

from tests.integration.shells import fixture_of_shells
from tests.unit.gate_processes import gates_of, in_group, sleeps_of, wait_until
from tests.unit.gate_runs import NONCE, Channel, install_gate
from tests.unit.gate_tree import Tree

shell = fixture_of_shells()

MOST_PROGRAMS = 1
"""Programs of a poll in the loop, without BoKS's own: the timer. The goal is 2."""


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
    assert len(seldom) - 3 <= 10, seldom


def test_no_argument_list_holds_the_nonce(tree: Tree, tmp_path: Path, shell: str) -> None:
    """Any local user can read argument lists, and would know how to forge a frame."""
    trace = Trace(tmp_path / "trace")
    (tree.root / "errors").write_text("an error\n" * 1_000)
    tree.boksadm_is('cat "${0%/*}/errors" >&2\n')
    with Channel(trace.command(install_gate(tree, tmp_path / "gate", shell=shell, limit=60))) as channel:
        channel.ask("loop 60 role sequence list memory errlog queue checksums processes diskspace", NONCE)
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
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell, limit=600)]) as channel:
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
    tree.boksadm_is("sleep 3\necho slow\n")
    with Channel([install_gate(tree, tmp_path / "gate", shell=shell)]) as channel:
        channel.ask("loop 1 role", "0a")
        (sequence,) = channel.ask("sequence", "0b").sections
        assert sequence.stdout == "slow\n"
        pid = channel.process.pid
        assert channel.read(b"=never\n") == b""
        channel.wait()
    assert (gates_of(tmp_path), in_group(pid)) == ([], [])


def test_requests_keep_a_loop_open(tree: Tree, tmp_path: Path) -> None:
    """Without one it ends at the next tick of its idle watch, which this test makes tick."""
    gate, tick, waits = install_gate(tree, tmp_path / "gate"), tmp_path / "tick", tmp_path / "waits"
    watch = f"{{ >'{waits}'; while [ ! -e '{tick}' ]; do sleep 0.05; done; rm '{tick}'; }}"
    text = gate.read_text()
    assert text.count('\t\tsleep "$1" &\n') == 1
    gate.write_text(text.replace('\t\tsleep "$1" &\n', f"\t\t{watch} &\n"))
    with Channel([gate]) as channel:
        channel.ask("loop 60 role", "0a")
        for nonce in ("0b", "0c"):
            wait_until(waits.exists)
            channel.ask("role", nonce)
            waits.unlink()
            tick.touch()
        wait_until(waits.exists)
        tick.touch()
        assert channel.read(b"=never\n") == b""


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
