"""`boks-exporter demo --failover` as a program: the whole night in one command."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "boks_exporter", "demo", "--failover")
CHANGES = ("promote", "retire", "add-replica", "failback")


def started(temporary: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )


@pytest.mark.timeout(1200)
def test_from_the_death_of_the_master_to_all_green(tmp_path: Path) -> None:
    """Every plan is shown, applied by its fingerprint and done; the exporter sees it; nothing is left."""
    process = started(tmp_path)
    try:
        printed, errors = process.communicate(timeout=1100)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, ""), printed[-4000:]
    assert re.findall(r"^exit 0, run \S+-\d{6}-(\S+)-[0-9a-f]{8}$", printed, re.MULTILINE) == list(CHANGES)
    shown = re.findall(r"^Fingerprint: (\S+)$", printed, re.MULTILINE)
    assert (
        re.findall(r"^\$ boks-exporter failover \S+ \S+ (?:--accept .+ )?--apply (\S+)$", printed, re.MULTILINE)
        == shown
    )
    assert printed.index("the domain is no master") < printed.index("failover candidates")
    assert "demo: ok - MASTER1 is master, 3 replicas are ok" in printed
    assert "By the simulator's own truth MASTER1 is the only master" in printed
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_signal_in_the_middle_of_a_command_ends_it_and_nothing_stays(tmp_path: Path) -> None:
    """A tour that is ended early prints that, and its commands end with it."""
    process = started(tmp_path)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("$ boks-exporter failover candidates"):
                break
        process.send_signal(signal.SIGTERM)
        printed, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors) == (1, "")
    assert "The tour was stopped before its end." in printed
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_it_ends_when_its_output_has_no_reader(tmp_path: Path) -> None:
    """`demo --failover | head -1` ends without a word of complaint."""
    process = started(tmp_path)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == ""
        process.stdout = None
    finally:
        process.kill()
        process.communicate()
    assert list(tmp_path.iterdir()) == []
