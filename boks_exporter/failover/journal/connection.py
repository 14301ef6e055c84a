"""The journal's file: opened, written and read, with every failure explained."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Self, TypeVar

from boks_exporter.failover.journal.errors import RunOpenError, decoded, explained
from boks_exporter.failover.journal.schema import create_shared, opened, opened_for_reading
from boks_exporter.model import DomainName

_Record = TypeVar("_Record")


class JournalFile:
    """One open file."""

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        """Open the file; raises JournalError with what to do."""
        self.path = path
        with explained(path):
            self._database = opened_for_reading(path) if is_read_only else opened(path)

    def __repr__(self) -> str:
        return f"<Journal {self.path}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._database.close()

    @contextmanager
    def at_work_on(self, domain: DomainName) -> Iterator[None]:
        """Hold the only process lock of a domain in this journal; it ends with the process."""
        name = "".join(char if char.isalnum() else "-" for char in domain)
        path = self.path.with_name(f"{self.path.name}.{name}.lock")
        with explained(path):
            with suppress(FileExistsError):
                create_shared(path)
            handle = os.open(path, os.O_RDWR)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"another process works on {domain} at this moment: failover history shows which"
                raise RunOpenError(message) from error
            yield
        finally:
            os.close(handle)

    def prove_writable(self) -> None:
        """Write, and take it back; raises JournalError."""
        with explained(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                version = self._database.execute("PRAGMA user_version").fetchone()[0]
                self._database.execute(f"PRAGMA user_version = {int(version) + 1}")
            finally:
                self._database.execute("ROLLBACK")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def _put(self, table: str, row: Sequence[Any]) -> int:
        """Add a row; returns its number."""
        marks = ", ".join("?" * len(row))
        added = self._database.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608 - words of this module
        return added.lastrowid or 0

    def _write(self, statement: str, values: Sequence[Any]) -> int:
        """Change rows; returns how many."""
        with explained(self.path):
            return self._database.execute(statement, tuple(values)).rowcount

    def _read(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with explained(self.path):
            return self._database.execute(statement, tuple(values)).fetchall()

    def _read_as(self, build: Callable[..., _Record], statement: str, values: Sequence[Any]) -> tuple[_Record, ...]:
        """Read rows as records; a row of which none can be made is a JournalError, as a damaged file is."""
        rows = self._read(statement, values)
        with decoded(self.path):
            return tuple(build(*row) for row in rows)

    def _records(
        self, record: type[_Record], rows: str, values: Sequence[Any], /, **decode: Callable[[Any], Any]
    ) -> tuple[_Record, ...]:
        """Read rows whose columns are named as the fields of a record; `rows` is a table with its conditions."""
        names = tuple(field.name for field in fields(record))  # type: ignore[arg-type]  # a dataclass

        def build(*row: Any) -> _Record:
            pairs = zip(names, row, strict=True)
            return record(**{name: decode[name](it) if name in decode and it is not None else it for name, it in pairs})

        return self._read_as(build, f"SELECT {', '.join(names)} FROM {rows}", values)  # noqa: S608 - as above
