"""What a restricted key lets its holder do on a host, seen with OpenSSH's own client."""

import re
import socket
from pathlib import Path

import pytest

from boks_exporter.remote.request import PROTOCOL
from boks_exporter.simulator.domain import Fault
from tests.integration.fleet import Completed, Fleet
from tests.unit.gate_runs import NONCE

HOST = "REPHOST2"
MARK = "boks-was-here"
"""Never stands in an answer unless a command ran that put it there."""


def poll(fleet: Fleet, words: str, *options: str) -> Completed:
    """Send one request of protocol 2 with OpenSSH's client."""
    return fleet.ssh(HOST, *options, PROTOCOL, stdin=f"{PROTOCOL} {NONCE} {words}\n")


def test_the_gate_answers_its_own_words(fleet: Fleet) -> None:
    """The forced command reads the request from standard input and frames what the host's files and commands say."""
    got = poll(fleet, "role sequence list")
    assert (got.returncode, got.stderr) == (0, "")
    frames = [line.replace(NONCE, "N") for line in got.stdout.splitlines() if line.startswith(f"={NONCE} ")]
    assert [re.sub(r"(version|clock|host)=\S+", r"\1=", line) for line in frames] == [
        "=N boks-gate/2 version= host= clock=",
        "=N section role",
        "=N end role exit=0",
        "=N section sequence",
        "=N end sequence exit=0",
        "=N section list",
        "=N end list skipped=not_master",
        "=N done sections=3",
    ]
    assert "BOKSINIT=server" in got.stdout.splitlines()


def test_a_replica_answers_the_sections_of_a_diagnosis(fleet: Fleet) -> None:
    """Its own processes as the domain has them, and none of the other hosts' on the same machine."""
    fleet.do(lambda: fleet.domain.lose_processes(HOST, "boks_clntd"))
    fleet.do(fleet.tree.write)
    try:
        got = poll(fleet, "processes diskspace hostkey registered").stdout.splitlines()
    finally:
        fleet.do(lambda: [fleet.domain.run(HOST, ("Boot", *words)) for words in (("-k",), ())])
    missing = [line.partition("=")[0] for line in got if "=missing" in line]
    assert missing == ["boks_clntd", "boks_master", "boks_drainmast"]
    assert "boks_init=running pid_file=match" in got
    assert [line for line in got if line.startswith("free_kilobytes=")]
    assert f"={NONCE} end hostkey exit=0" in got
    assert f"={NONCE} end registered skipped=not_master" in got


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
        "boks-gate/2 role",
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
    assert got.stdout == "=refused unknown_protocol\n"


@pytest.mark.parametrize(
    "line",
    [
        f"echo {MARK}",
        f"boks-gate/2 0a role; echo {MARK}",
        f"boks-gate/2 0a role $(echo {MARK})",
        f"boks-gate/2 0a role | echo {MARK}",
        "boks-gate/2 0a role > /tmp/x",
        "boks-gate/2 0a ../../etc/passwd",
        "boks-gate/2 0a convert",
        "boks-gate/2 0a op do r1.1 boot-stop",
        "boks-gate/2 0a",
        "boks-gate/2 0a " + "role " * 100,
    ],
)
def test_no_other_request_is_answered(fleet: Fleet, line: str) -> None:
    got = fleet.ssh(HOST, PROTOCOL, stdin=f"{line}\necho {MARK}\n")
    assert (got.returncode, got.stderr) == (64, "")
    assert re.fullmatch(r"=(0a )?refused [a-z_]+\n", got.stdout)


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
            got = poll(fleet, "role", f"-R127.0.0.1:0:127.0.0.1:{port}")
            assert got.returncode == 255
            assert "port forwarding failed" in got.stderr
        else:
            got = poll(fleet, "role", "-A", "-X")
            assert f"={NONCE} done sections=1" in got.stdout
            assert "forwarding" not in got.stdout
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_environment_of_the_client_changes_nothing(fleet: Fleet) -> None:
    """Variables that a client sends do not reach the gate."""
    sent = ("-oSetEnv=BASH_ENV=/nowhere PATH=/nowhere SSH_ORIGINAL_COMMAND=id",)
    assert poll(fleet, "role", *sent).stdout.endswith(f"={NONCE} done sections=1\n")


def test_a_hanging_command_is_cut_off_and_leaves_no_process(fleet: Fleet) -> None:
    """The gate's own limit ends it, the other sections still come, and nothing of it is left on the host."""
    fleet.set_fault(HOST, Fault.HANGING)
    lines = poll(fleet, "sequence errlog").stdout.splitlines()
    assert f"={NONCE} end sequence timeout=2" in lines
    assert f"={NONCE} end errlog exit=0" in lines
    assert fleet.programs_running(HOST) == set()


def test_a_stranger_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    """Without the key there is no login; without the host's key there is no connection."""
    fleet.set_fault(HOST, Fault.WRONG_LOGIN)
    got = poll(fleet, "role")
    assert (got.returncode, "Permission denied (publickey)" in got.stderr) == (255, True)
    fleet.clear_fault(HOST, Fault.WRONG_LOGIN)
    fleet.set_fault(HOST, Fault.WRONG_HOST_KEY)
    got = poll(fleet, "role")
    assert (got.returncode, "Host key verification failed" in got.stderr) == (255, True)


def test_a_configuration_that_others_can_write_is_not_trusted(fleet: Fleet) -> None:
    """The gate refuses to read where BoKS lives from a file that is not root's alone."""
    configuration = fleet.tree.hosts[HOST].gate.with_name("boks-gate.conf")
    configuration.chmod(0o666)
    try:
        got = poll(fleet, "role")
    finally:
        configuration.chmod(0o644)
    assert (got.returncode, got.stdout) == (78, "=refused untrusted_config\n")
