"""`status --watch`: the table again and again on a terminal, with what changed marked."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from boks_exporter.cli.status_table import rendered
from boks_exporter.cli.streams import echo
from boks_exporter.errors import BoksExporterError
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.report.shapes import worst_of
from boks_exporter.text.harmless import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boks_exporter.report import StatusReport

_ENTER: Final = "\x1b[?1049h\x1b[?25l"
"""The alternate screen, so that the terminal looks as before afterwards; and no cursor."""
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_MARKED_REFRESHES: Final = 3
"""A change stays marked for so many refreshes."""


@dataclass
class StatusWatch:
    """Fetch a report at an interval and draw it; a failure is shown above the last report, which stays."""

    fetch: Callable[[], "StatusReport"]
    interval_seconds: float
    commands: NextCommands = field(default_factory=NextCommands)
    report: "StatusReport | None" = None
    failure: str = ""
    wake: threading.Event = field(default_factory=threading.Event)
    _states: dict[tuple[str, str], tuple[object, ...]] = field(default_factory=dict)
    _marks: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(self) -> None:
        """Draw until it is interrupted; a terminal of another size is drawn at once."""
        with _screen(self.wake):
            try:
                while True:
                    self.refresh()
                    self.draw()
                    while self.wake.wait(self.interval_seconds):  # the size changed
                        self.wake.clear()
                        self.draw()
            except KeyboardInterrupt:
                pass
        if self.report is not None:
            echo(rendered(self.report, self.commands), nl=False, color=True)

    def refresh(self) -> None:
        """Fetch a report and note which hosts changed."""
        try:
            report = self.fetch()
        except (BoksExporterError, click.ClickException) as error:
            self.failure = error.format_message() if isinstance(error, click.ClickException) else str(error)
            return
        before, self.report, self.failure = self._states, report, ""
        self._states = _states(report)
        self._marks = {key: left - 1 for key, left in self._marks.items() if left > 1}
        if before:
            for key, state in self._states.items():
                if before.get(key) != state:
                    self._marks[key] = _MARKED_REFRESHES

    def draw(self) -> None:
        """Draw what fits, from the top: the worst hosts are there."""
        columns, height = _size()
        lines = [f"NOT REFRESHED: {harmless(self.failure)}"] if self.failure else []
        if self.report is not None:
            lines += rendered(self.report, self.commands, width=columns, changed=self._marks).rstrip("\n").split("\n")
        if len(lines) > height:
            lines[height - 1 :] = [f"... {len(lines) - height + 1} more lines"]
        lines = [_cut(line, columns) for line in lines]
        title = f"\x1b]0;{_worst(self.report)} boks\x07"
        echo(title + "\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J", nl=False, color=True)
        sys.stdout.flush()


def _cut(line: str, columns: int) -> str:
    """Cut a line that is wider than the terminal; some characters take two columns."""
    plain = Text.from_ansi(line).plain
    return line if cell_len(plain) <= columns else set_cell_size(plain, columns)


def _states(report: "StatusReport") -> dict[tuple[str, str], tuple[object, ...]]:
    """Return what counts as a change of a host."""
    return {
        (domain["domain"], host["host"]): (host["state"], host["role"], host["reported_status_word"])
        for domain in report["domains"]
        for host in domain["hosts"]
    }


def _worst(report: "StatusReport | None") -> str:
    """Return the worst shape of all."""
    domains = report["domains"] if report else []
    states = [worst_of(domain["state"], (host["state"] for host in domain["hosts"])) for domain in domains]
    return min(states, key=lambda state: state.rank).shape if states else "?"


def _size() -> tuple[int, int]:
    size = os.get_terminal_size(sys.stdout.fileno())
    return size.columns or 80, size.lines or 24


@contextmanager
def _screen(wake: threading.Event) -> "Iterator[None]":
    """Use the alternate screen, and wake up when the terminal's size changes."""

    def resized(*_: Any) -> None:
        wake.set()

    before = signal.signal(signal.SIGWINCH, resized)
    echo(_ENTER, nl=False, color=True)
    try:
        yield
    finally:
        echo(_LEAVE, nl=False, color=True)
        signal.signal(signal.SIGWINCH, before)
