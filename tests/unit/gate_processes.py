"""The processes of gates under test."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.unit.gate_runs import Channel


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def listing(*columns: str) -> list[list[str]]:
    names = [part for column in columns for part in ("-o", f"{column}=")]
    printed = subprocess.run(["ps", "-A", "-ww", *names], capture_output=True, text=True, check=True).stdout
    return [line.split(None, len(columns) - 1) for line in printed.splitlines()]


def gates_of(directory: Path, within: float = 60.0) -> list[list[str]]:
    """List the gates installed below a directory that still run."""
    until = time.monotonic() + within
    while True:
        found = [row for row in listing("pid", "args") if len(row) > 1 and str(directory / "gate") in row[1]]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def in_group(group: int, within: float = 60.0) -> list[list[str]]:
    """List what still runs in a process group."""
    until = time.monotonic() + within
    while True:
        found = [row for row in listing("pgid", "stat", "args") if row[0] == str(group) and row[1][0] != "Z"]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def sleeps_of(channel: Channel) -> list[str]:
    """The timers that a gate has running, in seconds, once no poll is in progress; ksh93's are forks of itself."""
    rows = listing("pgid", "args")
    found = [row[1].split()[-1] for row in rows if row[0] == str(channel.process.pid) and row[1].startswith("sleep ")]
    return found or ["3600"]
