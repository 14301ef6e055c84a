"""The operator's sudo rule under the real sudo: each login has its own rule, and neither can use the other's."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.remote.installation import gate_conf, sudoers_lines
from boks_exporter.remote.settings import Prefix
from tests.integration.gate_host import USER, gate_host, line
from tests.integration.test_gate_sudo import SudoHost
from tests.unit.gate_runs import NONCE
from tests.unit.operator_host import DATA, whole

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "ssh" / "boks-operator.sudoers"


@pytest.fixture
def host() -> Iterator[SudoHost]:
    with gate_host(SudoHost) as host:
        state = host.root / "state"
        state.mkdir(mode=0o700)
        for name in DATA:
            (host.tree.var / "data" / name).write_text("x\n")
        host.tree.boksadm_is('echo "$* as $(id -u)"\n')
        host.conf.write_text(gate_conf(host.tree.paths(prefix=Prefix.SUDO), operator=True, state=str(state)))
        host.conf.chmod(0o644)
        host.hand_over()
        host.rule = sudoers_lines(USER, str(host.operator_gate))
        yield host


def ask(host: SudoHost, words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the operator gate as sshd runs a forced command for the login."""
    return host.run("env", "SSH_ORIGINAL_COMMAND=boks-gate/2", str(host.operator_gate), stdin=line(f"op {words}"))


def test_visudo_finds_nothing_wrong_with_the_shipped_rule(tmp_path: Path) -> None:
    """The file in deploy/ssh passes the strict check of sudo."""
    copy = tmp_path / SHIPPED.name
    copy.write_text(SHIPPED.read_text())
    copy.chmod(0o440)
    result = subprocess.run(["/usr/sbin/visudo", "-csf", copy], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"{copy}: parsed OK\n")


def test_a_change_is_made_as_root_by_the_operators_rule_alone(host: SudoHost) -> None:
    """One fixed command line in sudoers is enough; preflight goes the same way and promises it."""
    assert b"\npermitted=yes\nboksadm=yes\nstate=writable\n" in ask(host, "preflight").stdout
    assert b"\nlock=held\n" in ask(host, "lock R1 alice").stdout
    reply = whole(ask(host, "do R1.1 boot-stop").stdout)
    assert reply == "=section do\n|-S Boot -k as 0\n=end do state=done exit=0 seconds=N\n"


def test_without_the_rule_preflight_fails_as_a_change_would(host: SudoHost) -> None:
    """No frame comes, and sudo says what is missing."""
    host.rule = sudoers_lines(USER, str(host.gate))
    result = ask(host, "preflight")
    assert (result.stdout, result.returncode) == (b"", 1)
    assert b"sudo: a password is required" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["READING", "request-on-stdin"],
        ["GATE", "request-on-stdin", "more"],
        ["GATE", "operator-on-stdin"],
        ["GATE", "worker", "R1.1", "token", "R1.1", "boot-stop"],
        ["GATE", "clean-worker", "R1.1", "token", "R1.1", "boot-stop"],
        ["GATE", "clean-root"],
        ["GATE"],
        ["/bin/sh"],
    ],
    ids=" ".join,
)
def test_the_operators_rule_allows_nothing_else(host: SudoHost, words: list[str]) -> None:
    """Not even the reading gate."""
    paths = {"GATE": str(host.operator_gate), "READING": str(host.gate)}
    result = host.run("sudo", "-n", *(paths.get(word, word) for word in words), stdin=line("op preflight"))
    assert (result.stdout, result.returncode) == (b"", 1)


def test_the_reading_login_cannot_use_the_operator_gate(host: SudoHost) -> None:
    """Its rule names the reading gate, which has no word that changes anything."""
    host.rule = sudoers_lines(USER, str(host.gate))
    request = line("op preflight")
    assert host.run("sudo", "-n", str(host.operator_gate), "request-on-stdin", stdin=request).stdout == b""
    result = host.run("sudo", "-n", str(host.gate), "request-on-stdin", stdin=request)
    assert (result.stdout, result.returncode) == (f"={NONCE} refused unknown_word\n".encode(), 64)


def test_a_configuration_that_forbids_changes_stops_them_for_root_too(host: SudoHost) -> None:
    """OPERATOR=no is enough, whatever key and rule say."""
    host.run("true")
    conf = gate_conf(host.tree.paths(prefix=Prefix.SUDO))
    subprocess.run(["sh", "-c", f"cat >'{host.conf}'"], input=conf.encode(), check=True)
    assert ask(host, "preflight").stdout == b"=refused operator_disabled\n"
    forced = host.run("sudo", "-n", str(host.operator_gate), "request-on-stdin", stdin=line("op preflight"))
    assert forced.stdout == b"=refused operator_disabled\n"


@pytest.mark.parametrize(
    ("kills", "excluded", "only", "said"),
    [
        ("yes", "root", "", True),
        ("yes", "root", f"alice {USER}", True),
        ("yes", "root", "alice", False),
        ("yes", f"root {USER}", "", False),
        ("no", "root", "", False),
    ],
)
def test_preflight_shows_where_the_end_of_the_session_would_end_boks(
    host: SudoHost, kills: str, excluded: str, only: str, said: bool
) -> None:
    """It asks logind about the login that came, not about root, whom logind excludes."""
    loginctl = host.root / "loginctl"
    answers = {"KillUserProcesses": kills, "KillExcludeUsers": excluded, "KillOnlyUsers": only}
    cases = "".join(f"{key}) echo '{key}={value}' ;; " for key, value in answers.items())
    script = f'#!/bin/sh\n[ "$1 $2" = "show-user -p" ] && case $3 in {cases}esac\n'
    subprocess.run(["sh", "-c", f"cat >'{loginctl}' && chmod 755 '{loginctl}'"], input=script.encode(), check=True)
    host.before = f"mount --bind '{loginctl}' /usr/bin/loginctl"
    reply = ask(host, "preflight").stdout
    assert ("|session=killed\n=end preflight exit=0" in whole(reply)) is said


def test_a_command_outlives_sudo_and_its_terminal(host: SudoHost) -> None:
    """With `use_pty` the gate has a terminal of its own, which sudo takes away when the gate has answered."""
    host.run("true")
    conf = gate_conf(host.tree.paths(prefix=Prefix.SUDO, limit=1), operator=True, state=str(host.root / "state"))
    slow = f'#!/bin/sh\n"{host.tree.forever}" 4\necho ended\n'
    for file, text in ((host.conf, conf), (host.tree.boksadm, slow)):
        subprocess.run(["sh", "-c", f"cat >'{file}'"], input=text.encode(), check=True)
    ask(host, "lock R1 alice")
    assert b" end do state=running" in ask(host, "do R1.1 boot-stop").stdout
    until = time.monotonic() + 30
    while b"state=running" in (reply := ask(host, "record R1.1").stdout) and time.monotonic() < until:
        time.sleep(0.2)
    assert "|ended\n=end record state=done exit=0 " in whole(reply)
