"""What signals mean to a run: the first one asks it to stop where nothing is under way, another one leaves at once."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from boks_exporter.failover.runner import Halt

_HEEDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heeding_signals(halt: Halt, say: Callable[[str], None]) -> Iterator[None]:
    """Heed them within the block, in the task that enters it; one that was ignored before (nohup) stays ignored."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def heed(received: signal.Signals) -> None:
        if not halt.is_asked():
            halt.ask(f"{received.name} was received")
            say(f"{received.name}: it stops as soon as nothing is under way; once more leaves at once")
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
