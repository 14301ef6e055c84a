"""Hooks of a run: programs that get its facts in the environment, never in a shell's text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from boks_exporter.failover.runner.programs import run_program
from boks_exporter.model import Seconds


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
