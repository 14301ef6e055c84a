"""Progress while waiting: on change, and every 30 seconds."""

from typing import Final

from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Seconds

_AGAIN_AFTER: Final[Seconds] = 30.0


class ProgressReporter:
    """The last report of one wait, and its time."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._last = ""
        self._began = self._at = tools.clock.monotonic()

    def __repr__(self) -> str:
        return f"<ProgressReporter {self._last!r}>"

    def waiting(self, left: Seconds, sentence: str) -> None:
        """Report what is waited for, and how long at most."""
        self._report(sentence, f"    waiting, {left:.0f} s at most: {sentence}")

    def running(self, host: str, sentence: str) -> None:
        """Report that a command is running on a host."""
        now = self._tools.clock.monotonic()
        self._last = self._last or sentence
        self._report(sentence, f"    {host}: {sentence}, {now - self._began:.0f} s so far")

    def _report(self, sentence: str, line: str) -> None:
        now = self._tools.clock.monotonic()
        if sentence != self._last or now - self._at >= _AGAIN_AFTER:
            self._tools.say(line)
            self._last, self._at = sentence, now
