"""`status --watch` on pseudo-terminals of several sizes."""

import fcntl
import os
import pty
import re
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from rich.cells import cell_len

from boks_exporter.cli.status_watch import StatusWatch
from boks_exporter.errors import BoksExporterError
from boks_exporter.report import StatusReport
from tests.unit.cli_reports import domain, host, report

_ESCAPES = re.compile(r"\x1b\[[?0-9]*[a-zA-Z]|\x1b\][^\x07]*\x07")


class Screen:
    """What was written to the terminal, split at each drawing."""

    def __init__(self, ours: int, theirs: int) -> None:
        self.theirs = theirs
        self.raw = b""
        self._reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reader.start()

    def _read(self, ours: int) -> None:
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:
                return
            if not data:
                return
            self.raw += data

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def close(self) -> None:
        self._reader.join(timeout=60)

    def drawings(self) -> list[list[str]]:
        """Return the lines of each drawing, without its escape sequences."""
        text = self.raw.decode().partition("\x1b[?1049h")[2].partition("\x1b[?1049l")[0]
        return [_ESCAPES.sub("", part).split("\r\n") for part in text.split("\x1b[H")[1:]]


@contextmanager
def screen(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int = 40) -> Iterator[Screen]:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLUMNS", raising=False)
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        shown = Screen(ours, theirs)
        shown.resize(columns, lines)
        monkeypatch.setattr("sys.stdout", stream)
        yield shown
        stream.flush()
    monkeypatch.undo()
    shown.close()
    os.close(ours)


def script(*steps: StatusReport | Exception | Callable[[], StatusReport]) -> Callable[[], StatusReport]:
    """Answer each fetch with the next step; after the last one the user interrupts."""
    left = list(steps)

    def fetch() -> StatusReport:
        if not left:
            raise KeyboardInterrupt
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else step

    return fetch


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_changes_are_marked(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """The host that went down is first and has an asterisk; the one that did not change has none."""
    before = report(domain(host("a"), host("b")))
    after = report(domain(host("a"), host("b", "down"), state="degraded", reason="b is down"))
    with screen(monkeypatch, columns) as shown:
        StatusWatch(script(before, after), 0.01).run()
    first, second = shown.drawings()
    assert not any("*" in line for line in first)
    assert [line.split()[:4] for line in second if "*" in line] == [["■", "down", "b", "*"]]
    assert second.index(next(line for line in second if "down" in line and "*" in line)) < second.index(
        next(line for line in second if line.startswith("✓ ok    a "))
    )
    assert all(len(line.rstrip()) <= columns for line in (*first, *second))
    assert any("next: boks-exporter diagnose b" in line for line in second)
    assert re.findall(r"\x1b]0;(.*?) boks\x07", shown.raw.decode()) == ["✓", "■"]


WIDE = ("replica.with-a-long-name." + "x" * 60 + ".example.com", "日本語サーバー一号機東京", "Zürich-01", "a" * 250)


@pytest.mark.parametrize(("columns", "lines"), [(20, 40), (40, 5), (61, 40), (67, 40), (99, 1), (133, 40), (300, 12)])
def test_long_and_wide_names_fit_into_every_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    """No line is wider or lower than the terminal, that of a failure included, and what is cut is counted."""
    hosts = [host(name, "down", reason="理由" * 40, site="東京サイト") for name in WIDE]
    shown_domains = report(*(domain(*hosts, name=f"ドメイン{at}") for at in range(3)))
    with screen(monkeypatch, columns, lines) as shown:
        StatusWatch(script(shown_domains, BoksExporterError("接続が拒否されました " * 40)), 0.01).run()
    drawn = shown.drawings()
    assert [[line for line in each if cell_len(line.rstrip("\r")) > columns] for each in drawn] == [[], []]
    assert [len(each) for each in drawn] == [lines, lines]
    assert [each[-1].startswith("... ") for each in drawn] == [True, True]


def test_a_failure_is_shown_above_the_last_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that nothing was refreshed; the old table does not look current, and the next success removes it."""
    fine = report(domain(host("a")))
    with screen(monkeypatch, 100) as shown:
        StatusWatch(script(fine, BoksExporterError("connection refused"), fine), 0.01).run()
    first, second, third = shown.drawings()
    assert second[0].startswith("NOT REFRESHED: connection refused")
    assert second[1:] == first
    assert third == first


def test_a_low_terminal_shows_the_worst_and_counts_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    many = report(domain(*(host(f"r{at:03}", "down" if at == 77 else "ok") for at in range(100))))
    with screen(monkeypatch, 100, lines=12) as shown:
        StatusWatch(script(many), 0.01).run()
    (drawn,) = shown.drawings()
    assert len(drawn) == 12
    assert drawn[2].startswith("■ down  r077")
    assert drawn[-1].endswith("more lines")


def test_a_terminal_of_another_size_is_drawn_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a new fetch: the report is the same, the width another."""
    watch: StatusWatch
    fine = report(domain(host("a" * 30, "down", reason="a reason " * 10)))
    with screen(monkeypatch, 200) as shown:

        def resized() -> StatusReport:
            shown.resize(60, 40)
            watch.wake.set()
            return fine

        watch = StatusWatch(script(fine, resized), 0.01)
        watch.run()
    wide, narrow, *_ = shown.drawings()
    assert max(map(len, wide)) > 60 >= max(len(line.rstrip()) for line in narrow)
