"""The operator's programs, hooks and the fence: facts reach them in the environment, never in a shell's text."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from boks_exporter.model import Seconds

_LAST_OUTPUT: Final = 500
_LONGEST_FACT: Final = 32_000
_READ: Final = 65_536
_DRAIN_SECONDS: Final[Seconds] = 0.5
"""What a program in the background still holds open is not waited for longer."""


async def run_program(words: tuple[str, ...], facts: Mapping[str, str], timeout_seconds: Seconds) -> str:
    """Return nothing where it exited with 0 in time, or else what happened; what it started ends with it."""
    return (await program_result(words, facts, timeout_seconds))[1]


async def program_result(
    words: tuple[str, ...], facts: Mapping[str, str], timeout_seconds: Seconds
) -> tuple[int | None, str]:
    """Return the exit status, None where it could not be run or took too long, and what happened."""
    given = {os.fsencode(f"BOKS_FAILOVER_{key.upper()}"): value for key, value in facts.items()}
    environment = {**os.environb, **{key: _as_bytes(value) for key, value in given.items()}}
    async with _output() as (end, tail, reading):
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=end,
                stderr=end,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return None, f"cannot be run: {getattr(error, 'strerror', error)}"
        finally:
            os.close(end)
        try:
            async with asyncio.timeout(timeout_seconds):
                status: int | None = await process.wait()
            problem = f"ended with {status}"
        except TimeoutError:
            await _killed(process)
            still = ", and still runs" if process.returncode is None else ""
            status, problem = None, f"took longer than {timeout_seconds:g} s{still}"
        finally:
            if process.returncode is None:
                await _killed(process)
        if status == 0:
            return status, ""
        await asyncio.wait({reading}, timeout=_DRAIN_SECONDS)
        text = _printable(tail.decode(errors="replace").strip())
    return status, problem + (f": {text}" if text else "")


def _as_bytes(fact: str) -> bytes:
    """Return a fact as an environment can hold it, whatever the locale: in UTF-8, without NUL, and not too long."""
    return fact.replace("\0", "?").encode("utf-8", "replace")[:_LONGEST_FACT]


async def _killed(process: asyncio.subprocess.Process) -> None:
    """Kill a program and what it started; one that runs as another user, as by sudo, is not waited for."""
    with suppress(ProcessLookupError):
        try:
            os.killpg(process.pid, 9)
        except PermissionError:
            return
    await process.wait()


@asynccontextmanager
async def _output() -> AsyncIterator[tuple[int, bytearray, "asyncio.Task[None]"]]:
    """Hold a pipe of which the end of what was written is kept, however much it is."""
    from_program, end = os.pipe()
    tail, reader = bytearray(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    way, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_program, "rb", buffering=0)
    )
    reading = loop.create_task(_keep_tail(reader, tail))
    try:
        yield end, tail, reading
    finally:
        way.close()
        await asyncio.wait({reading})


async def _keep_tail(reader: asyncio.StreamReader, tail: bytearray) -> None:
    while piece := await reader.read(_READ):
        tail += piece
        del tail[:-_LAST_OUTPUT]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


class FenceWord(StrEnum):
    """The last argument of the program: switch the host off, or report whether it is off."""

    OFF = "off"
    STATUS = "status"


class Fence(Protocol):
    """Call the fence for the host in the facts."""

    async def call(self, word: FenceWord, facts: Mapping[str, str]) -> str:
        """Return nothing where the host is proven to be off or isolated, or else why it is not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFence:
    """A program, if one is configured; only its exit status 0 within the time limit is a proof."""

    words: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0

    async def call(self, word: FenceWord, facts: Mapping[str, str]) -> str:
        if not self.words:
            return "no fence is configured (failover.fence)"
        problem = await run_program((*self.words, word), facts, self.timeout_seconds)
        return f"the fence ({self.words[0]} {word}) {problem}" if problem else ""


class Event(StrEnum):
    """When a hook is called."""

    BEFORE = "before"
    AFTER = "after"
    ON_FAILURE = "on_failure"


class Hooks(Protocol):
    """Call the program for an event."""

    async def call(self, event: Event, facts: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHooks:
    """One program for each event, as its words; no shell reads them."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0

    async def call(self, event: Event, facts: Mapping[str, str]) -> str:
        words: tuple[str, ...] = {"before": self.before, "after": self.after, "on_failure": self.on_failure}[event]
        problem = await run_program(words, {**facts, "event": event}, self.timeout_seconds) if words else ""
        return f"the hook {event} ({words[0]}) {problem}" if problem else ""
