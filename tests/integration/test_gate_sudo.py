"""The sudo rules that are handed out, under the real sudo, for a login that can read nothing."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.installation import gate_conf, privileged_command_lines, sent_sudoers_lines, sudoers_lines
from boks_exporter.remote.settings import Prefix, RemotePaths
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.conversation import sudo_refusal
from tests.integration.gate_host import AS_ROOT, USER, GateHost, as_root, gate_host, line
from tests.unit.gate_expected import BY_INIT
from tests.unit.gate_runs import NONCE, steady
from tests.unit.gate_tree import EVERYTHING, STUBBORN

USER_GROUP = "nogroup"
ROOT = Path(__file__).resolve().parent.parent.parent


class SudoHost(GateHost):
    """The same host, with a sudoers file of its own: it lies over the machine's in a mount namespace."""

    rule = ""
    before = "true"
    """What root does first in that namespace, as shell text."""

    def run(self, *command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command as the reading login."""
        sudoers = self.root / "sudoers"
        as_root(
            "sh", "-c", 'printf %s "$1" >"$2"; chmod 0440 "$2"', "sh", f"Defaults use_pty\n{self.rule}", str(sudoers)
        )
        inside = (
            f'mount --bind "$0" /etc/sudoers && {self.before} &&'
            f' exec setpriv --reuid={USER} --regid={USER_GROUP} --clear-groups "$@"'
        )
        return subprocess.run(
            [*AS_ROOT, "unshare", "-m", "sh", "-c", inside, str(sudoers), *command],
            input=stdin,
            capture_output=True,
            start_new_session=True,
            timeout=60,
            cwd="/",
        )

    def ask_as_user(self, words: str = EVERYTHING) -> subprocess.CompletedProcess[bytes]:
        return self.run("env", "SSH_ORIGINAL_COMMAND=boks-gate/2", str(self.gate), stdin=line(words))


@pytest.fixture
def host() -> Iterator[SudoHost]:
    with gate_host(SudoHost) as host:
        paths = host.tree.paths(prefix=Prefix.SUDO, limit=3)
        host.rule = sudoers_lines(USER, str(host.gate))
        host.conf.write_text(gate_conf(paths))
        host.conf.chmod(0o644)
        for secret in (host.tree.etc, host.tree.var):
            secret.chmod(0o700)
        host.tree.boksadm.chmod(0o700)
        host.hand_over()
        yield host


@pytest.mark.parametrize("name", ["boks-exporter.sudoers", "boks-exporter-sent.sudoers"])
def test_visudo_accepts_the_rules_that_are_shipped(tmp_path: Path, name: str) -> None:
    """A file with a mistake would lock everybody out of sudo."""
    copy = tmp_path / name
    copy.write_text((ROOT / "deploy" / "ssh" / name).read_text())
    copy.chmod(0o440)
    result = subprocess.run(["/usr/sbin/visudo", "-csf", copy], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"{copy}: parsed OK\n")


def test_a_login_that_can_read_nothing_gets_everything_through_the_gate(host: SudoHost) -> None:
    """One fixed command line in sudoers is enough for the whole reply."""
    result = host.ask_as_user()
    assert (steady(result.stdout), result.stderr, result.returncode) == (BY_INIT["master"], b"", 0)


def test_what_hangs_as_root_is_ended_by_root(host: SudoHost) -> None:
    """The gate that cuts a command is root itself: nothing stays behind, however stubborn."""
    host.run("true")
    as_root("sh", "-c", f"cat >'{host.tree.boksadm}' <<'END'\n#!/bin/sh\n{STUBBORN}END")
    reply = parse_reply(host.ask_as_user("sequence role").stdout)
    assert [section.timed_out for section in reply.sections] == [True, False]
    assert host.tree.left_behind() == []


@pytest.mark.parametrize(
    "command",
    [
        ["GATE"],
        ["GATE", "clean-root"],
        ["GATE", "clean", "boks-gate/2"],
        ["GATE", "request-on-stdin", "more"],
        ["GATE", "Request-on-stdin"],
        ["/bin/sh", "GATE", "request-on-stdin"],
        ["/bin/sh"],
        ["/bin/cat", "/etc/shadow"],
        ["-u", "daemon", "GATE", "request-on-stdin"],
    ],
    ids=" ".join,
)
def test_sudo_refuses_everything_else(host: SudoHost, command: list[str]) -> None:
    """The rule is for this program with this one word as root, and for nothing else."""
    words = [word.replace("GATE", str(host.gate)) for word in command]
    result = host.run("sudo", "-n", *words, stdin=line("role"))
    assert (result.stdout, result.returncode) == (b"", 1)
    assert b"password is required" in result.stderr


@pytest.mark.parametrize(
    ("request_line", "reply"),
    [
        (line("role; touch /canary"), b"=refused bad_character\n"),
        (line("convert"), f"={NONCE} refused unknown_word\n".encode()),
        (b"boks-gate/2 0a role\0\n", None),
        (b"\n", b"=refused unknown_protocol\n"),
        (b"x" * 100_000 + b"\n", b"=refused too_long\n"),
    ],
)
def test_root_checks_the_request_again(host: SudoHost, request_line: bytes, reply: bytes | None) -> None:
    """A user who may run the gate as root can send its requests and nothing else."""
    result = host.run("sudo", "-n", str(host.gate), "request-on-stdin", stdin=request_line)
    if reply is None:  # a NUL is dropped or refused, as the shell likes
        assert result.stdout.startswith((b"=0a boks-gate/2 ", b"=refused "))
    else:
        assert (result.stdout, result.returncode) == (reply, 64)


def test_the_callers_environment_does_not_reach_root(host: SudoHost) -> None:
    """Even with a sudo that keeps variables, the gate starts again without any."""
    host.rule += f'Defaults:{USER} env_keep += "SSH_ORIGINAL_COMMAND gate_etc gate_sent IFS SECRET"\n'
    as_root("sh", "-c", f"printf '#!/bin/sh\\n/usr/bin/env\\n' >'{host.tree.boksadm}'")
    hostile = ("SSH_ORIGINAL_COMMAND=boks-gate/2", "SECRET=x", "gate_etc=/nowhere", "IFS=e")
    result = host.run("env", *hostile, str(host.gate), stdin=line("sequence"))
    shown = {row[1:].partition("=")[0] for row in steady(result.stdout).splitlines() if row.startswith("|")}
    assert shown - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "HOME", "LC_ALL", "UNIX95"}


def test_a_loop_becomes_root_once(host: SudoHost) -> None:
    """Sudo logs one line for a channel, however many requests come on it."""
    log = host.root / "sudo.log"
    host.rule += f"Defaults logfile={log}\n"
    requests = line("loop 60 role") + line("sequence") * 5
    result = host.run("env", "SSH_ORIGINAL_COMMAND=boks-gate/2", str(host.gate), stdin=requests)
    assert result.stdout.count(f"={NONCE} done sections=1\n".encode()) == 6
    assert as_root("cat", str(log)).stdout.count(b"request-on-stdin") == 1


def test_without_the_rule_the_message_has_the_reason(host: SudoHost) -> None:
    """No frame comes, and sudo's own words say what is missing."""
    host.rule = ""
    result = host.ask_as_user()
    assert (result.stdout, result.returncode) == (b"", 1)
    assert b"sudo: a password is required" in result.stderr


def sent(host: SudoHost, paths: RemotePaths, words: str = EVERYTHING) -> subprocess.CompletedProcess[bytes]:
    return host.run("sh", "-s", stdin=sent_script(paths, line(words).decode().rstrip()))


def test_the_rule_of_a_sent_gate_lets_exactly_its_commands_pass(host: SudoHost) -> None:
    """With the listed command lines in sudoers, nothing needs to be installed for the whole reply."""
    paths = host.tree.paths(prefix=Prefix.SUDO, limit=3)
    host.rule = sent_sudoers_lines(USER, paths)
    result = sent(host, paths)
    assert (steady(result.stdout), result.stderr) == (BY_INIT["master"], b"")
    for command in (*privileged_command_lines(paths), "/bin/cat /etc/shadow"):
        allowed = host.run("sudo", "-n", "-l", *command.split()).returncode == 0
        assert allowed == ("shadow" not in command)


def test_a_sent_gate_answers_though_it_cannot_end_what_hangs(host: SudoHost) -> None:
    """A login cannot end root's commands; the reply comes all the same, and sudo's own limit ends the command."""
    paths = host.tree.paths(prefix=Prefix.SUDO, limit=1)
    host.rule = sent_sudoers_lines(USER, paths)
    host.run("true")
    as_root("sh", "-c", f"printf '#!/bin/sh\\nexec \"%s\" 600\\n' '{host.tree.forever}' >'{host.tree.boksadm}'")
    began = time.monotonic()
    reply = parse_reply(sent(host, paths, "sequence role").stdout)
    assert time.monotonic() - began < 120, "long before its ten minutes are over"
    sequence, role = reply.sections
    assert (sequence.name, role.exit_status) == (Section.SEQUENCE, 0)
    assert sequence.timed_out or sequence.exit_status != 0  # the gate's limit or sudo's own, whichever comes first
    assert host.tree.left_behind(within=8) == []


@pytest.mark.parametrize(
    ("defaults", "has_rule", "cause"),
    [
        ("requiretty", True, "tty"),
        ("lecture=always, lecture_file={root}/lecture", False, "password"),
        ("!use_pty", False, "password"),
    ],
    ids=["requiretty", "lecture", "no rule"],
)
def test_the_cause_of_sudos_refusal_comes_first_and_its_lecture_does_not(
    host: SudoHost, defaults: str, has_rule: bool, cause: str
) -> None:
    """What sudo itself prints is mapped to its cause and the lines to add, whatever text an administrator adds."""
    lecture = host.root / "lecture"
    lecture.write_text("The use of sudo is recorded.\nAsk root.\n", encoding="utf-8")
    rule = host.rule.replace("!requiretty", "requiretty") if has_rule else ""
    host.rule = f"Defaults {defaults.format(root=host.root)}\n{rule}"
    ran = host.ask_as_user()
    failed = sudo_refusal(RawReply(ran.stdout, ran.stderr, ran.returncode, NONCE), "h", USER)
    assert failed is not None, ran
    said, _, rest = failed.detail.partition(";")
    assert said.startswith("sudo on h: ")
    assert cause in said
    assert f"{USER} ALL=(root) NOPASSWD: " in rest


def test_a_lecture_before_sudos_own_message_is_not_the_cause() -> None:
    """Older versions of sudo print the lecture although there is no terminal."""
    stderr = b"\nThe use of sudo is recorded.\n\nsudo: sorry, you must have a tty to run sudo\n"
    failed = sudo_refusal(RawReply(b"", stderr, 1, NONCE), "h", USER)
    assert failed is not None
    assert failed.detail.startswith("sudo on h: sorry, you must have a tty to run sudo;")
