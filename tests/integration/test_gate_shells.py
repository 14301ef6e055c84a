"""The gate under every shell that a host may have as its `sh`."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.gate import sent_script
from tests.unit.gate_expected import BY_INIT, MASTER
from tests.unit.gate_hostile import HOSTILE, Bait, HostileCaller
from tests.unit.gate_tree import STUBBORN, Tree, ask_installed, ask_sent, install, steady

SHELLS = ("dash", "busybox", "ksh93", "mksh", "bash")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a program named `sh` that is the shell asked for: by that name busybox and bash are POSIX shells."""
    program = shutil.which(request.param)
    assert program, f"{request.param} is not installed: run scripts/setup-system"
    link = tmp_path / request.param / "sh"
    link.parent.mkdir()
    link.symlink_to(program)
    return str(link)


@pytest.mark.parametrize("init", ["master", "server", "client"])
def test_the_whole_reply_is_the_same_under_every_shell(tmp_path: Path, shell: str, init: str) -> None:
    """Sent and installed, a host answers byte for byte as under any other shell."""
    tree = Tree(tmp_path / "host", init)
    sent = ask_sent(tree, sh=shell)
    installed = ask_installed(install(tree, tmp_path / "gate", shell=shell))
    for result in (sent, installed):
        assert (steady(result.stdout), result.stderr, result.returncode) == (BY_INIT[init], b"", 0)


def test_no_payload_forges_a_frame_under_any_shell(tmp_path: Path, shell: str) -> None:
    """Frames, control characters, escapes of printf and echo, and a line without an end stay payload."""
    tree = Tree(tmp_path / "host")
    log = b"=done sections=1\n=end errlog exit=0\nCR\r\nNUL\0here\n\x1b[2J\n\\n\\0101\\c %s\n-n\n\n" + b"x" * 1_000_000
    (tree.var / "boks_errlog").write_bytes(log)
    errlog, role = parse_reply(ask_sent(tree, "boks-gate/1 errlog role", sh=shell).stdout).sections
    assert errlog.stdout == (
        "lines=8\n> =done sections=1\n> =end errlog exit=0\n> CR \n> NUL?here\n> ?[2J\n> \\n\\0101\\c %s\n> -n\n> \n> "
        + "x" * 1_000_000
        + "\n"
    )
    assert (errlog.exit_status, role.exit_status) == (0, 0)


def test_what_hangs_is_cut_and_leaves_nothing_under_any_shell(tmp_path: Path, shell: str) -> None:
    """Stubborn children, grandchildren and orphans end; the other sections are answered in good time."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is('case "$*" in *list)\n' + STUBBORN + ";; *) echo fine ;; esac\n")
    began = time.monotonic()
    reply = parse_reply(ask_sent(tree, sh=shell, limit=2).stdout)
    assert time.monotonic() - began < 12
    assert tree.left_behind() == []
    assert [section.name for section in reply.sections if section.timed_out] == [Section.LIST]
    assert [section.exit_status for section in reply.sections if not section.timed_out] == [0] * 6


def test_a_background_process_holds_nothing_up_under_any_shell(tmp_path: Path, shell: str) -> None:
    """A process that keeps output and errors open is not waited for."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is('echo one\n"${0%/*}/forever" 5 &\nprintf two\nexit 4\n')
    began = time.monotonic()
    (sequence,) = parse_reply(ask_sent(tree, "boks-gate/1 sequence", sh=shell).stdout).sections
    assert time.monotonic() - began < 4
    assert (sequence.stdout, sequence.exit_status) == ("one\ntwo\n", 4)
    assert tree.left_behind(within=8) == []


def test_hostile_requests_are_refused_under_any_shell(
    tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them gets its reason; nothing is run and nothing is written."""
    monkeypatch.chdir(tmp_path)
    bait = Bait(tmp_path, shell)
    refused = [(line, ask_installed(bait.gate, line)) for line, _ in HOSTILE]
    assert [(line, result.stdout.decode(), result.returncode) for line, result in refused] == [
        (line, f"=refused {reason}\n", 64) for line, reason in HOSTILE
    ]
    assert bait.files() == bait.before


def test_the_callers_environment_counts_for_nothing_under_any_shell(tmp_path: Path, shell: str) -> None:
    """No variable, program or exported function of the caller's is used: bash would import functions."""
    bait = Bait(tmp_path, shell)
    hostile = HostileCaller(tmp_path / "trap", canary=tmp_path / "host" / "canary")
    result = ask_installed(bait.gate, "boks-gate/1 role errlog", env=hostile.environment)
    assert b"|BOKSINIT=master\n" in result.stdout
    assert result.stdout.endswith(b"\n=done sections=2\n")
    assert bait.files() - bait.before == hostile.files


def test_settings_are_summed_as_a_shell_reads_them(tmp_path: Path, shell: str) -> None:
    """How a value is quoted, and what stood there before, makes no other check sum; another value does."""
    tree = Tree(tmp_path / "host")
    sums = []
    for lines in (
        "SHM_SIZE=16000\nBRIDGE_ACCEPT_MASTER_IPS=192.0.2.1 192.0.2.2",
        "export SHM_SIZE='16000' # kB\nBRIDGE_ACCEPT_MASTER_IPS=\"192.0.2.1 192.0.2.2\"  ",
        "SHM_SIZE=8000\nSHM_SIZE=\"16000\"\nBRIDGE_ACCEPT_MASTER_IPS='192.0.2.1 192.0.2.2'",
        "SHM_SIZE=16001\nBRIDGE_ACCEPT_MASTER_IPS=192.0.2.1",
    ):
        (tree.etc / "ENV").write_text(f"BOKSINIT=client\n{lines}\n")
        sums.append(parse_reply(ask_sent(tree, "boks-gate/1 checksums", sh=shell).stdout).sections[0].stdout)
    assert sums[0] == sums[1] == sums[2]
    assert len(set(sums[0].splitlines()[1:]) - set(sums[3].splitlines())) == 2


def test_the_logins_environment_changes_no_answer_of_a_gate_that_is_sent(
    tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With these variables GNU's ls writes dates and names in another way, and its tail knows no -30."""
    tree = Tree(tmp_path / "host")
    for name, value in {"TIME_STYLE": "long-iso", "QUOTING_STYLE": "c", "_POSIX2_VERSION": "200112"}.items():
        monkeypatch.setenv(name, value)
    assert steady(ask_sent(tree, sh=shell).stdout) == MASTER


def test_commands_that_all_hang_do_not_outlast_the_asker(tmp_path: Path) -> None:
    """The first that hangs has the whole limit, the next have one second each."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is('exec "${0%/*}/forever" 600\n')
    reply = ask_sent(tree, "boks-gate/1 sequence list role", limit=3).stdout.decode()
    assert [line.split(" seconds=")[0] for line in reply.splitlines() if line.startswith("=end")] == [
        "=end sequence timeout=3",
        "=end list timeout=1",
        "=end role exit=0",
    ]
    assert tree.left_behind() == []


def test_a_file_that_cannot_be_read_is_cut_under_any_shell(tmp_path: Path, shell: str) -> None:
    """ENV on a file system that hangs, here a pipe that nobody writes, costs its limit and no more."""
    tree = Tree(tmp_path / "host")
    (tree.etc / "ENV").unlink()
    os.mkfifo(tree.etc / "ENV")
    role, errlog = parse_reply(ask_sent(tree, "boks-gate/1 role errlog", sh=shell, limit=1).stdout).sections
    assert (role.timed_out, errlog.exit_status) == (True, 0)
    assert tree.left_behind() == []


def test_an_asker_who_goes_away_leaves_nothing_running(tmp_path: Path, shell: str) -> None:
    """When the connection is gone, what hangs is still cut, and the gate ends with its next line."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is(STUBBORN)
    gate = subprocess.Popen(
        [shell, "-s", "--", "boks-gate/1", "sequence", "list"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert gate.stdin is not None
    assert gate.stdout is not None
    gate.stdin.write(sent_script(tree.paths(limit=1)))
    gate.stdin.close()
    assert gate.stdout.readline().startswith(b"=boks-gate/1 ")
    gate.stdout.close()
    gate.wait(timeout=30)
    assert tree.left_behind() == []


def test_the_neighbours_in_an_operators_pipeline_are_left_alone(tmp_path: Path, shell: str) -> None:
    """A shell with job control puts a pipeline into one process group, and is the parent of all its members."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is(STUBBORN)
    command = [install(tree, tmp_path / "gate", shell=shell, limit=1), "boks-gate/1", "sequence", "role"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as gate,
        subprocess.Popen(["cat"], stdin=gate.stdout, stdout=subprocess.PIPE, process_group=gate.pid) as neighbour,
    ):
        assert neighbour.communicate(timeout=60)[0].endswith(b"=done sections=2\n")
        assert neighbour.returncode == 0
    assert tree.left_behind() == []


def test_the_neighbours_in_a_scripts_pipeline_are_left_alone(tmp_path: Path, shell: str) -> None:
    """Without job control the gate shares its group with the script that calls it."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is(STUBBORN)
    gate = install(tree, tmp_path / "gate", shell=shell, limit=1)
    line = f"{gate} boks-gate/1 sequence role | (sleep 0.2; cat; echo whole)"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, start_new_session=True, timeout=60)
    assert result.stdout.endswith("=done sections=2\nwhole\n")
    assert tree.left_behind() == []


def test_what_hangs_is_asked_to_end_before_it_is_killed(tmp_path: Path) -> None:
    """A command that cleans up after itself gets a second for it."""
    tree = Tree(tmp_path / "host")
    tree.boksadm_is("trap 'echo cleaned up; exit 0' TERM\n\"${0%/*}/forever\" 600 &\nwait\n")
    (sequence,) = parse_reply(ask_sent(tree, "boks-gate/1 sequence", limit=1).stdout).sections
    assert (sequence.timed_out, sequence.stdout) == (True, "cleaned up\n")
    assert tree.left_behind() == []


def test_a_loop_over_many_looks_stays_whole(tmp_path: Path, shell: str) -> None:
    """Many looks in a row give the same reply: no race between output, errors and their end."""
    tree = Tree(tmp_path / "host")
    replies = {steady(ask_sent(tree, sh=shell).stdout) for _ in range(8)}
    assert replies == {MASTER}
