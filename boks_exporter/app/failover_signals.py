"""Signals of a run: the first requests a stop where no change is running, the second exits immediately."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from boks_exporter.failover.runner import StopRequest

_HEEDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heeding_signals(halt: StopRequest, say: Callable[[str], None]) -> Iterator[None]:
    """Handle signals within the block, in the task that enters it; those ignored before (nohup) stay ignored."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def heed(received: signal.Signals) -> None:
        if not halt.is_asked():
            halt.ask(f"{received.name} was received")
            say(f"{received.name}: stopping after the current step; send it again to exit now")
        elif received is not signal.SIGHUP and task is not None:
            task.cancel()

    heeded = [each for each in _HEEDED if signal.getsignal(each) is not signal.SIG_IGN]
    for each in heeded:
        loop.add_signal_handler(each, heed, each)
    try:
        yield
    finally:
        for each in heeded:
            loop.remove_signal_handler(each)
