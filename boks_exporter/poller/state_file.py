"""The history across restarts, in a small SQLite file that may be lost, damaged or unwritable; no round waits for it.

One row for each domain, replaced after each round by a thread of its own. The file is opened for each write, so it can
be deleted at any time. Its size is bounded by the database itself: a row takes some kilobytes, and five megabytes
where every table is written to at every reading while a replica gets nothing for hours; beyond `MAX_BYTES` a write
fails like one on a full disk.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from boks_exporter.model import DomainName, HostName, Seconds
from boks_exporter.replication import History, dump, restore

MAX_BYTES: Final = 64 * 1024 * 1024
FORGET_AFTER_SECONDS: Final[Seconds] = 30 * 86400.0
"""The row of a domain that was not polled for this long is deleted."""

_VERSION: Final = 1
_APPLICATION: Final = 0x424F4B53
"""`BOKS`: marks our file; the database of another program is left alone."""
_SCHEMA: Final = """
CREATE TABLE domain (
    name TEXT PRIMARY KEY,
    saved_at REAL NOT NULL,
    last_known_master TEXT,
    history TEXT NOT NULL
)
"""
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""The last one means, in front of statements that never change, that tables or columns are not the ones made here."""
_PATIENCE_SECONDS: Final[Seconds] = 1.0

_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PersistedState:
    """The stored state of a domain."""

    history: History = field(default_factory=History)
    last_known_master: HostName | None = None


class _DamagedError(Exception):
    """The file is ours, or no database at all, and cannot be read."""


class _ForeignError(Exception):
    """The file is the database of another program."""


class StateFile:
    """Read once at the start, written in the background; any fault of the file is only logged."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a damaged file is set aside."""
        self._path = path
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
            writer.join(_PATIENCE_SECONDS)

    def _read(self) -> dict[DomainName, PersistedState]:
        if not self._path.exists():
            return {}
        return self._run_logged(lambda: _rows(self._path)) or {}

    def _write_on(self) -> None:
        while waiting := self._next():
            self._run_logged(partial(_replace, self._path, waiting))

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
        except (OSError, sqlite3.Error, _ForeignError, _DamagedError) as error:
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
        except _DamagedError as error:
            aside = self._path.with_name(f"{self._path.name}.damaged")
            self._path.replace(aside)
            Path(f"{self._path}-journal").unlink(missing_ok=True)
            _log.warning("state_file_set_aside", path=str(self._path), kept_as=str(aside), error=str(error))
            return work()


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open and prepare the file; SQLite's errors about a damaged file become one error."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)) as database:
            _prepare(database)
            yield database
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise _DamagedError(str(error)) from error
        raise


def _prepare(database: sqlite3.Connection) -> None:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and _pragma(database, "application_id") != _APPLICATION:
        message = f"it is a database of something else, with the tables {', '.join(tables)}; give another path"
        raise _ForeignError(message)
    if tables and _pragma(database, "user_version") != _VERSION:
        message = f"expected version {_VERSION} of its schema, found {_pragma(database, 'user_version')}"
        raise _DamagedError(message)
    database.execute(f"PRAGMA max_page_count = {MAX_BYTES // _pragma(database, 'page_size')}")
    if not tables:
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute(_SCHEMA)
        database.execute("COMMIT")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _rows(path: Path) -> dict[DomainName, PersistedState]:
    with _opened(path) as database:
        rows = database.execute("SELECT name, last_known_master, history FROM domain").fetchall()
    try:
        return {name: PersistedState(restore(str(history)), master and str(master)) for name, master, history in rows}
    except (ValueError, RecursionError) as error:
        raise _DamagedError(str(error)) from error


def _replace(path: Path, waiting: dict[DomainName, PersistedState]) -> None:
    now = time.time()
    rows = [(name, now, kept.last_known_master, dump(kept.history)) for name, kept in waiting.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with _opened(path) as database:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO domain VALUES (?, ?, ?, ?)", rows)
        database.execute("DELETE FROM domain WHERE saved_at < ?", (now - FORGET_AFTER_SECONDS,))
        database.execute("COMMIT")
