"""The history across restarts, in a small SQLite file that may be lost, damaged or unwritable; no round waits for it.

One row for each domain, replaced after each round by a thread of its own. The file is opened for each write, so it can
be deleted at any time. Its size is bounded by the database itself: a row takes some kilobytes, and five megabytes
where every table is written to at every reading while a replica gets nothing for hours; beyond `MAX_BYTES` a write
fails like one on a full disk.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from boks_exporter.errors import BoksExporterError
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName
from boks_exporter.poller.state_database import (
    PATIENCE_SECONDS,
    DamagedError,
    ForeignError,
    PersistedState,
    ReadClock,
    free_name,
    load_states,
    machine_clock,
    save_states,
)

_log = structlog.get_logger(__name__)


class StateInUseError(BoksExporterError):
    """Another exporter keeps its state in this file."""


class StateLock:
    """Holds a state file for one process, by a lock on a file next to it that ends with the process.

    The state file itself can be replaced at any time, and closing a second descriptor of it would end SQLite's locks.
    """

    def __init__(self, state_file: Path) -> None:
        """Take the lock; raises StateInUseError. Where no lock file can be made, none is taken."""
        self._handle: int | None = None
        path = state_file.with_name(f"{state_file.name}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._handle, 20).decode("ascii", "replace").strip() if self._handle is not None else ""
            self.release()
            message = (
                f"{state_file} is in use by another exporter{f', process {holder}' if holder else ''}; "
                "give each exporter a state_file of its own"
            )
            raise StateInUseError(message) from error
        except OSError as error:
            self.release()
            _log.warning("state_file_not_locked", path=str(path), error=error.strerror)
            return
        with suppress(OSError):  # a full disk has no room for the number, and the lock is held without it
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def __repr__(self) -> str:
        """Return whether the lock is held."""
        return f"<StateLock held={self._handle is not None}>"

    def __enter__(self) -> Self:
        """Hold it for the block."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Release it."""
        self.release()

    def release(self) -> None:
        """Release the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


_Result = TypeVar("_Result")


class StateFile:
    """Read once at the start, written in the background; any fault of the file is only logged."""

    def __init__(self, path: Path, read_clock: ReadClock = machine_clock) -> None:
        """Read what is there; a damaged file is set aside."""
        self._path = path
        self._read_clock = read_clock
        self._failure: str | None = None
        self._waiting: dict[DomainName, PersistedState] = {}
        self._changed = threading.Condition()
        self._is_closing = False
        self._writer: threading.Thread | None = None
        self._kept = self._read()

    def __repr__(self) -> str:
        """Return the path and whether it works."""
        return f"<StateFile {self._path}: {self._failure or 'works'}>"

    def load(self, domain: DomainName) -> PersistedState:
        """Return the stored state of a domain, empty where there is none."""
        return self._kept.get(domain, PersistedState())

    def keep(self, domain: DomainName, kept: PersistedState) -> None:
        """Schedule a write and return immediately. Of two waiting states of a domain, the newer one is written."""
        with self._changed:
            self._kept[domain] = self._waiting[domain] = kept
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="state file", daemon=True)
                self._writer.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Write what is waiting, unless the disk takes longer than a second."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            writer = self._writer
        if writer:
            writer.join(PATIENCE_SECONDS)

    def _read(self) -> dict[DomainName, PersistedState]:
        return self._run_logged(lambda: load_states(self._path, self._read_clock) if self._path.exists() else {}) or {}

    def _write_on(self) -> None:
        while waiting := self._next():
            self._run_logged(partial(save_states, self._path, waiting, self._read_clock))

    def _next(self) -> dict[DomainName, PersistedState]:
        """Wait for something to write; an empty result means the end."""
        with self._changed:
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            waiting, self._waiting = self._waiting, {}
            return waiting

    def _run_logged(self, work: Callable[[], _Result]) -> _Result | None:
        """Run `work`; log the first failure and the first success after it, not each one."""
        try:
            result = self._with_repair(work)
        except (OSError, sqlite3.Error, ForeignError, DamagedError) as error:
            if self._failure is None:
                _log.warning("state_file_unusable", path=str(self._path), error=str(error))
            self._failure = str(error)
            return None
        if self._failure is not None:
            _log.info("state_file_usable_again", path=str(self._path))
        self._failure = None
        return result

    def _with_repair(self, work: Callable[[], _Result]) -> _Result:
        """Run `work`; on a damaged file, rename it and run `work` again with a new one."""
        try:
            return work()
        except DamagedError as error:
            aside = free_name(self._path)
            self._path.replace(aside)
            Path(f"{self._path}-journal").unlink(missing_ok=True)
            _log.warning("state_file_set_aside", path=str(self._path), kept_as=str(aside), error=str(error))
            return work()
