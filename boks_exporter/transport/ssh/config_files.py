"""An OpenSSH client configuration with the files that it includes, as far as their changes matter."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from boks_exporter.regular_files import read_regular

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


_INCLUDE: Final = re.compile(r"^[ \t]*include[ \t=]+(.+)$", re.IGNORECASE | re.MULTILINE)


class ConfigFiles:
    """The state of a configuration; the files are listed again when one of them has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._files: tuple[Path, ...] = ()
        self._stamp: Stamp = ()

    def stamp(self) -> Stamp:
        """Return what changes with every change of any of the files."""
        if not self._files or stamp_of(self._files) != self._stamp:
            unread: set[Path] = set()
            files = included_files(self._file, unread)
            self._files = () if unread else files
            self._stamp = stamp_of(files)
        return self._stamp


def included_files(file: Path, unread: set[Path] | None = None) -> tuple[Path, ...]:
    """Return a configuration, the files that it includes and the directories of their patterns, each once."""
    return tuple(dict.fromkeys(_read(file, set(), set() if unread is None else unread)))


def _read(file: Path, seen: set[Path], unread: set[Path]) -> Iterator[Path]:
    """Yield a file, those that its Include lines name, and the directories of their patterns.

    What an unreadable file includes is not known, and its stamp may not change when it becomes readable.
    """
    yield file
    if file in seen:
        return
    seen.add(file)
    text = ""
    try:
        text = read_regular(file).decode(errors="replace")
    except FileNotFoundError:
        pass
    except OSError:
        unread.add(file)
    for words in _INCLUDE.findall(text):
        for word in words.replace('"', "").split():
            with suppress(OSError, RuntimeError, ValueError):
                pattern = (Path(word) if word[0] in "/~" else Path("~/.ssh", word)).expanduser()
                is_pattern = any(character in pattern.name for character in "*?[")
                if is_pattern:
                    yield pattern.parent
                for found in sorted(pattern.parent.glob(pattern.name)) if is_pattern else [pattern]:
                    yield from _read(found, seen, unread)
