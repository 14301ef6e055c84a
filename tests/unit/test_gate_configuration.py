"""The file next to an installed gate, as far as it can be tested without root: it is refused."""

import os
from pathlib import Path

import pytest

from boks_exporter.remote.gate import gate_text
from boks_exporter.remote.installation import gate_conf
from tests.unit.gate_runs import NONCE, install_gate, run_installed
from tests.unit.gate_tree import Tree


def give_away(path: Path) -> None:
    """See to it that a file is not root's."""
    if os.getuid() == 0:
        os.chown(path, 65534, 65534)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return install_gate(Tree(tmp_path / "host"), tmp_path / "gate dir")


def test_a_configuration_that_is_not_roots_is_refused(gate: Path) -> None:
    """A user who can write the paths can choose what the gate runs: only root may."""
    conf = gate.parent / "boks-gate.conf"
    conf.write_text("PREFIX=none\n")
    give_away(conf)
    give_away(gate.parent)
    result = run_installed(gate)
    assert (result.stdout, result.returncode) == (b"=refused untrusted_config\n", 78)
    assert result.stderr.decode().startswith(f"boks-gate: {gate.parent}")
    assert result.stderr.decode().endswith(" must be root's and writable by root only\n")


def test_a_link_that_leads_nowhere_is_refused(gate: Path) -> None:
    """A configuration that is a link is none of root's plain files, whether its target exists or not."""
    (gate.parent / "boks-gate.conf").symlink_to(gate.parent / "nowhere")
    give_away(gate.parent)
    assert run_installed(gate).stdout == b"=refused untrusted_config\n"


def test_without_a_configuration_the_built_in_paths_hold(gate: Path) -> None:
    """A host with the usual paths and a login that may run BoKS's commands needs no file."""
    assert run_installed(gate, "role").stdout.endswith(f"={NONCE} done sections=1\n".encode())


def test_the_written_configuration_has_every_setting_that_the_gate_knows(tmp_path: Path) -> None:
    """The file that `boks-exporter gate` writes and the gate's own list of keys agree."""
    written = [line.partition("=")[0] for line in gate_conf(Tree(tmp_path / "host").paths()).splitlines()]
    known = {"BOKS_ETC", "BOKS_VAR", "BOKSADM", "PREFIX", "SECTION_TIMEOUT", "OPERATOR", "STATE"}
    assert {key for key in written if not key.startswith("#")} == known
    known |= {"POLLS", "MASTER"}
    body = gate_text().split("take_setting()")[1].split("\n}")[0]
    assert {word.split(",")[0] for word in body.split() if word.split(",")[0].isupper() and "," in word} == known
