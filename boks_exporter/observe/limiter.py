"""Limits on how many hosts are polled at the same time: turns of polls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from boks_exporter.model import Seconds

TURN_SECONDS: Final[Seconds] = 2.0
_HOSTS_WITH_WHOLE_TURNS: Final = 5


class Limiter(Protocol):
    """Limits how many hosts are polled at the same time."""

    async def acquire(self) -> object:
        """Wait for a turn."""

    def release(self) -> None:
        """Return a turn."""


class DomainLimiter:
    """The turns of one domain: a part of those of all domains, so that no domain makes the others wait for long."""

    def __init__(self, common: asyncio.Semaphore, most: int) -> None:
        """Take at most so many of the common turns at the same time."""
        self._common = common
        self._own = asyncio.Semaphore(most)

    async def acquire(self) -> None:
        await self._own.acquire()
        try:
            await self._common.acquire()
        except BaseException:
            self._own.release()
            raise

    def release(self) -> None:
        self._common.release()
        self._own.release()


@asynccontextmanager
async def turn(
    limiter: Limiter,
    seconds: Callable[[], Seconds] = lambda: TURN_SECONDS,
    given_back: Callable[[], None] | None = None,
) -> AsyncIterator[None]:
    """Take a turn; a poll that hangs gives it back after a while, so that hosts that hang delay no other.

    The while is decided when the turn begins; `given_back` is called when it is over before the poll.
    """
    await limiter.acquire()
    is_over = asyncio.Event()

    def give_back() -> None:
        if not is_over.is_set():
            is_over.set()
            limiter.release()

    def expire() -> None:
        if given_back and not is_over.is_set():
            given_back()
        give_back()

    timer = asyncio.get_running_loop().call_later(seconds(), expire)
    try:
        yield
    finally:
        timer.cancel()
        give_back()


def short_turn(hosts: int) -> Seconds:
    """Return the turn where so many hosts hang, or may: all others start early enough."""
    return TURN_SECONDS / max(1.0, hosts / _HOSTS_WITH_WHOLE_TURNS)
