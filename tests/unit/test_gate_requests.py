"""What the gate refuses: everything but its own words."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from boks_exporter.model import Section
from boks_exporter.remote.request import LOOK, READING, ROLE_ONLY
from tests.unit.gate_hostile import HOSTILE, Bait, HostileCaller
from tests.unit.gate_tree import ask_installed
from tests.unit.hypothesis_budget import tried


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bait:
    monkeypatch.chdir(tmp_path)
    return Bait(tmp_path)


@pytest.mark.parametrize(("request_line", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_any_other_request_is_refused_with_its_reason(bait: Bait, request_line: str, reason: str) -> None:
    """A hostile request gets one frame with the reason, status 64, and nothing is run or written."""
    result = ask_installed(bait.gate, request_line)
    assert (result.stdout.decode(), result.stderr, result.returncode) == (f"=refused {reason}\n", b"", 64)
    assert bait.files() == bait.before


@tried(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=260).filter(lambda noise: b"\0" not in noise))
def test_no_bytes_whatever_run_anything(bait: Bait, noise: bytes) -> None:
    """Random bytes, as they are and behind the protocol's own words, are refused and run nothing."""
    for request_line in (noise, b"boks-gate/1 " + noise, b"boks-gate/1 sequence" + noise.strip() + b"x"):
        result = ask_installed(bait.gate, request_line)
        assert result.stdout.startswith(b"=refused ")
        assert (result.stdout.count(b"\n"), result.stderr, result.returncode) == (1, b"", 64)
    assert bait.files() == bait.before


def test_the_exporters_own_requests_are_accepted(bait: Bait) -> None:
    """Every request that this program sends is in the gate's vocabulary, as are all sections one by one."""
    for line in (LOOK.line(), READING.line(), ROLE_ONLY.line(), *(f"boks-gate/1 {section}" for section in Section)):
        result = ask_installed(bait.gate, line)
        assert result.stdout.endswith(b"=done sections=%d\n" % (len(line.split()) - 1))


def test_nothing_of_the_callers_environment_counts(bait: Bait, tmp_path: Path) -> None:
    """Neither variables nor functions that bash exports change what the gate runs."""
    hostile = HostileCaller(tmp_path / "trap", canary=tmp_path / "host" / "canary")
    result = ask_installed(bait.gate, "boks-gate/1 role errlog", env=hostile.environment)
    assert result.stderr == b""
    assert b"|BOKSINIT=master\n" in result.stdout
    assert result.stdout.endswith(b"=end errlog exit=0 seconds=0\n=done sections=2\n")
    assert bait.files() - bait.before == hostile.files


def test_a_command_sees_a_clean_environment(bait: Bait) -> None:
    """BoKS's commands see the gate's few variables, and none of the caller's."""
    bait.tree.boksadm_is("/usr/bin/env\n")
    result = ask_installed(bait.gate, "boks-gate/1 sequence", env={"LD_LIBRARY_PATH": "/tmp", "SECRET": "x"})  # noqa: S108 - only named
    shown = {line[1:].partition("=")[0] for line in result.stdout.decode().splitlines() if line.startswith("|")}
    assert shown - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "HOME", "LC_ALL", "UNIX95"}
