"""Limits on how many hosts are polled at the same time: turns of polls."""

import asyncio
from collections.abc import Callable
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


class Turn:
    """One poll's turn; a poll that hangs gives it back after a while, so that hosts that hang delay no other.

    The while is decided when the turn begins; `given_back` is called when it is over before the poll.
    """

    def __init__(self, limiter: Limiter, seconds: Callable[[], Seconds], given_back: Callable[[], None]) -> None:
        self._limiter = limiter
        self._seconds = seconds
        self._given_back = given_back
        self._is_over = False

    async def __aenter__(self) -> None:
        await self._limiter.acquire()
        self._timer = asyncio.get_running_loop().call_later(self._seconds(), self._expire)

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if not self._is_over:
            self._limiter.release()

    def _expire(self) -> None:
        self._is_over = True
        self._given_back()
        self._limiter.release()


def short_turn(hosts: int) -> Seconds:
    """Return the turn where so many hosts hang, or may: all others start early enough."""
    return TURN_SECONDS / max(1.0, hosts / _HOSTS_WITH_WHOLE_TURNS)
