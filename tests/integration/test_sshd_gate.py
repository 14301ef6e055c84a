"""What a restricted key lets its holder do on a host, seen with OpenSSH's own client."""

import re
import socket
from pathlib import Path

import pytest

from boks_exporter.simulator.domain import Fault
from tests.integration.fleet import Fleet

HOST = "REPHOST2"
MARK = "boks-was-here"
"""Never stands in an answer unless a command ran that put it there."""


def test_the_gate_answers_its_own_words(fleet: Fleet) -> None:
    """The forced command takes the request for its own and frames what the host's files and commands say."""
    got = fleet.ssh(HOST, "boks-gate/1 role sequence list")
    assert (got.returncode, got.stderr) == (0, "")
    frames = [line for line in got.stdout.splitlines() if line.startswith("=")]
    assert [re.sub(r"(version|clock|seconds)=\S+", r"\1=", line) for line in frames] == [
        "=boks-gate/1 version= clock=",
        "=section role",
        "=end role exit=0 seconds=",
        "=section sequence",
        "=end sequence exit=0 seconds=",
        "=section list",
        "=end list skipped=not_master",
        "=done sections=3",
    ]
    assert "|BOKSINIT=server" in got.stdout.splitlines()


@pytest.mark.parametrize(
    "command",
    [
        f"echo {MARK}",
        "id",
        "sh",
        "sh -s -- boks-gate/1 role",
        "cat /etc/passwd",
        f"boks-gate/1 role; echo {MARK}",
        f"boks-gate/1 role\necho {MARK}",
        f"boks-gate/1 role $(echo {MARK})",
        f"boks-gate/1 role `echo {MARK}`",
        f"boks-gate/1 role | echo {MARK}",
        f"boks-gate/1 role && echo {MARK}",
        "boks-gate/1 role > /tmp/x",
        "boks-gate/1 ../../etc/passwd",
        "boks-gate/1 convert",
        "boks-gate/1 role role",
        "boks-gate/1",
        "scp -t /tmp",
        "internal-sftp",
        "boks-gate/1 " + "role " * 100,
    ],
)
def test_no_other_command_runs(fleet: Fleet, command: str) -> None:
    """Whatever else is asked for is refused in one line, and nothing of it reaches a shell."""
    got = fleet.ssh(HOST, command)
    assert (got.returncode, got.stderr) == (64, "")
    assert re.fullmatch(r"=refused [a-z_]+\n", got.stdout)


def test_there_is_no_shell(fleet: Fleet) -> None:
    """A session without a command is a request without a word, also with a script on its standard input."""
    got = fleet.ssh(HOST, stdin=f"echo {MARK}\n")
    assert got.returncode == 64
    assert got.stdout.startswith("=refused ")


def test_there_is_no_terminal(fleet: Fleet) -> None:
    """`restrict` refuses a terminal, and the gate still answers nothing but its words."""
    got = fleet.ssh(HOST, "-tt", stdin=f"echo {MARK}\n")
    assert MARK not in got.stdout
    assert "PTY allocation request failed" in fleet.servers.daemons[HOST].log + got.stderr


def test_there_is_no_sftp(fleet: Fleet, tmp_path: Path) -> None:
    """The subsystem is answered by the gate, which is no file server."""
    (tmp_path / "batch").write_text("ls /\n")
    got = fleet.ssh(HOST, f"-b{tmp_path / 'batch'}", program="sftp")
    assert got.returncode != 0
    assert "etc" not in got.stdout


@pytest.mark.parametrize("way", ["local", "remote", "stdio"])
def test_there_is_no_forwarding(fleet: Fleet, way: str) -> None:
    """The key opens no way into the network behind the host, nor back to the exporter's."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0)
        port = listening.getsockname()[1]
        if way == "stdio":
            got = fleet.ssh(HOST, f"-W127.0.0.1:{port}")
            assert got.returncode == 255
            assert "forwarding failed" in got.stderr
        elif way == "remote":
            got = fleet.ssh(HOST, f"-R127.0.0.1:0:127.0.0.1:{port}", "boks-gate/1 role")
            assert got.returncode == 255
            assert "port forwarding failed" in got.stderr
        else:
            got = fleet.ssh(HOST, "-A", "-X", "boks-gate/1 role")
            assert "=done sections=1" in got.stdout
            assert "forwarding" not in got.stdout
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_environment_of_the_client_changes_nothing(fleet: Fleet) -> None:
    """Variables that a client sends do not reach the gate."""
    sent = ("-oSetEnv=BASH_ENV=/nowhere PATH=/nowhere SSH_ORIGINAL_COMMAND=id",)
    assert fleet.ssh(HOST, *sent, "boks-gate/1 role").stdout.endswith("=done sections=1\n")


def test_a_hanging_command_is_cut_off_and_leaves_no_process(fleet: Fleet) -> None:
    """The gate's own limit ends it, the other sections still come, and nothing of it is left on the host."""
    fleet.set_fault(HOST, Fault.HANGING)
    got = fleet.ssh(HOST, "boks-gate/1 sequence errlog")
    assert re.search(r"^=end sequence timeout=2 seconds=\d$", got.stdout, re.MULTILINE)
    assert re.search(r"^=end errlog exit=0 ", got.stdout, re.MULTILINE)
    assert fleet.programs_running(HOST) == set()


def test_a_stranger_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    """Without the key there is no login; without the host's key there is no connection."""
    fleet.set_fault(HOST, Fault.WRONG_LOGIN)
    got = fleet.ssh(HOST, "boks-gate/1 role")
    assert (got.returncode, "Permission denied (publickey)" in got.stderr) == (255, True)
    fleet.clear_fault(HOST, Fault.WRONG_LOGIN)
    fleet.set_fault(HOST, Fault.WRONG_HOST_KEY)
    got = fleet.ssh(HOST, "boks-gate/1 role")
    assert (got.returncode, "Host key verification failed" in got.stderr) == (255, True)


def test_a_configuration_that_others_can_write_is_not_trusted(fleet: Fleet) -> None:
    """The gate refuses to read where BoKS lives from a file that is not root's alone."""
    configuration = fleet.tree.hosts[HOST].gate.with_name("boks-gate.conf")
    configuration.chmod(0o666)
    try:
        got = fleet.ssh(HOST, "boks-gate/1 role")
    finally:
        configuration.chmod(0o644)
    assert (got.returncode, got.stdout) == (78, "=refused untrusted_config\n")
