"""A pseudo-terminal as standard output."""

import os
import pty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> Iterator[list[str]]:
    """Make standard output a terminal; the lines printed on it are returned at the end."""
    ours, theirs = pty.openpty()
    lines: list[str] = []
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("COLORTERM", raising=False)
        yield lines
        stream.flush()
        lines += os.read(ours, 65536).decode().splitlines()
    monkeypatch.undo()
    os.close(ours)
