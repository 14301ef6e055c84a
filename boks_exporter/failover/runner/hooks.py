"""Hooks of a run: programs that get its facts in the environment, never in a shell's text."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from boks_exporter.model import Seconds

_LAST_WORDS: Final = 500


class Event(StrEnum):
    """When a hook is called."""

    BEFORE = "before"
    AFTER = "after"
    ON_FAILURE = "on_failure"


class Hooks(Protocol):
    """Call the program for an event."""

    async def call(self, event: Event, facts: Mapping[str, str]) -> str: ...


class NoHooks:
    """No program is called."""

    async def call(self, event: Event, facts: Mapping[str, str]) -> str:  # noqa: ARG002 - the protocol's
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHooks:
    """One program for each event, as its words; no shell reads them."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    timeout_seconds: Seconds = 60.0

    async def call(self, event: Event, facts: Mapping[str, str]) -> str:
        words: tuple[str, ...] = {"before": self.before, "after": self.after, "on_failure": self.on_failure}[event]
        if not words:
            return ""
        environment = {**os.environ, **{f"BOKS_FAILOVER_{key.upper()}": value for key, value in facts.items()}}
        environment["BOKS_FAILOVER_EVENT"] = event
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"the hook {event} ({words[0]}) cannot be run: {error.strerror}"
        return await self._wait(process, event, words[0])

    async def _wait(self, process: asyncio.subprocess.Process, event: Event, program: str) -> str:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            return f"the hook {event} ({program}) took longer than {self.timeout_seconds:g} s"
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                await process.wait()
        if process.returncode:
            words = said.decode(errors="replace").strip()[-_LAST_WORDS:]
            return f"the hook {event} ({program}) ended with {process.returncode}" + (f": {words}" if words else "")
        return ""
