"""Holders of either key who mean harm, under every shell that a host may have as its `sh`."""

from pathlib import Path

import pytest

from tests.integration.shells import fixture_of_shells
from tests.unit.gate_hostile import Bait, HostileCaller
from tests.unit.gate_runs import NONCE, run_gate, run_installed
from tests.unit.operator_host import OperatorHost, ask

shell = fixture_of_shells()
COMMANDS = (
    "",
    "sh",
    "id; touch canary",
    "request-on-stdin",
    "clean-root",
    "worker R1.1 t R1.1 boot-stop",
    "boks-gate/2 ",
)


def test_other_commands_of_the_client_are_refused(tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By both gates, whatever stands on standard input."""
    monkeypatch.chdir(tmp_path)
    bait, host = Bait(tmp_path / "reading", shell), OperatorHost(tmp_path / "operator", shell=shell)
    for command in COMMANDS:
        got = run_gate(bait.gate, f"boks-gate/2 {NONCE} sequence\n".encode(), command=command)
        assert (got.stdout, got.returncode) == (b"=refused unknown_protocol\n", 64)
        assert ask(host, f"boks-gate/2 {NONCE} op preflight", command=command) == ("=refused unknown_protocol\n", 64)
    assert (bait.files(), host.ran, host.state.exists()) == (bait.before, [], False)


def test_the_callers_environment_counts_for_nothing(tmp_path: Path, shell: str) -> None:
    """No variable, program or exported function of the caller's is used: bash would import functions."""
    bait = Bait(tmp_path, shell)
    hostile = HostileCaller(tmp_path / "trap", canary=tmp_path / "host" / "canary")
    result = run_installed(bait.gate, "role errlog", env=hostile.environment)
    assert b"\nBOKSINIT=master\n" in result.stdout
    assert result.stdout.endswith(f"={NONCE} done sections=2\n".encode())
    assert not (tmp_path / "host" / "canary").exists()


def test_a_second_line_is_not_answered_without_a_loop(tmp_path: Path, shell: str) -> None:
    """One channel, one request; what follows is never read."""
    bait = Bait(tmp_path, shell)
    got = run_gate(bait.gate, f"boks-gate/2 {NONCE} role\nboks-gate/2 0b sequence\ntouch canary\n".encode())
    assert got.stdout.count(b" done sections=") == 1
    assert not (tmp_path / "host" / "canary").exists()
