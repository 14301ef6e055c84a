"""Installers of gates, run as root under every shell: install, upgrade, check, undo, and failures in between."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from boks_exporter.remote.gate import GateKind, gate_text
from boks_exporter.remote.installation import authorized_keys_line, sudoers_lines
from boks_exporter.remote.settings import Prefix, RemotePaths
from tests.integration.installer_host import (
    CONF,
    GATE,
    KEY,
    KEYS,
    OLD_GATE,
    OPERATOR_KEY,
    InstallerHost,
    installer_host,
    operator,
    reading,
)
from tests.integration.shells import fixture_of_shells

shell = fixture_of_shells()

RULE = "/etc/sudoers.d/boks-exporter"


@pytest.fixture
def host() -> Iterator[InstallerHost]:
    with installer_host() as host:
        yield host


def succeeded(ran: subprocess.CompletedProcess[str], changed: int | None = None) -> None:
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    if changed is not None:
        assert ran.stdout.splitlines()[-1].split() == ["done:", f"changed={changed}"]


def test_it_installs_changes_nothing_twice_and_undoes_everything(host: InstallerHost) -> None:
    before = host.files()
    assert host.install(reading(), "check").returncode == 3
    assert host.files() == before
    succeeded(host.install(reading()), 7)
    installed = host.files()
    assert host.sh(f"cat {GATE}") == gate_text()
    assert host.sh(f"cat {KEYS}") == authorized_keys_line(KEY, "127.0.0.1")
    assert host.sh(f"cat {RULE}") == sudoers_lines("boksmon")
    assert host.sh(f"stat -c '%a %u:%g' {GATE} {KEYS} {RULE} {CONF} /var/lib/boksmon").split("\n")[:-1] == [
        "755 0:0", "644 0:0", "440 0:0", "644 0:0", "755 0:0",
    ]  # fmt: skip
    succeeded(host.install(reading()), 0)
    succeeded(host.install(reading(), "check"), 0)
    assert host.files() == installed
    succeeded(host.install(reading(), "undo"))
    assert host.files() == before
    assert host.install(reading(), "undo").returncode == 1


def test_every_shell_upgrades_version_1_and_puts_it_back(host: InstallerHost, shell: str) -> None:
    host.install_version_1()
    inode = host.sh(f"stat -c %i {GATE}")
    before = host.files()
    succeeded(host.install(reading(), shell=shell), 3)  # gate, sudo rule and the address in the line of the key
    assert host.sh(f"cat {GATE}") == gate_text()
    assert host.sh(f"stat -c %i {GATE}") != inode  # a shell that runs the old gate keeps its file
    assert "SECTION_TIMEOUT=12" in host.sh(f"cat {CONF}")
    assert host.sh(f"cat {KEYS}").splitlines() == [
        f"# {KEY} was here first",
        "ssh-ed25519 AAAAother someone",
        authorized_keys_line(KEY, "127.0.0.1").rstrip("\n"),
    ]
    succeeded(host.install(reading(), shell=shell), 0)
    succeeded(host.install(reading(), "check", shell=shell), 0)
    succeeded(host.install(reading(), "undo", shell=shell))
    assert host.files() == before


def test_the_operator_gate_is_allowed_and_forbidden_again(host: InstallerHost) -> None:
    succeeded(host.install(reading()))
    before = host.files()
    ran = host.install(operator())
    succeeded(ran)
    assert "note" not in ran.stdout
    assert host.sh("cat /opt/boks-gate/operator-gate.sh") == gate_text(GateKind.OPERATOR)
    assert host.sh("cat /etc/sudoers.d/boks-operator") == sudoers_lines("boksop", "/opt/boks-gate/operator-gate.sh")
    assert OPERATOR_KEY in host.sh("cat /var/lib/boksop/.ssh/authorized_keys")
    assert "\nOPERATOR=yes\n" in host.sh(f"cat {CONF}")
    succeeded(host.install(reading()), 0)
    assert "\nOPERATOR=yes\n" in host.sh(f"cat {CONF}")
    succeeded(host.install(operator(), "undo"))
    assert host.files() == before


@pytest.mark.parametrize("number", [6, 13, 20])
def test_a_failure_undoes_everything(host: InstallerHost, number: int) -> None:
    """One call of the programs that an installation runs fails; all others are tried in tests/slow."""
    host.install_version_1()
    before = host.files()
    ran = host.install(reading(), before=host.failing_call(number, "exit 1"))
    assert (ran.returncode, "failed" in ran.stderr) == (1, True), ran
    assert host.files() == before


@pytest.mark.parametrize("number", [3, 12, 19])
def test_a_run_that_was_killed_is_taken_back_by_the_next(host: InstallerHost, number: int) -> None:
    host.install_version_1()
    before = host.files()
    assert host.install(reading(), before=host.failing_call(number, "kill -9 $PPID; exit 1")).returncode != 0
    succeeded(host.install(reading()))
    succeeded(host.install(reading(), "undo"))
    assert host.files() == before


def test_a_rule_that_sudo_does_not_read_undoes_everything(host: InstallerHost) -> None:
    host.sh("echo 'root ALL=(ALL:ALL) ALL' >/etc/sudoers")
    before = host.files()
    ran = host.install(reading())
    assert (ran.returncode, "includedir" in ran.stderr) == (1, True)
    assert host.files() == before


def test_a_full_disk_undoes_everything(host: InstallerHost) -> None:
    before = host.files()
    ran = host.install(reading(), before="mount -t tmpfs -o size=24k,mode=755 none /opt && mkdir -p /opt/boks-gate")
    assert ran.returncode == 1
    assert host.files() == before


LINKED = [
    ("/opt/boks-gate", "d"),
    (GATE, "f"),
    (CONF, "f"),
    ("/opt/boks-gate/.installer", "d"),
    (RULE, "f"),
    ("/var/lib/boksmon", "d"),
    ("/var/lib/boksmon/.ssh", "d"),
    (KEYS, "f"),
]


@pytest.mark.parametrize("kind", ["link", "dangling"])
def test_a_link_is_never_followed(host: InstallerHost, kind: str) -> None:
    target = "/var/opt/target"
    for place, form in LINKED:
        made = {"d": f"mkdir {target}", "f": f"echo precious >{target}"}[form] if kind == "link" else "true"
        host.sh(f"{made}; mkdir -p $(dirname {place}) && ln -s {target} {place}")
        before = host.files()
        ran = host.install(reading())
        assert (ran.returncode, place in ran.stderr, "symbolic link" in ran.stderr) == (1, True, True), ran
        assert host.files() == before
        host.sh(f"rm -rf {target} /opt/boks-gate /var/lib/boksmon {RULE}")


def test_a_directory_that_others_can_write_is_refused(host: InstallerHost) -> None:
    for place in ("/opt", "/opt/boks-gate", "/var/lib", "/etc/sudoers.d"):
        for change in ("chmod o+w", "chmod g+w", "chown 4711"):
            host.sh(f"mkdir -p {place} && {change} {place}")
            before = host.files()
            ran = host.install(reading())
            assert (ran.returncode, f"{place} is " in ran.stderr) == (1, True), ran
            assert host.files() == before
            host.sh(f"chown 0 {place} && chmod 755 {place}")


def test_undo_leaves_what_others_changed_since(host: InstallerHost) -> None:
    host.install_version_1()
    succeeded(host.install(reading()))
    host.sh(f"echo 'ssh-ed25519 AAAAnew colleague' >>{KEYS} && echo '# ours' >>{RULE}")
    ran = host.install(reading(), "undo")
    assert ran.returncode == 4
    assert f"{RULE} was changed since" in ran.stdout
    assert "# ours" in host.sh(f"cat {RULE}")
    keys = host.sh(f"cat {KEYS}")
    assert "colleague" in keys
    assert "192.0.2.7" in keys
    assert host.sh(f"cat {GATE}") == OLD_GATE


def test_undo_goes_back_run_by_run(host: InstallerHost) -> None:
    before = host.files()
    succeeded(host.install(reading()))
    first = host.sh(f"cat {KEYS}")
    succeeded(host.install(reading(from_pattern="192.0.2.9")), 1)
    succeeded(host.install(reading(), "undo"))
    assert host.sh(f"cat {KEYS}") == first
    succeeded(host.install(reading(), "undo"))
    assert host.files() == before


def test_a_second_run_at_the_same_time_is_refused(host: InstallerHost) -> None:
    host.sh(f"mkdir -p /opt/boks-gate/.installer && ln -s {os.getpid()} /opt/boks-gate/.installer/lock")
    before = host.files()
    ran = host.install(reading())
    assert (ran.returncode, str(os.getpid()) in ran.stderr) == (1, True)
    assert host.files() == before


def test_the_login_cannot_change_its_own_key_afterwards(host: InstallerHost) -> None:
    host.sh(
        "useradd -r -m -d /var/lib/boksmon -s /bin/sh -p '*' boksmon && install -d -o boksmon /var/lib/boksmon/.ssh"
    )
    before = host.files()
    succeeded(host.install(reading()))
    assert host.sh("stat -c '%u %a' /var/lib/boksmon /var/lib/boksmon/.ssh") == "0 755\n0 755\n"
    succeeded(host.install(reading(), "undo"))
    assert host.files() == before


def test_roots_own_keys_stay_where_root_is_the_login(host: InstallerHost) -> None:
    host.sh("mkdir -p /etc/keys && echo 'ssh-ed25519 AAAAroot root' >/etc/keys/root && chmod 600 /etc/keys/root")
    paths = RemotePaths(prefix=Prefix.NONE)
    succeeded(host.install(reading(user="root", paths=paths, keys_file="/etc/keys/root")))
    rows = host.sh("cat /etc/keys/root; stat -c %a /etc/keys/root").splitlines()
    assert rows == ["ssh-ed25519 AAAAroot root", authorized_keys_line(KEY, "127.0.0.1").rstrip("\n"), "600"]
    assert "boks-exporter" not in host.sh("ls /etc/sudoers.d")


@pytest.mark.parametrize("words", [["remove"], ["check", "undo"], [""]])
def test_wrong_usage_changes_nothing(host: InstallerHost, words: list[str]) -> None:
    before = host.files()
    assert host.install(reading(), *words).returncode == 2
    assert host.files() == before


def test_a_reader_that_is_gone_ends_nothing_in_the_middle(host: InstallerHost) -> None:
    host.write("install.sh", reading())
    host.sh(f"sh {host.root}/install.sh | true; sh {host.root}/install.sh 2>&1 >&- | true")
    succeeded(host.install(reading(), "check"), 0)


def test_only_root_can_install(tmp_path: Path) -> None:
    script = tmp_path / "install.sh"
    script.write_text(reading(), encoding="utf-8")
    unprivileged = ["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []
    ran = subprocess.run([*unprivileged, "sh", "-s"], input=reading(), capture_output=True, text=True, timeout=60)
    assert (ran.returncode, "root" in ran.stderr) == (1, True)


def test_half_a_file_does_nothing(host: InstallerHost) -> None:
    """A copy that broke off does nothing: the last line of the file is the one that begins."""
    text = reading()
    before = host.files()
    for length in range(0, len(text) - len('main "$@"\n'), 4000):
        host.install(text[:length])
    assert host.files() == before
