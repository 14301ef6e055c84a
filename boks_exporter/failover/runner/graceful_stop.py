"""Requests to stop a run at the next point where no change is running."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

_Result = TypeVar("_Result")


@dataclass
class Halt:
    """Whether a stop was requested, and why."""

    reason: str = ""
    _asked: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def is_asked(self) -> bool:
        return bool(self.reason)

    def ask(self, reason: str) -> None:
        """Request it; the first reason counts."""
        self.reason = self.reason or reason
        self._asked.set()

    async def unless(self, waiting: Awaitable[_Result]) -> _Result | None:
        """Wait for a result, but no longer than until a stop is requested; None then."""
        waited, asked = asyncio.ensure_future(waiting), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({waited, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            if not waited.done():
                waited.cancel()
        return waited.result() if waited.done() else None
