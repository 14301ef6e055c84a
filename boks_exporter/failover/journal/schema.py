"""Schema of the journal: SQLite with a write-ahead log that is on the disk before a statement returns."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from boks_exporter.regular_files import expect_regular

VERSION: Final = 6
APPLICATION: Final = 0x424F4B46
"""`BOKF`: identifies the journal; any other database is refused."""

_PATIENCE_SECONDS: Final = 5.0
_MODE: Final = 0o660
"""The exporter reads it as another user of the same group."""

_SCHEMA: Final = """
CREATE TABLE runs (
    run TEXT PRIMARY KEY, domain TEXT NOT NULL, procedure TEXT NOT NULL, target TEXT NOT NULL,
    user TEXT NOT NULL, sudo_user TEXT NOT NULL, terminal TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
    reason TEXT NOT NULL, fingerprint TEXT NOT NULL, plan TEXT NOT NULL,
    outcome TEXT NOT NULL, is_open INTEGER NOT NULL, started_at REAL NOT NULL, ended_at REAL, message TEXT NOT NULL
);
CREATE UNIQUE INDEX one_open_run ON runs (domain) WHERE is_open = 1;
CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs, number INTEGER NOT NULL, phase TEXT NOT NULL, attempt INTEGER NOT NULL,
    step_id TEXT NOT NULL, host TEXT NOT NULL, request TEXT NOT NULL, intended_at REAL NOT NULL,
    ended_at REAL, outcome TEXT, sentence TEXT NOT NULL, exit_status INTEGER, output TEXT NOT NULL,
    PRIMARY KEY (run, number, phase, attempt)
);
CREATE TABLE findings (
    run TEXT NOT NULL REFERENCES runs, guard TEXT NOT NULL, level TEXT NOT NULL, host TEXT, sentence TEXT NOT NULL,
    value TEXT, bound TEXT, source TEXT, age_seconds REAL
);
CREATE TABLE acceptances (run TEXT NOT NULL REFERENCES runs, guard TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE locks (
    run TEXT NOT NULL REFERENCES runs, host TEXT NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (run, host)
);
CREATE TABLE readings (
    run TEXT NOT NULL REFERENCES runs, host TEXT NOT NULL, numbers TEXT NOT NULL, read_at REAL NOT NULL,
    is_final INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, host)
);
CREATE TABLE plans (fingerprint TEXT PRIMARY KEY, domain TEXT NOT NULL, basis TEXT NOT NULL, shown_at REAL NOT NULL);
CREATE TABLE maintenance (
    number INTEGER PRIMARY KEY, domain TEXT NOT NULL, host TEXT NOT NULL, started_at REAL NOT NULL, until REAL NOT NULL,
    reason TEXT NOT NULL, owner TEXT NOT NULL, run TEXT, ended_at REAL
);
"""

_SINCE_2: Final = """
CREATE TABLE breaks (
    number INTEGER PRIMARY KEY, domain TEXT NOT NULL, run TEXT NOT NULL, host TEXT NOT NULL, owner TEXT NOT NULL,
    intended_at REAL NOT NULL, became TEXT
);
"""

_SINCE_3: Final = """
ALTER TABLE steps ADD COLUMN begun INTEGER NOT NULL DEFAULT 1
"""
_NEVER_BEGUN: Final = """
UPDATE steps SET begun = 0 WHERE outcome = 'failed' AND (
    sentence LIKE 'not begun%' OR sentence LIKE 'nothing was begun%' OR sentence LIKE 'the gate refused it%'
)
"""
"""What older programs wrote in a sentence only; it is read here for the last time."""

_SINCE_4: Final = """
ALTER TABLE acceptances ADD COLUMN host TEXT;
ALTER TABLE acceptances ADD COLUMN value TEXT;
ALTER TABLE plans ADD COLUMN findings TEXT NOT NULL DEFAULT '[]';
CREATE TABLE lost (
    number INTEGER PRIMARY KEY, domain TEXT NOT NULL, host TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL,
    declared_at REAL NOT NULL, ended_at REAL
)
"""
_SINCE_5: Final = """
CREATE TABLE forks (
    run TEXT PRIMARY KEY REFERENCES runs, domain TEXT NOT NULL, old_master TEXT, new_master TEXT NOT NULL,
    numbers TEXT NOT NULL, above TEXT NOT NULL, at REAL NOT NULL
)
"""
_SINCE_6: Final = """
CREATE TABLE actions (
    number INTEGER PRIMARY KEY, domain TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, subject TEXT NOT NULL,
    owner TEXT NOT NULL, reason TEXT NOT NULL, intended_at REAL NOT NULL, until REAL, became TEXT,
    is_effective INTEGER
);
CREATE TABLE exits (run TEXT PRIMARY KEY REFERENCES runs, code INTEGER NOT NULL)
"""
_ACCEPTED_HOSTS: Final = """
INSERT INTO acceptances
SELECT acceptances.run, acceptances.guard, acceptances.reason, findings.host, NULL
FROM acceptances JOIN findings ON findings.run = acceptances.run AND findings.guard = acceptances.guard
WHERE findings.host IS NOT NULL AND findings.level != 'note'
"""
"""What older programs accepted for every host of a finding is accepted for each of them."""

_UPGRADES: Final = {
    1: f"ALTER TABLE readings ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0; {_SINCE_2}",
    2: f"{_SINCE_3}; {_NEVER_BEGUN}",
    3: f"{_SINCE_4}; {_ACCEPTED_HOSTS}",
    4: _SINCE_5,
    5: _SINCE_6,
}
"""What an older file lacks; each brings it to the next version."""


def create_shared(path: Path) -> None:
    """Create a file for the owner and the group, whatever the umask of its creator; raises FileExistsError."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE)
    try:
        os.fchmod(handle, _MODE)
    finally:
        os.close(handle)


def opened(path: Path) -> sqlite3.Connection:
    """Open the journal for writing, and create it where it is missing; raises sqlite3.Error and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with suppress(FileExistsError):
            create_shared(path)
    expect_regular(path)
    database = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def opened_for_reading(path: Path) -> sqlite3.Connection:
    """Open the journal read-only, even where its directory cannot be written.

    SQLite writes next to a file with a write-ahead log even to read it. Where that is impossible and there is no log,
    the file is complete.
    """
    uri = path.absolute().as_uri()
    expect_regular(path)
    try:
        return _checked(sqlite3.connect(f"{uri}?mode=ro", timeout=_PATIENCE_SECONDS, isolation_level=None, uri=True))
    except sqlite3.OperationalError:
        if not path.exists() or path.with_name(f"{path.name}-wal").exists():
            raise
    return _checked(sqlite3.connect(f"{uri}?mode=ro&immutable=1", isolation_level=None, uri=True))


def _checked(database: sqlite3.Connection) -> sqlite3.Connection:
    try:
        if not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            # Where the disk was full as it was made, it is read as what it is: a journal without an entry.
            database.close()
            database = sqlite3.connect(":memory:", isolation_level=None)
            _prepare(database)
        _own_version(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        if not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            _run(database, f"{_SCHEMA}{_SINCE_2}{_SINCE_3};{_SINCE_4};{_SINCE_5};{_SINCE_6}")
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        for version in range(_own_version(database), VERSION):
            _run(database, _UPGRADES[version])
            database.execute(f"PRAGMA user_version = {version + 1}")
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


def _run(database: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        database.execute(statement)


def _own_version(database: sqlite3.Connection) -> int:
    """Return the version of a journal; raises sqlite3.DatabaseError for a newer one, and for another file."""
    application, version = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
    )
    if application != APPLICATION or version < 1:
        message = f"expected a failover journal, found something else (id {application}, version {version})"
        raise sqlite3.DatabaseError(message)
    if version > VERSION:
        message = (
            f"expected version {VERSION} of a failover journal or an older one, found version {version}: it is kept by "
            "a newer boks-exporter, use that one"
        )
        raise sqlite3.DatabaseError(message)
    return version
