"""Send a batch of attempts to one gate; as a process of its own under strace.

Reads a pickled list of groups of attempts and writes a pickled list of what each group met.
"""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60


@dataclass(frozen=True)
class Sent:
    """One attempt as it is sent."""

    gate: str
    environment: Mapping[bytes, bytes]
    stdin: bytes


@dataclass(frozen=True)
class Met:
    """How a gate answered."""

    status: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class GroupMet:
    """The replies to attempts that were begun at the same moment, and what the host held before and has run since."""

    replies: tuple[Met, ...]
    lock: str
    ran: tuple[str, ...]


def main() -> None:
    """Send all groups as a process of its own."""
    groups: list[list[Sent]] = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    pickle.dump(send(Path(sys.argv[1]), Path(sys.argv[2]), groups), sys.stdout.buffer)


def send(state: Path, ran: Path, groups: list[list[Sent]]) -> list[GroupMet]:
    """Send all groups, one after the other."""
    met, seen, lock = [], 0, state / "lock"
    for group in groups:
        held = lock.read_text().partition(" ")[0] if lock.exists() else ""
        replies = _sent(group)
        _settle(state)
        lines = ran.read_text().splitlines() if ran.exists() else []
        met.append(GroupMet(replies, held, tuple(lines[seen:])))
        seen = len(lines)
    return met


def _settle(state: Path) -> None:
    """Wait for a change that outlives its request."""
    until = time.monotonic() + SECONDS
    while (state / "change").exists() and time.monotonic() < until:
        time.sleep(0.05)


def _sent(group: list[Sent]) -> tuple[Met, ...]:
    processes = [
        subprocess.Popen(
            [each.gate],
            env=each.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for each in group
    ]
    replies = []
    for process, each in zip(processes, group, strict=True):
        try:
            out, err = process.communicate(each.stdin, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            out, err = process.communicate()
        replies.append(Met(process.returncode, out, err))
    return tuple(replies)
