"""What is told while nothing but waiting is done: when it changes, and now and then, so that nobody thinks it dead."""

from typing import Final

from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Seconds

_AGAIN_AFTER: Final[Seconds] = 30.0


class ProgressReporter:
    """What was last told of one wait, and when."""

    def __init__(self, tools: Tools) -> None:
        """Begin to wait."""
        self._tools = tools
        self._last = ""
        self._began = self._at = tools.clock.monotonic()

    def __repr__(self) -> str:
        """Tell what was last said."""
        return f"<ProgressReporter {self._last!r}>"

    def waiting(self, left: Seconds, sentence: str) -> None:
        """Tell what is waited for, and how long at most."""
        self._tell(sentence, f"    waiting, {left:.0f} s at most: {sentence}")

    def running(self, host: str, sentence: str) -> None:
        """Tell that a command runs on a host, once it has run for a while."""
        now = self._tools.clock.monotonic()
        self._last = self._last or sentence
        self._tell(sentence, f"    {host}: {sentence}, {now - self._began:.0f} s so far")

    def _tell(self, sentence: str, line: str) -> None:
        now = self._tools.clock.monotonic()
        if sentence != self._last or now - self._at >= _AGAIN_AFTER:
            self._tools.say(line)
            self._last, self._at = sentence, now
