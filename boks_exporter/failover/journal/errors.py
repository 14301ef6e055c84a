"""What can be wrong with the journal, each with what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from boks_exporter.errors import BoksExporterError

_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class JournalError(BoksExporterError):
    """The journal cannot be read or written; without it no step is begun."""


class RunOpenError(BoksExporterError):
    """Another run of the domain is open or at work."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system into a JournalError that states what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(f"the journal {path} {_meaning(error)}") from error
    except OSError as error:
        message = (
            f"the journal {path} cannot be used: {error.strerror or error}; expected a directory that you can write"
        )
        raise JournalError(message) from error


@contextmanager
def decoded(path: Path) -> Iterator[None]:
    """Turn what is wrong with the content of a row into a JournalError: another program, or a hand, wrote it."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = (
            f"the journal {path} has a row that cannot be read ({type(error).__name__}: {error!s:.100}); check with "
            "`failover locks` whether a run is open on the hosts, then move the file aside and keep it"
        )
        raise JournalError(message) from error


def _meaning(error: sqlite3.DatabaseError) -> str:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code in _FULL:
        return (
            f"cannot be written, is its disk full? ({error}); make room and run the command again: no step began "
            "without its entry"
        )
    if code in _DAMAGED:
        return (
            f"is damaged ({error}); check with `failover locks` whether a run is open on the hosts, then move the file "
            "aside and keep it"
        )
    if code in _BUSY:
        return f"is in use by another program ({error}); wait until that has ended"
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return f"cannot be opened for writing ({error}); expected a file and directory that you can write"
    return f"cannot be used: {error}"
