"""An event loop on which a week passes in as long as its computations take."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_Result = TypeVar("_Result")

EPOCH: Final = 1_700_000_000.0
"""The Unix time at which every virtual history begins."""


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves the time on instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            message = "virtual time cannot move on: every task waits for something that no timer will bring"
            raise RuntimeError(message)
        if not ready and timeout:
            self.elapsed += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, with a time that jumps to the next timer whenever nothing else is to be done."""

    def __init__(self, begins: float = 0.0) -> None:
        self._jumping = _JumpingSelector()
        self._jumping.elapsed = begins
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed

    def lose(self, seconds: float) -> None:
        """Move the time on at once, as where the process does not run for a while."""
        self._jumping.elapsed += seconds


class VirtualClock:
    """The time of the running VirtualTimeLoop."""

    def now(self) -> float:
        return EPOCH + self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtually(main: Coroutine[Any, Any, _Result], begins: float = 0.0) -> _Result:
    """Run a coroutine to its end on virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(begins)) as runner:
        return runner.run(main)
