"""`boks-exporter demo` as a program: what a shell sees of it, and what is left of it afterwards."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-m", "boks_exporter")
REPLICAS = ("REPHOST", "REPHOST2", "REPHOST3", "REPHOST4", "REPHOST5")
ENDING = pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])


@contextmanager
def started_demo(temporary: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a demo whose temporary files go where they can be counted; it is ended with the block."""
    process = subprocess.Popen(
        [*PROGRAM, "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def url_told_by(process: "subprocess.Popen[str]") -> str:
    """Read the guide until it names the page to open."""
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.match(r"  (http://\S+)/metrics ", line):
            return match[1]
    raise AssertionError(process.stderr.read() if process.stderr else "")


def metrics_with_all_replicas(url: str, patience_seconds: float = 20.0) -> str:
    """Wait until every replica has a verdict."""
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - the URL is what the demo printed
            page = str(answer.read().decode())
        if all(f'boks_replica_state{{boks_domain="demo",host="{name}",state="ok"}} 1' in page for name in REPLICAS):
            return page
        time.sleep(0.02)
    raise AssertionError(page)


@ENDING
def test_a_signal_ends_it_and_nothing_stays(tmp_path: Path, ending: signal.Signals) -> None:
    """The demo ends with status 0, no directory, no port and no process of it is left."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0") as process:
        url = url_told_by(process)
        metrics_with_all_replicas(url)
        assert list(tmp_path.iterdir()) != []
        process.send_signal(ending)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []
    host, port = url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port))):
        raise AssertionError(url)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    """SIGHUP, by which the daemon reloads its configuration, ends a demo."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0") as process:
        metrics_with_all_replicas(url_told_by(process))
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_it_ends_when_its_output_has_no_reader(tmp_path: Path) -> None:
    """`demo | head -1` ends without a word of complaint."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=120) == 0
        assert process.stderr.read() == ""
        process.stdout = None
    assert list(tmp_path.iterdir()) == []


@ENDING
def test_a_signal_at_the_very_beginning_leaves_nothing_either(tmp_path: Path, ending: signal.Signals) -> None:
    """A demo that is interrupted before it is ready leaves no trace."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0") as process:
        assert process.stdout is not None
        assert process.stdout.readline() != ""
        process.send_signal(ending)
        process.communicate(timeout=120)
    assert list(tmp_path.iterdir()) == []


def test_status_and_check_read_the_running_demo(tmp_path: Path) -> None:
    """The commands that the guide tells to type work as they stand: five replicas, and nothing wrong."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0", "--scenario", "calm") as process:
        url = url_told_by(process)
        metrics_with_all_replicas(url)
        status = subprocess.run([*PROGRAM, "status", "--url", url], capture_output=True, text=True, timeout=120)
        check = subprocess.run(
            [*PROGRAM, "check", "--timeout=100s", "--url", url], capture_output=True, text=True, timeout=120
        )
    assert (status.returncode, status.stderr) == (0, "")
    assert [name for name in ("MASTER1", *REPLICAS) if name not in status.stdout] == []
    assert (check.returncode, check.stderr) == (0, ""), check.stdout


def test_a_taken_port_ends_it_with_one_sentence(tmp_path: Path) -> None:
    """The sentence names the address and the way out; the demo ends with a failing status and leaves nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with started_demo(tmp_path, "--listen", address) as process:
            _, errors = process.communicate(timeout=120)
    assert process.returncode not in {0, None}
    assert f"cannot listen on {address}: Address already in use" in errors
    assert "--listen 127.0.0.1:0" in errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_duration_ends_it(tmp_path: Path) -> None:
    """With --duration it ends by itself, with status 0."""
    with started_demo(tmp_path, "--listen", "127.0.0.1:0", "--duration", "1s") as process:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_scenario_is_refused_with_the_list_of_those_there_are(tmp_path: Path) -> None:
    """A usage error names the scenarios."""
    with started_demo(tmp_path, "--scenario", "turo") as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode not in {0, None}
    assert "split-brain" in errors
    assert list(tmp_path.iterdir()) == []
