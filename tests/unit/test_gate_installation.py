"""The texts that are pasted on a host: exact, and refused where they would not be safe."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.errors import InstallationError, ParseError
from boks_exporter.model import Section
from boks_exporter.parsing.reply import parse_reply
from boks_exporter.remote.gate import GateKind, gate_text, sent_script
from boks_exporter.remote.installation import (
    DEFAULT_GATE_PATH,
    authorized_keys_line,
    gate_conf,
    instructions,
    privileged_command_lines,
    sent_sudoers_lines,
    sudoers_lines,
)
from boks_exporter.remote.settings import Prefix, RemotePaths
from scripts.generate_ssh_files import EXAMPLE_KEY, FOLDER, files
from tests.unit.gate_runs import NONCE, install_gate, run_gate, run_installed
from tests.unit.gate_tree import ADDED, EVERYTHING, Tree

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINMWKJ+lJmfT2P6S0iEOvZNEP3ld0Wxmi5YUXT9SH2da"


@pytest.mark.parametrize("name", sorted(files()))
def test_the_files_under_deploy_are_the_ones_that_the_program_prints(name: str) -> None:
    """What an operator copies and what `boks-exporter gate` prints is the same; `make docs` regenerates it."""
    assert (FOLDER / name).read_text(encoding="utf-8") == files()[name]


def test_nothing_else_lies_there() -> None:
    """Every file under deploy/ssh comes from the program."""
    assert {path.name for path in FOLDER.iterdir()} == set(files())


def test_a_key_is_tied_to_the_gate_and_to_the_exporters_address() -> None:
    """The line restricts everything, names the addresses, and leaves one program."""
    assert authorized_keys_line(f"{KEY} monitoring\n", "192.0.2.10,2001:db8::/64") == (
        f'restrict,from="192.0.2.10,2001:db8::/64",command="{DEFAULT_GATE_PATH}" {KEY} monitoring\n'
    )


def test_a_key_without_a_comment_is_a_key() -> None:
    """The comment is the operator's own affair."""
    assert authorized_keys_line(KEY, "192.0.2.10", "/opt/g/gate.sh").endswith(f'gate.sh" {KEY}\n')


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "expected one public key"),
        ("ssh-ed25519", "expected one public key"),
        (f"{KEY}\n{KEY}", "expected one public key"),
        (f'command="sh" {KEY}', "expected one public key"),
        (KEY.replace("ssh-ed25519", "ssh-rsa", 1), "expected one public key"),
        (KEY[:-1], "expected one public key"),
        (KEY[:-4], "expected one public key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "expected one public key"),
        (f"{KEY} with\ttab", "expected one public key"),
        (f"{KEY} über", "expected one public key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "found a private key"),
    ],
)
def test_what_is_no_single_public_key_is_refused(key: str, message: str) -> None:
    """A line break, an option of its own or a private key must never reach authorized_keys."""
    with pytest.raises(InstallationError, match=message):
        authorized_keys_line(key, "192.0.2.10")


def test_a_refusal_does_not_repeat_a_private_key() -> None:
    """Secrets are never printed."""
    with pytest.raises(InstallationError) as refusal:
        authorized_keys_line("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "192.0.2.10")
    assert "b3Bl" not in str(refusal.value)


@pytest.mark.parametrize("source", ["", 'a"b', "192.0.2.10 *", "a\nb", "$(id)", "a\\"])
def test_what_is_no_list_of_addresses_is_refused(source: str) -> None:
    """`from` stands in quotes on a line of its own kind; nothing may end it early."""
    with pytest.raises(InstallationError, match="expected the addresses of the exporter"):
        authorized_keys_line(KEY, source)


UNSAFE_PATHS = [
    "",
    "relative/gate.sh",
    "/opt/my gate",
    '/opt/"gate',
    "/opt/g*te",
    "/opt/gate,ALL",
    "/opt/a\nb",
    "/opt/",
    "/",
]


@pytest.mark.parametrize("path", UNSAFE_PATHS)
def test_a_path_that_would_need_quoting_is_refused_everywhere(path: str) -> None:
    """sudoers, sshd and the shell quote differently; a path that all read alike needs no quoting at all."""
    for write in (
        lambda: authorized_keys_line(KEY, "192.0.2.10", path),
        lambda: gate_conf(RemotePaths(boks_etc=path)),
        lambda: gate_conf(RemotePaths(boks_var=path)),
        lambda: gate_conf(RemotePaths(boksadm=path)),
        lambda: sudoers_lines("boksmon", path),
        lambda: sent_sudoers_lines("boksmon", RemotePaths(boksadm=path)),
        lambda: instructions("boksmon", "192.0.2.10", KEY, path, RemotePaths()),
    ):
        with pytest.raises(InstallationError, match=re.escape(f"found {path!r}")):
            write()


@pytest.mark.parametrize("user", ["", "Boks", "a b", "ALL", "a,b", "%group", "#0", "a\nb", "-r", "x" * 33])
def test_what_is_no_login_name_is_refused(user: str) -> None:
    """A sudo rule must name one login, not everybody."""
    for write in (
        lambda: sudoers_lines(user),
        lambda: sent_sudoers_lines(user, RemotePaths()),
        lambda: instructions(user, "192.0.2.10", KEY, DEFAULT_GATE_PATH, RemotePaths()),
    ):
        with pytest.raises(InstallationError, match="expected a login name"):
            write()


def test_the_sudo_rule_of_an_installed_gate_is_one_command_line(tmp_path: Path) -> None:
    """The gate asks sudo for itself with one fixed word, which is what the rule allows and no more."""
    gate, calls = with_fake_sudo(Tree(tmp_path / "host"), tmp_path, prefix="sudo")
    result = run_installed(gate)
    assert result.stdout.endswith(f"={NONCE} done sections=7\n".encode())
    assert calls() == [f"-n {gate} request-on-stdin"]
    rule = sudoers_lines("boksmon", str(gate)).splitlines()[-1]
    assert rule == f"boksmon ALL=(root) NOPASSWD: {calls()[0].removeprefix('-n ')}"


def test_another_command_never_reaches_sudo(tmp_path: Path) -> None:
    """The command is checked before root is involved; root's gate checks the request."""
    gate, calls = with_fake_sudo(Tree(tmp_path / "host"), tmp_path, prefix="sudo")
    assert run_gate(gate, f"boks-gate/2 {NONCE} role\n".encode(), command="boks-gate/1 role").returncode == 64
    assert calls() == []


def test_the_sudo_rule_of_a_sent_gate_is_every_command_line_that_it_runs(tmp_path: Path) -> None:
    """Where the login can read nothing by itself, the gate puts exactly the listed command lines behind sudo."""
    tree = Tree(tmp_path / "host")
    paths = tree.paths(prefix=Prefix.SUDO)
    fake, calls = fake_sudo(tmp_path)
    text = (
        sent_script(paths, f"boks-gate/2 {NONCE} {EVERYTHING} {ADDED}")
        .decode()
        .replace("PATH=/usr/xpg4/bin:", f"PATH={fake}:/usr/xpg4/bin:")
    )
    script = tmp_path / "sent.sh"
    unreadable = text.replace('if [ -r "$file" ]', "if false").replace('if [ -r "$gate_etc/ENV" ]', "if false")
    script.write_text(unreadable)
    result = ask_installed_as_sent(script)
    assert result.endswith(f"={NONCE} done sections=13\n".encode())
    assert {call.removeprefix("-n ") for call in calls()} == set(privileged_command_lines(paths))
    rule = sent_sudoers_lines("boksmon", paths)
    assert [line.strip(" ,\\") for line in rule.replace("BOKS_EXPORTER_READS = ", "\n").splitlines()][3:-2] == list(
        privileged_command_lines(paths)
    )


def test_suexec_is_where_sudo_would(tmp_path: Path) -> None:
    """With BoKS's own suexec the gate asks it for itself in the same way."""
    gate, calls = with_fake_sudo(Tree(tmp_path / "host"), tmp_path, prefix="suexec")
    assert run_installed(gate).stdout.endswith(f"={NONCE} done sections=7\n".encode())
    assert calls() == [f"{gate} request-on-stdin"]


def test_the_instructions_hold_every_text_that_is_pasted() -> None:
    """Account, gate, key, sudo and test stand in one text, with the values given and no gap left."""
    paths = RemotePaths(prefix=Prefix.SUDO)
    text = instructions("boksmon", "192.0.2.10", KEY, DEFAULT_GATE_PATH, paths)
    for part in (
        authorized_keys_line(KEY, "192.0.2.10"),
        gate_conf(paths),
        sudoers_lines("boksmon"),
        "useradd -r -d /var/lib/boksmon -s /bin/sh boksmon",
        "usermod -p '*' boksmon",
        "| ssh -i /etc/boks-exporter/id_boksmon boksmon@HOST boks-gate/2",
    ):
        assert part in text
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize(
    ("prefix", "words"), [(Prefix.SUEXEC, "In BoKS, allow the user `boksmon`"), (Prefix.NONE, "`PREFIX=none`")]
)
def test_the_instructions_know_the_other_ways_to_become_root(prefix: Prefix, words: str) -> None:
    """Without sudo there is no sudo rule to paste."""
    text = instructions("boksmon", "192.0.2.10", KEY, DEFAULT_GATE_PATH, RemotePaths(prefix=prefix))
    assert words in text
    assert "sudoers" not in text


def test_every_refusal_of_the_gate_is_explained_to_its_reader() -> None:
    """No reason of the gate's leaves its reader alone."""
    reasons = {reason for kind in GateKind for reason in re.findall(r"refuse ([a-z_]+) \d", gate_text(kind))} | {"busy"}
    assert len(reasons) == 14
    for reason in reasons:
        with pytest.raises(ParseError, match="expected") as refusal:
            parse_reply(f"=refused {reason}\n".encode())
        assert "does not know the reason" not in str(refusal.value)


def test_the_page_on_security_names_what_leaves_a_host() -> None:
    """Every section, every key of ENV that is shown and the number of sudo rules stand in docs/security.md."""
    page = (FOLDER.parents[1] / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)
    assert rows == list(Section)
    keys = set(re.findall(r"\b([A-Z_]{8,})=\*", gate_text().split("take_line()")[1]))
    assert keys == {"BOKSINIT", "SHM_SIZE", "BRIDGE_ACCEPT_MASTER_IPS"}
    assert keys <= set(re.findall(r"`([A-Z_]{8,})`", page))
    assert len(privileged_command_lines(RemotePaths())) == 12
    assert "the twelve command lines" in page


def test_the_example_key_opens_nothing() -> None:
    """The shipped line says that its key is to be replaced; the private half was thrown away."""
    assert "replace it" in EXAMPLE_KEY


def fake_sudo(directory: Path) -> tuple[Path, Callable[[], list[str]]]:
    """Make programs sudo and suexec that write down how they were called, and obey."""
    folder = directory / "fake"
    folder.mkdir()
    log = directory / "calls"
    log.write_text("")
    for name, shift in (("sudo", "shift; "), ("suexec", "")):
        (folder / name).write_text(f'#!/bin/sh\necho "$*" >>\'{log}\'\n{shift}exec "$@"\n')
        (folder / name).chmod(0o755)
    return folder, lambda: log.read_text().splitlines()


def with_fake_sudo(tree: Tree, directory: Path, *, prefix: str) -> tuple[Path, Callable[[], list[str]]]:
    """Install a gate that finds the fake programs first."""
    folder, calls = fake_sudo(directory)
    gate = install_gate(tree, directory / "gate", settings=f"gate_prefix={prefix}\n")
    gate.write_text(gate.read_text().replace("PATH=/usr/xpg4/bin:", f"PATH={folder}:/usr/xpg4/bin:"))
    return gate, calls


def ask_installed_as_sent(script: Path) -> bytes:
    return subprocess.run(["/bin/sh", "-s"], input=script.read_bytes(), capture_output=True, timeout=60).stdout
