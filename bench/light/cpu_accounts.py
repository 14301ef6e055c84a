"""CPU time of a group of processes and of everything that they start, ended processes included."""

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

_VERSION_1: Final = Path("/sys/fs/cgroup/cpuacct")
_VERSION_2: Final = Path("/sys/fs/cgroup")
_NANOSECOND: Final = 1e-9
_MICROSECOND: Final = 1e-6
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)
"""In /proc/PID/stat behind the program's name: the parent, and user and system time, own and of ended children."""


class CpuAccount(Protocol):
    """Processes enter an account by `command` and take their children with them."""

    method: str

    def command(self, *argv: str) -> tuple[str, ...]:
        """Return a command that enters the account and then becomes `argv`."""
        ...

    def seconds(self) -> float:
        """Return the CPU seconds that the account has used so far."""
        ...

    def members(self) -> list[int]:
        """Return the processes that are in it now, where that is known."""
        ...

    def close(self) -> None:
        """Remove the account, which must be empty by now."""
        ...


def cpu_account(name: str, *, children_end: bool) -> CpuAccount:
    """Open an account: a control group of its own where one can be made, else the sums of process trees.

    `children_end`: the account's processes are ended children of this one, whose times getrusage has.
    """
    base = _VERSION_1 if (_VERSION_1 / "cpuacct.usage").exists() else _VERSION_2
    path = base / f"boks-bench-{os.getpid()}-{name}"
    try:
        path.mkdir()
    except OSError:
        return _Trees(children_end=children_end)
    return _Group(path, is_version_1=base == _VERSION_1)


def _enter(file: Path, argv: tuple[str, ...]) -> tuple[str, ...]:
    return ("sh", "-c", 'echo $$ >>"$0" && exec "$@"', str(file), *argv)


class _Group:
    """A control group."""

    method = "in control groups of their own, so that every process that a poll starts is counted"

    def __init__(self, path: Path, *, is_version_1: bool) -> None:
        self.path = path
        self._is_version_1 = is_version_1

    def command(self, *argv: str) -> tuple[str, ...]:
        return _enter(self.path / "cgroup.procs", argv)

    def seconds(self) -> float:
        if self._is_version_1:
            return int((self.path / "cpuacct.usage").read_text()) * _NANOSECOND
        fields = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) * _MICROSECOND

    def members(self) -> list[int]:
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def close(self) -> None:
        with suppress(OSError):
            self.path.rmdir()


class _Trees:
    """The trees of the processes that entered; one that left its tree, as ssh's ControlMaster does, is not counted."""

    method = "by getrusage and /proc, as sums of their process trees, since no control group can be made here"

    def __init__(self, *, children_end: bool) -> None:
        handle, name = tempfile.mkstemp(prefix="boks-bench-")
        os.close(handle)
        self._file = Path(name)
        self._children_end = children_end
        self._before = _ended_children()

    def command(self, *argv: str) -> tuple[str, ...]:
        return _enter(self._file, argv)

    def seconds(self) -> float:
        parents, times = {}, {}
        for pid, fields in _processes():
            parents[pid] = int(fields[_PARENT])
            times[pid] = sum(map(int, fields[_TIMES])) * _TICK
        counted = {pid for pid in map(int, self._file.read_text().split()) if parents.get(pid) == os.getpid()}
        while more := {pid for pid, parent in parents.items() if parent in counted} - counted:
            counted |= more
        ended = _ended_children() - self._before if self._children_end else 0.0
        return ended + sum(times[pid] for pid in counted)

    def members(self) -> list[int]:
        return []

    def close(self) -> None:
        self._file.unlink(missing_ok=True)


def _ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _processes() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield int(entry.name), (entry / "stat").read_text(errors="replace").rpartition(") ")[2].split()
