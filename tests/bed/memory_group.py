"""A limit on a program's memory: a control group of version 1 or 2."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_PATIENCE: Final = 30.0
_LOOK_SECONDS: Final = 0.02


class MemoryGroup:
    """A control group for one program."""

    def __init__(self, bed: str, name: str) -> None:
        parent, limit, usage = _ROOT, "memory.max", "memory.current"
        if (_ROOT / "memory").is_dir():
            parent, limit, usage = _ROOT / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        self._directory = parent / f"{bed}-{name}"
        self._limit, self._usage = self._directory / limit, self._directory / usage

    @property
    def enter(self) -> tuple[str, ...]:
        """Return a command that puts itself into the group and becomes the command after it."""
        return ("sh", "-c", '[ ! -d "$0" ] || echo $$ >"$0/cgroup.procs"; exec "$@"', str(self._directory))

    def create(self) -> None:
        """Make the group, if this machine allows it: only the fault that limits memory needs it."""
        with suppress(OSError):
            self._directory.mkdir()

    def set_limit(self, more_bytes: int | None) -> None:
        """Allow so many bytes more than are in use now; None lifts the limit."""
        if not self._limit.exists():
            message = f"expected a control group that limits memory, found no {self._limit}"
            raise RuntimeError(message)
        unlimited = "-1" if self._limit.name == "memory.limit_in_bytes" else "max"
        limit = unlimited if more_bytes is None else str(int(self._usage.read_text(encoding="ascii")) + more_bytes)
        self._limit.write_text(limit, encoding="ascii")


def remove_groups(bed: str) -> None:
    """Remove the groups of a bed that has ended, as soon as the kernel has ended what was in them."""
    deadline = time.monotonic() + _PATIENCE
    while left := [*_ROOT.glob(f"{bed}-*"), *_ROOT.glob(f"memory/{bed}-*")]:
        for each in left:
            with suppress(OSError):
                each.rmdir()
        if time.monotonic() > deadline:
            message = f"expected nothing in the control groups of a bed that has ended, found processes in {left}"
            raise RuntimeError(message)
        time.sleep(_LOOK_SECONDS)
