"""What the gate refuses: everything but its own words."""

from pathlib import Path

import pytest

from boks_exporter.model import Section
from boks_exporter.remote.request import EVERY_GATE, READING, ROLE_ONLY, Request, request_line
from tests.unit.gate_hostile import HOSTILE, Bait, HostileCaller
from tests.unit.gate_runs import run_gate, run_installed, steady


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bait:
    monkeypatch.chdir(tmp_path)
    return Bait(tmp_path)


@pytest.mark.parametrize(("request_line", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_any_other_request_is_refused_with_its_reason(bait: Bait, request_line: str, reason: str) -> None:
    """A hostile request gets one frame with the reason, status 64, and nothing is run or written."""
    result = run_gate(bait.gate, request_line.encode() + b"\n")
    assert result.stdout.decode() in {f"=refused {reason}\n", f"=0a refused {reason}\n"}
    assert (result.stderr, result.returncode) == (b"", 64)
    assert bait.files() == bait.before


@pytest.mark.parametrize(
    "command", ["", "sh", "boks-gate/1 role", "boks-gate/2 0a role", "request-on-stdin", "clean-root", "boks-gate/2\n"]
)
def test_any_other_command_is_refused(bait: Bait, command: str) -> None:
    """The words of a request come over standard input and nowhere else."""
    result = run_gate(bait.gate, b"boks-gate/2 0a sequence\n", command=command)
    assert (result.stdout, result.returncode) == (b"=refused unknown_protocol\n", 64)
    assert bait.files() == bait.before


def test_a_line_without_its_end_is_no_request(bait: Bait) -> None:
    """A connection that broke in the middle of a line runs nothing."""
    result = run_gate(bait.gate, b"boks-gate/2 0a sequence")
    assert (result.stdout, result.returncode) == (b"", 0)
    assert bait.files() == bait.before


def test_the_exporters_own_requests_are_accepted(tmp_path: Path) -> None:
    """Every request that this program sends is in the gate's vocabulary, as are all sections one by one."""
    gate = Bait(tmp_path).gate
    for request in (EVERY_GATE, READING, ROLE_ONLY, *(Request((section,)) for section in Section)):
        result = run_gate(gate, f"{request_line(request, '0a')}\n".encode())
        assert result.stdout.endswith(b"=0a done sections=%d\n" % len(request.sections))


def test_nothing_of_the_callers_environment_counts(tmp_path: Path) -> None:
    """Neither variables nor functions that bash exports change what the gate runs."""
    bait = Bait(tmp_path)
    hostile = HostileCaller(tmp_path / "trap", canary=tmp_path / "host" / "canary")
    result = run_installed(bait.gate, "role errlog", env=hostile.environment)
    assert result.stderr == b""
    assert b"\nBOKSINIT=master\n" in result.stdout
    assert steady(result.stdout).endswith("=end errlog exit=0\n=done sections=2\n")
    assert not (tmp_path / "host" / "canary").exists()


def test_a_command_sees_a_clean_environment(bait: Bait) -> None:
    """BoKS's commands see the gate's few variables, and none of the caller's."""
    bait.tree.boksadm_is("/usr/bin/env\n")
    result = run_installed(bait.gate, "sequence", env={"LD_LIBRARY_PATH": "/tmp", "SECRET": "x"})  # noqa: S108 - only named
    shown = {line[1:].partition("=")[0] for line in steady(result.stdout).splitlines() if line.startswith("|")}
    assert shown - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "HOME", "LC_ALL", "UNIX95"}
