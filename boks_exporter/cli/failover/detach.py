"""Runs that go on without the terminal that began them."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from boks_exporter.app.failover_wiring import ManagedDomain
from boks_exporter.cli.failover.options import Common, refused
from boks_exporter.cli.streams import echo
from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.runner import NextCommand

_MODE: Final = 0o660


class DetachError(BoksExporterError):
    """A run could not be detached; nothing was begun."""


class Announcement:
    """The name of the run, for the process that waits for it."""

    def __init__(self, writer: int | None = None) -> None:
        self._writer = writer

    def __call__(self, run: str) -> None:
        """Send it, once; the run goes on where the process that waits for it is gone."""
        if self._writer is not None:
            with suppress(BrokenPipeError):
                os.write(self._writer, run.encode())
            os.close(self._writer)
            self._writer = None


def detached(common: Common, domain: ManagedDomain, work: Callable[[Announcement], int], command: NextCommand) -> int:
    """Carry out `work` in a process of its own session, and return as soon as its run has begun.

    Where no run begins, its output and its exit code are those of this command.
    """
    log = _log_path(domain)
    handle = _opened(log)
    reader, writer = os.pipe()
    sys.stdout.flush()
    interrupts: list[int] = []  # those before there is a process to stop
    previous = signal.getsignal(signal.SIGINT)
    if previous is not signal.SIG_IGN:  # as in a background job, which the terminal's Ctrl-C is not for
        signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    child = os.fork()
    if not child:
        os.close(reader)
        _go_on_alone(handle, Announcement(writer), work, previous)
    os.close(writer)
    os.close(handle)
    # Ctrl-C stops the other process, as it stops a run on a terminal. A KeyboardInterrupt could be raised at any line.
    if previous is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGTERM))
    if interrupts:
        os.kill(child, signal.SIGTERM)
    with os.fdopen(reader, "rb") as announced:
        run = announced.read().decode()
    signal.signal(signal.SIGINT, previous)
    if not run:
        _, status = os.waitpid(child, 0)
        echo(log.read_text(encoding="utf-8", errors="replace"), nl=False)
        log.unlink(missing_ok=True)
        if (code := os.waitstatus_to_exitcode(status)) >= 0:
            return code
        return refused(common, Exit.UNCHANGED, f"ended by signal {-code} before a run had begun", command)
    follow = NextCommand("show", (run, "--follow"))
    started = {"exit_code": int(Exit.DONE), "run": run, "pid": child, "log": str(log), "next": [str(follow)]}
    lines = (f"run {run} goes on without this terminal (process {child}); its output is in {log}", f"next: {follow}")
    echo(json.dumps(started, indent=2) if common.is_json else "\n".join(lines))
    return int(Exit.DONE)


def _log_path(domain: ManagedDomain) -> Path:
    journal = domain.failover.journal
    return journal.with_name(f"{journal.stem}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.log")


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, _MODE)
    except OSError as error:
        raise DetachError(f"nothing was begun: its output cannot be written to {path}: {error.strerror}") from error


def _go_on_alone(
    handle: int, announce: Announcement, work: Callable[[Announcement], int], on_interrupt: Any
) -> NoReturn:
    """Leave the terminal and its session, and carry out the work; this process never returns to its caller."""
    code = int(Exit.INTERNAL)
    try:
        os.setsid()
        signal.signal(signal.SIGINT, on_interrupt)
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is needed
            os.dup2(nothing.fileno(), 0)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115 - open until this process ends
        code = work(announce)
    except BaseException as error:  # noqa: BLE001 - the log is the only place where it can be read
        os.write(2, f"Error: {error}\n".encode(errors="replace"))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
