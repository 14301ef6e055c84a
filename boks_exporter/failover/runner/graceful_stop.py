"""A run that is asked to stop: it does so where nothing is under way, and leaves to be known what was done."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

_Result = TypeVar("_Result")


@dataclass
class Halt:
    """Whether somebody asked a run to stop, and who."""

    reason: str = ""
    _asked: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def is_asked(self) -> bool:
        """Tell whether somebody did."""
        return bool(self.reason)

    def ask(self, reason: str) -> None:
        """Ask for it; the first reason counts."""
        self.reason = self.reason or reason
        self._asked.set()

    async def unless(self, waiting: Awaitable[_Result]) -> _Result | None:
        """Wait for something, but no longer than until somebody asks; None then."""
        waited, asked = asyncio.ensure_future(waiting), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({waited, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            if not waited.done():
                waited.cancel()
        return waited.result() if waited.done() else None
