"""Local files that SSH needs, read without waiting for a writer."""

import os
import stat
from pathlib import Path


def read_regular(file: Path) -> bytes:
    """Read a regular file; raises OSError for anything else: the reader of a FIFO would wait forever."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "expected a regular file", str(file))  # no number: the system's text for one says less
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()


def is_readable(file: Path) -> bool:
    """Return whether it is a regular file that this user can read."""
    return is_there(file) and file.is_file() and os.access(file, os.R_OK)


def is_there(file: Path) -> bool:
    """Return whether this user can see the file; Path.exists raises where a directory is closed to the user."""
    return os.path.exists(file)  # noqa: PTH110 - the reason is above
