"""The fence: a program of the operator's that switches an old master off or isolates it, and proves that."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from boks_exporter.failover.runner.programs import run_program
from boks_exporter.model import Seconds


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
