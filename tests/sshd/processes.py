"""Find and end processes that this program started, with all that they started in turn."""

import asyncio
import os
import signal
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_WAIT_SECONDS: Final = 0.02
_ROUNDS: Final = 500


@dataclass(frozen=True, slots=True)
class Process:
    """One line of `ps`."""

    pid: int
    parent: int
    state: str
    command: str


async def processes() -> tuple[Process, ...]:
    """List what runs; what is dead and only waits for its parent is left out."""
    options = ("-A", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "args=")
    ps = await asyncio.create_subprocess_exec("ps", *options, stdout=asyncio.subprocess.PIPE)
    text = (await ps.communicate())[0].decode(errors="replace")
    rows = (line.split(None, 3) for line in text.splitlines())
    listed = (Process(int(row[0]), int(row[1]), row[2], row[3] if len(row) > 3 else "") for row in rows)
    return tuple(process for process in listed if not process.state.startswith("Z"))


async def descendants(roots: Collection[int]) -> set[int]:
    """Name everything below some processes, without these."""
    listed = await processes()
    found: set[int] = set()
    while new := {each.pid for each in listed if each.parent in found | set(roots)} - found - set(roots):
        found |= new
    return found


async def mentioning(texts: Collection[str]) -> set[int]:
    listed = [each for each in await processes() if each.pid != os.getpid()]
    return {each.pid for each in listed if any(text in each.command for text in texts)}


async def end(pids: Collection[int]) -> None:
    """Kill processes at one instant, so that none tells of another's end, and wait until they are gone."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    for _ in range(_ROUNDS):
        if not set(pids) & {each.pid for each in await processes()}:
            return
        await asyncio.sleep(_WAIT_SECONDS)
    message = f"processes that do not end: {sorted(pids)}"
    raise RuntimeError(message)
