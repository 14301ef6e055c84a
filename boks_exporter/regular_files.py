"""Local files, opened without waiting for a writer."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def read_regular(file: Path, limit: int = -1) -> bytes:
    """Read a regular file, or so many bytes; raises OSError for others: the reader of a FIFO would wait forever."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _expect(os.fstat(descriptor), file)
    except OSError:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(limit)


def expect_regular(file: Path) -> None:
    """Check a file before a library opens it; raises OSError, except for one that is missing."""
    with suppress(FileNotFoundError):
        _expect(file.stat(), file)


def _expect(status: os.stat_result, file: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "expected a regular file", str(file))  # no number: the system's text for one says less


def is_readable(file: Path) -> bool:
    """Return whether it is a regular file that this user can read."""
    return is_there(file) and file.is_file() and os.access(file, os.R_OK)


def is_there(file: Path) -> bool:
    """Return whether this user can see the file; Path.exists raises where a directory is closed to the user."""
    return os.path.exists(file)  # noqa: PTH110 - the reason is above
