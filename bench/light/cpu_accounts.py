"""CPU time of a group of processes and of everything that they start, ended processes included."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_VERSION_1: Final = Path("/sys/fs/cgroup/cpuacct")
_VERSION_2: Final = Path("/sys/fs/cgroup")
_NANOSECOND: Final = 1e-9
_MICROSECOND: Final = 1e-6


class CpuAccountsUnavailableError(RuntimeError):
    """No control group for CPU accounting can be made here."""


class CpuAccount:
    """A control group of its own; processes enter it by `command` and take their children with them."""

    def __init__(self, name: str) -> None:
        """Create the group; root only.

        Raises:
            CpuAccountsUnavailableError: neither version of control groups is writable here.
        """
        base = _VERSION_1 if (_VERSION_1 / "cpuacct.usage").exists() else _VERSION_2
        self.path = base / f"boks-bench-{os.getpid()}-{name}"
        try:
            self.path.mkdir()
        except OSError as error:
            message = f"expected a writable control group below {base} (root, and the group mounted), found: {error}"
            raise CpuAccountsUnavailableError(message) from error
        self._is_version_1 = base == _VERSION_1

    def command(self, *argv: str) -> tuple[str, ...]:
        """Return a command that enters the group and then becomes `argv`."""
        return ("sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(self.path), *argv)

    def seconds(self) -> float:
        """Read the CPU seconds that the group has used so far."""
        if self._is_version_1:
            return int((self.path / "cpuacct.usage").read_text()) * _NANOSECOND
        fields = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) * _MICROSECOND

    def close(self) -> None:
        """Remove the group, which must be empty by now."""
        with suppress(OSError):
            self.path.rmdir()
