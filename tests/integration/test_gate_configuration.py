"""The file next to an installed gate, with root's help."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from boks_exporter.remote.installation import gate_conf
from tests.integration.gate_host import GateHost, as_root, gate_host
from tests.unit.gate_expected import MASTER
from tests.unit.gate_runs import NONCE, steady


@pytest.fixture
def host() -> Iterator[GateHost]:
    with gate_host(GateHost) as host:
        host.conf.write_text(gate_conf(host.tree.paths()))
        host.conf.chmod(0o644)
        yield host


def test_the_written_configuration_shows_the_gate_where_boks_lives(host: GateHost) -> None:
    """What `boks-exporter gate` writes, owned by root, is all that an unchanged gate needs."""
    host.hand_over()
    result = host.ask()
    assert (steady(result.stdout), result.stderr, result.returncode) == (MASTER, b"", 0)


@pytest.mark.parametrize(
    "command",
    [
        ["chown", "65534", "boks-gate.conf"],
        ["chmod", "g+w", "boks-gate.conf"],
        ["chmod", "o+w", "boks-gate.conf"],
        ["chown", "65534", "gate.sh"],
        ["chmod", "g+w", "gate.sh"],
        ["chmod", "o+w", "gate.sh"],
        ["chown", "65534", "."],
        ["chmod", "g+w", "."],
        ["chmod", "o+w", "."],
        ["chmod", "1777", "."],
    ],
    ids=" ".join,
)
def test_what_others_could_write_is_refused(host: GateHost, command: list[str]) -> None:
    """Who can write the file, the gate or their directory could have root run what he likes."""
    host.hand_over()
    path = host.directory / command[-1]
    as_root(*command[:-1], str(path))
    result = host.ask()
    shown = f"{host.directory}/." if command[-1] == "." else str(path)
    assert (result.stdout, result.stderr.decode(), result.returncode) == (
        b"=refused untrusted_config\n",
        f"boks-gate: {shown} must be root's and writable by root only\n",
        78,
    )


def test_a_configuration_behind_a_link_is_refused(host: GateHost) -> None:
    """A link is root's, but says nothing about what it leads to."""
    host.conf.rename(host.root / "elsewhere.conf")
    host.conf.symlink_to(host.root / "elsewhere.conf")
    host.hand_over()
    assert host.ask().stdout == b"=refused untrusted_config\n"


@pytest.mark.parametrize(
    "line",
    [
        "BOKS_ETC=relative/etc",
        "BOKS_ETC=",
        "BOKS_ETC",
        "BOKS_VAR=/var/opt/boksm ",
        "BOKSADM=/opt/boksm/sbin/boksadm\r",
        "BOKSADM=$(touch canary)",
        "BOKSADM=/a\tb",
        " BOKS_ETC=/etc/opt/boksm",
        "BOKS_ETC =/etc/opt/boksm",
        "boks_etc=/etc/opt/boksm",
        "PREFIX=",
        "PREFIX=su",
        "PREFIX=sudo -n",
        "PREFIX=/usr/bin/sudo",
        "SECTION_TIMEOUT=0",
        "SECTION_TIMEOUT=08",
        "SECTION_TIMEOUT=-1",
        "SECTION_TIMEOUT=1.5",
        "SECTION_TIMEOUT=10s",
        "SECTION_TIMEOUT=99999",
        "SECTION_TIMEOUT=",
        "ERRLOG_LINES=30",
        "POLLS=0",
        "POLLS=many",
        "POLLS=",
        "touch canary",
        "=/etc",
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(host: GateHost, line: str) -> None:
    """A slip in the file stops the gate: it must not go on with half of what was meant."""
    with host.conf.open("a", newline="") as conf:
        conf.write(f"\n# next line\n{line}\n")
    host.hand_over()
    number = host.conf.read_bytes().count(b"\n")
    result = host.ask()
    assert (result.stdout, result.stderr.decode(), result.returncode) == (
        b"=refused bad_config\n",
        f"boks-gate: {host.conf}: line {number} is not understood\n",
        78,
    )


def test_a_last_line_without_an_end_counts(host: GateHost) -> None:
    """An editor that leaves out the last newline changes nothing."""
    host.conf.write_text("PREFIX=none\nSECTION_TIMEOUT=0")
    host.hand_over()
    assert host.ask().stdout == b"=refused bad_config\n"


@pytest.mark.parametrize("name", ["with blanks", "$(touch canary)", "it's", "a=b", "*", "ünïcödé"])
def test_paths_of_the_file_are_taken_literally(host: GateHost, name: str) -> None:
    """However a path is spelled, it is one word and nothing in it is run."""
    (host.root / "host").rename(host.root / name)
    conf = host.conf.read_text().replace(f"{host.root}/host", f"{host.root}/{name}")
    host.conf.write_text(conf)
    host.hand_over()
    result = host.ask()
    assert (steady(result.stdout), result.stderr) == (MASTER, b"")


def test_the_limit_of_the_file_is_the_one_that_cuts(host: GateHost) -> None:
    """SECTION_TIMEOUT is seconds."""
    host.tree.boksadm_is('exec "${0%/*}/forever" 600\n')
    host.conf.write_text(gate_conf(host.tree.paths(limit=1)))
    host.hand_over()
    assert f"\n={NONCE} end sequence timeout=1\n".encode() in host.ask("sequence").stdout
    assert host.tree.left_behind() == []


def test_the_bound_of_the_file_is_the_one_that_refuses(host: GateHost) -> None:
    """POLLS is the number of polls in progress; the gate counts in a directory of its own, for root alone."""
    state = host.root / "state"
    host.conf.write_text(gate_conf(host.tree.paths(), state=str(state)).replace("#POLLS=8", "POLLS=1"))
    host.hand_over()
    assert host.ask("role").returncode == 0
    assert (state.stat().st_mode & 0o777, state.stat().st_uid) == (0o700, 0)
    assert list((state / "polls").iterdir()) == []


@pytest.mark.parametrize("mode", ["0777", "0770"])
def test_a_directory_that_others_could_write_bounds_nothing(host: GateHost, mode: str) -> None:
    """Who can write it could keep every poll out; without a bound the host is still watched."""
    state = host.root / "state"
    host.conf.write_text(gate_conf(host.tree.paths(), state=str(state)).replace("#POLLS=8", "POLLS=1"))
    host.hand_over()
    looks_like_a_gate = ["sh", "-c", "sleep 60; :", str(host.gate)]
    with subprocess.Popen(looks_like_a_gate, start_new_session=True) as other:
        busy = f"mkdir -p '{state}/polls'; chmod {mode} '{state}/polls'; echo busy >'{state}/polls/{other.pid}'"
        as_root("sh", "-c", busy)
        status = host.ask("role").returncode
        os.killpg(other.pid, signal.SIGKILL)
    assert status == 0
