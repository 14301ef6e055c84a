"""`boks-exporter check` as the monitoring system runs it: a process, its output, its exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.load import slowness
from tests.unit.cli_replays import PUBLISHED_SEQUENCE, Recording, healthy, published, with_sequence, write

PROGRAM = (sys.executable, "-m", "boks_exporter")


def check(directory: Path, recording: Recording) -> "subprocess.CompletedProcess[str]":
    config = write(directory, recording)
    arguments = ["check", "--config.file", str(config), "--perfdata=all", "--timeout=100s"]
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True)


def test_the_published_outputs_are_critical(tmp_path: Path) -> None:
    """REPHOST is named as DOWN, the code is 2, and the figures follow."""
    ended = check(tmp_path, published())

    assert (ended.returncode, ended.stderr) == (2, "")
    assert ended.stdout.startswith("BOKS CRITICAL - REPHOST is DOWN: the master lists it as DOWN")
    assert " | 'prod/masters'=1;;;0; 'prod/replicas'=5;;;0; 'prod/replicas_ok'=4;;;0;5\n" in ended.stdout


@pytest.mark.parametrize(("after", "code", "verdict"), [(5053, 2, "REPHOST4 is AHEAD"), (5055, 0, "MASTER is master")])
def test_ahead_counts_only_beyond_the_second_reading(tmp_path: Path, after: int, code: int, verdict: str) -> None:
    """Two updates that the master gets between its readings are no finding; two that it never gets are."""
    recording = healthy()
    recording["REPHOST4"]["sequence"] = with_sequence(PUBLISHED_SEQUENCE, "T7", 5055)
    recording["MASTER"]["sequence.after"] = with_sequence(PUBLISHED_SEQUENCE, "T7", after)

    ended = check(tmp_path, recording)

    assert ended.returncode == code
    assert verdict in ended.stdout.splitlines()[0]
    assert f"'prod/REPHOST4/ahead'={2 if code else 0};;;0;" in ended.stdout


def test_a_name_server_that_hangs_does_not_hold_it(tmp_path: Path) -> None:
    """The look-up blocks a thread that nothing can cancel; the plugin ends in time with what it knows."""
    config = tmp_path / "config.yaml"
    config.write_text(
        "domains:\n  - name: prod\n    transport: {kind: ssh, user: boksmon}\n    hosts: [{name: master1}]\n",
        encoding="utf-8",
    )
    script = (
        "import socket, sys, time\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(600)\n"
        "from boks_exporter.cli.root_command import run\n"
        "sys.exit(run(['check', '--config.file', sys.argv[1], '-t', sys.argv[2]]))"
    )
    limit = str(round(9 * slowness()))
    ended = subprocess.run(
        [sys.executable, "-c", script, str(config), limit], capture_output=True, text=True, timeout=280
    )

    assert ended.returncode == 2
    assert "no host answers" in ended.stdout


def test_hosts_that_swallow_everything_are_unreachable_in_time(tmp_path: Path) -> None:
    """A gate that hangs costs one exchange; the plugin says which host it is, and leaves no process behind."""
    boksadm = tmp_path / "boksadm"
    boksadm.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    boksadm.chmod(0o755)
    (tmp_path / "ENV").write_text("BOKSINIT=master\n", encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(
        "domains:\n  - name: here\n    hosts: [{name: localhost}]\n"
        f"    transport: {{kind: local, paths: {{boks_etc: {tmp_path}, boks_var: {tmp_path}, boksadm: {boksadm}}}}}\n",
        encoding="utf-8",
    )
    # One host's share of the limit stays below the gate's own limit, with which a section would be reported instead.
    ended = subprocess.run(
        [*PROGRAM, "check", "--config.file", str(config), "-t", "18"], capture_output=True, text=True, timeout=280
    )

    assert ended.returncode == 2
    assert ended.stdout.startswith("BOKS CRITICAL - unknown: no host answers")
    assert "[WARNING] here: localhost is UNREACHABLE: cannot be polled (timeout)" in ended.stdout
