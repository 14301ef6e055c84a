"""The SQLite database of the state file: one row for each domain, and the clock by which it was written."""

import math
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.health import Timeline
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName, HostName, Seconds, Timestamp
from boks_exporter.poller.timeline_table import load_timelines, save_timelines
from boks_exporter.regular_files import expect_regular
from boks_exporter.replication import History, dump, restore

MAX_BYTES: Final = 64 * 1024 * 1024
FORGET_AFTER_SECONDS: Final[Seconds] = 30 * 86400.0
"""The row of a domain that was not polled for this long is deleted."""
PATIENCE_SECONDS: Final[Seconds] = 1.0

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
_CLOCK_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS clock (
    number INTEGER PRIMARY KEY CHECK (number = 1), boot TEXT NOT NULL, since_boot REAL NOT NULL, unix REAL NOT NULL
)
"""
_CLOCK_STEP_SECONDS: Final[Seconds] = 1.0
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""The last one means, in front of statements that never change, that tables or columns are not the ones made here."""
_BOOT_FILE: Final = Path("/proc/sys/kernel/random/boot_id")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PersistedState:
    """The stored state of a domain."""

    history: History = field(default_factory=History)
    last_known_master: HostName | None = None
    timeline: Timeline = field(default_factory=Timeline)


@dataclass(frozen=True, slots=True)
class MachineClock:
    """The Unix time with the time since the machine's boot, which no administrator sets."""

    boot: str
    since_boot: Seconds
    unix: Timestamp

    def step_since(self, before: "MachineClock") -> Seconds | None:
        """Return by how much the Unix clock was set since an earlier reading; None where it cannot be known.

        Over a reboot only a clock that goes back shows that it was wrong before or is now.
        """
        if self.boot == before.boot and math.isfinite(before.unix):
            return (self.unix - before.unix) - (self.since_boot - before.since_boot)
        return None if self.unix < before.unix else 0.0


ReadClock = Callable[[], MachineClock]

_LATEST_SECONDS: Final[Seconds] = 253_402_300_799.0
"""The end of the year 9999, the last one that a date can show."""
_UNREADABLE: Final = MachineClock("unknown", 0.0, math.inf)
"""A clock by which nothing that is stored proves an age."""


def machine_clock() -> MachineClock:
    """Read the machine's clocks."""
    try:
        boot = _BOOT_FILE.read_text(encoding="ascii").strip()
    except OSError:
        boot = "unknown"
    return MachineClock(boot, time.clock_gettime(time.CLOCK_BOOTTIME), time.time())


class DamagedError(Exception):
    """The file is ours, or no database at all, and cannot be read."""


class ForeignError(Exception):
    """The file is the database of another program."""


class StateUnreadableError(BoksExporterError):
    """The state file cannot be read, with the reason."""


def read_states(path: Path) -> dict[DomainName, PersistedState]:
    """Read the state of all domains without changing anything, none where there is no file yet.

    Raises StateUnreadableError.
    """
    try:
        if not path.exists():
            return {}
        expect_regular(path)
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=PATIENCE_SECONDS, uri=True)
        ) as file:
            _check(file)
            return _states(file, machine_clock(), None)
    except (OSError, sqlite3.Error, ForeignError, DamagedError) as error:
        raise StateUnreadableError(f"the state file {path} cannot be read: {error}") from error


def load_states(path: Path, read_clock: ReadClock) -> dict[DomainName, PersistedState]:
    """Read the state of all domains; a row that cannot be read is dropped, and a copy of the file is kept."""
    bad: dict[int, tuple[str, str]] = {}
    with _opened(path) as database:
        states = _states(database, read_clock(), lambda row, name, error: bad.update({row: (name, error)}))
    if bad:
        aside = _copied(path)
        for name, error in bad.values():
            _log.warning("state_row_dropped", path=str(path), boks_domain=name, kept_as=str(aside), error=error)
        if aside:
            _delete(path, bad)
    return states


def _copied(path: Path) -> Path | None:
    """Copy a file with a bad row; a disk without space for the copy costs the other rows nothing."""
    aside = free_name(path)
    try:
        shutil.copyfile(path, aside)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        return None
    return aside


def _delete(path: Path, rows: Iterable[int]) -> None:
    """Delete bad rows that have been copied: otherwise each start would make another copy."""
    with suppress(sqlite3.Error, DamagedError), _opened(path) as database:
        database.executemany("DELETE FROM domain WHERE rowid = ?", [(row,) for row in rows])


def save_states(path: Path, waiting: Mapping[DomainName, PersistedState], read_clock: ReadClock) -> None:
    """Replace the rows of some domains."""
    clock = read_clock()
    rows = [(name, clock.unix, kept.last_known_master, dump(kept.history)) for name, kept in waiting.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with _opened(path) as database:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO domain VALUES (?, ?, ?, ?)", rows)
        database.execute("DELETE FROM domain WHERE saved_at < ?", (clock.unix - FORGET_AFTER_SECONDS,))
        save_timelines(database, {name: kept.timeline for name, kept in waiting.items()})
        database.execute(_CLOCK_SCHEMA)
        database.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?, ?)", (clock.boot, clock.since_boot, clock.unix))
        database.execute("COMMIT")


def free_name(path: Path) -> Path:
    """Return a name for a damaged copy that no earlier one has."""
    first = path.with_name(f"{path.name}.damaged")
    number, name = 1, first
    while name.exists():
        number += 1
        name = first.with_name(f"{first.name}-{number}")
    return name


def _states(
    database: sqlite3.Connection, now: MachineClock, on_bad_row: Callable[[int, str, str], object] | None
) -> dict[DomainName, PersistedState]:
    states = {}
    database.text_factory = partial(str, encoding="utf-8", errors="replace")
    written = _written_by(database)
    timelines = load_timelines(database)
    for row, name, saved_at, master, text in database.execute(
        "SELECT rowid, name, saved_at, last_known_master, history FROM domain"
    ).fetchall():
        try:
            by_row = MachineClock("unknown", 0.0, _seconds(saved_at))
            history = _with_time(restore(str(text)), by_row.unix)
        except (ValueError, TypeError, RecursionError) as error:
            if on_bad_row:
                on_bad_row(row, str(name), str(error))
            continue
        clock = written or by_row
        timeline = _timeline_by_our_clock(timelines.get(str(name), Timeline()), clock, now)
        states[str(name)] = PersistedState(_by_our_clock(history, clock, now), master and str(master), timeline)
    return states


def _with_time(history: History, saved_at: Timestamp) -> History:
    """Add when the last round was, which older versions did not record: a row is saved right after it."""
    return replace(history, recorded_at=saved_at) if history.recorded_at is None and not history.is_empty else history


def _timeline_by_our_clock(timeline: Timeline, written: MachineClock, now: MachineClock) -> Timeline:
    """Move the times like those of the history; by an unknown clock nothing of the timeline is known."""
    step = now.step_since(written)
    if step is None:
        return Timeline()
    return timeline if abs(step) <= _CLOCK_STEP_SECONDS else timeline.shifted(step)


def _by_our_clock(history: History, written: MachineClock, now: MachineClock) -> History:
    """Move the times by a step of the clock since they were written; ages by an unknown clock prove nothing."""
    step = now.step_since(written)
    if step is None:
        _log.warning("state_times_dropped", written_at=written.unix, now=now.unix)
        return history.without_ages(now.unix)
    if abs(step) <= _CLOCK_STEP_SECONDS:
        return history
    _log.warning("clock_was_set", by_seconds=round(step, 3))
    return history.shifted(step)


def _written_by(database: sqlite3.Connection) -> MachineClock | None:
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'clock'").fetchone():
        return None
    row = database.execute("SELECT boot, since_boot, unix FROM clock").fetchone()
    try:
        return MachineClock(str(row[0]), _seconds(row[1]), _seconds(row[2])) if row else None
    except (ValueError, TypeError):
        return _UNREADABLE


def _seconds(stored: str | float) -> Seconds:
    """Read a time; raises ValueError for one that no clock shows, such as infinity."""
    seconds = float(stored)
    if not 0.0 <= seconds <= _LATEST_SECONDS:
        raise ValueError(f"expected a time in seconds, found {seconds:g}")
    return seconds


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open and prepare the file; SQLite's errors about a damaged file become one error."""
    expect_regular(path)
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as database:
            _prepare(database)
            yield database
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise DamagedError(str(error)) from error
        raise


def _prepare(database: sqlite3.Connection) -> None:
    is_new = not _check(database)
    database.execute(f"PRAGMA max_page_count = {MAX_BYTES // _pragma(database, 'page_size')}")
    if is_new:
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute(_SCHEMA)
        database.execute("COMMIT")


def _check(database: sqlite3.Connection) -> bool:
    """Return whether the file has our tables; raises for the database of another program or version."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and _pragma(database, "application_id") != _APPLICATION:
        message = f"it is a database of something else, with the tables {', '.join(tables)}; give another path"
        raise ForeignError(message)
    if tables and _pragma(database, "user_version") != _VERSION:
        raise DamagedError(f"expected version {_VERSION} of its schema, found {_pragma(database, 'user_version')}")
    return bool(tables)


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])
