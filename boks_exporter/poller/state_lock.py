"""One exporter per state file: a second one would overwrite what the first has proven."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from boks_exporter.errors import BoksExporterError
from boks_exporter.loggers import structlog

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
