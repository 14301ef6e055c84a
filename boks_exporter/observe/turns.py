"""Turns of polls: how many hosts are polled at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from boks_exporter.model import Seconds

TURN_SECONDS: Final[Seconds] = 2.0
_HOSTS_WITH_WHOLE_TURNS: Final = 5


@asynccontextmanager
async def turn(limiter: asyncio.Semaphore, seconds: Seconds = TURN_SECONDS) -> AsyncIterator[None]:
    """Take a turn; a poll that hangs gives it back after a while, so that hosts that hang delay no other."""
    await limiter.acquire()
    is_over = asyncio.Event()

    def give_back() -> None:
        if not is_over.is_set():
            is_over.set()
            limiter.release()

    timer = asyncio.get_running_loop().call_later(seconds, give_back)
    try:
        yield
    finally:
        timer.cancel()
        give_back()


def short_turn(hosts: int) -> Seconds:
    """Return the turn of each of so many hosts that did not answer the last time: all of them start early enough."""
    return TURN_SECONDS / max(1.0, hosts / _HOSTS_WITH_WHOLE_TURNS)
