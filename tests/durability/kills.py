"""kill -9 of a process that writes, at random instants of its writes."""

import os
import random
import signal
import time
from itertools import count
from pathlib import Path

from tests.durability.stores import STORES, Store

_MOST_WRITES = 5
_LONGEST_SECONDS = 0.01
"""A writer is killed at an instant so long behind one of its first writes."""


def killed(kind: str, directory: Path, times: int, seed: int = 1) -> tuple[int, list[str]]:
    """Kill a writer so many times, and read its file each time; return the confirmed writes, and the faults."""
    drawn = random.Random(f"{seed} {kind}")  # noqa: S311 - an instant
    faults, writes = [], 0
    for number in range(times):
        if number % 20 == 0:  # a new file is killed while it is made, too
            path = directory / f"{kind.replace(' ', '-')}{number}" / "file.sqlite"
            path.parent.mkdir(parents=True)
            newest = 0
        confirmed = _killed_once(kind, path, newest, drawn.randrange(_MOST_WRITES), drawn.uniform(0, _LONGEST_SECONDS))
        try:
            found = STORES[kind](path).read()
        except Exception as error:  # noqa: BLE001 - whatever makes it unreadable
            faults.append(f"kill {number}: {error!r}")
            break
        if not confirmed <= found <= confirmed + 1:
            faults.append(f"kill {number}: confirmed {confirmed}, found {found}")
        writes += confirmed - newest
        newest = found
    return writes, faults


def _write_on(store: Store, newest: int, writing: int, begin: int) -> None:
    os.write(begin, b"x")
    for number in count(newest + 1):
        store.write(number)
        os.write(writing, number.to_bytes(4, "big"))


def _killed_once(kind: str, path: Path, newest: int, writes: int, delay: float) -> int:
    """Fork a writer that goes on behind the newest write, kill it, and return the last write that it confirmed."""
    reading, writing = os.pipe()
    begun, begin = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _write_on(STORES[kind](path), newest, writing, begin)
        finally:
            os._exit(1)
    for each in (writing, begin):
        os.close(each)
    os.read(begun, 1)
    shown = b""
    while len(shown) < 4 * writes and (chunk := os.read(reading, 4 * writes - len(shown))):
        shown += chunk
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the writer ended by itself"
    while chunk := os.read(reading, 65536):
        shown += chunk
    for each in (reading, begun):
        os.close(each)
    return int.from_bytes(shown[-4:], "big") if shown else newest
