"""Changes of local files, found by their attributes."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[tuple[str, int, int, int] | None, ...]


def stamp_of(paths: Iterable[Path]) -> Stamp:
    """Return what changes with every change of the files."""
    return tuple(_stamp_of(path) for path in paths)


def _stamp_of(path: Path) -> tuple[str, int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return str(path), seen.st_mtime_ns, seen.st_size, seen.st_ino
