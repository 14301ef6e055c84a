"""A gate installed as root installs it, on a host of its own mount namespace."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from boks_exporter.remote.gate import gate_text
from tests.unit.gate_tree import EVERYTHING, Tree

AS_ROOT = [] if os.getuid() == 0 else ["sudo", "-n"]
USER = "nobody"


class GateHost:
    """Root's own copy of the gate, its configuration and a tree, in a directory that every user can reach."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = Tree(root / "host")
        self.directory = root / "opt" / "boks-gate"
        self.directory.mkdir(parents=True)
        self.gate = self.directory / "gate.sh"
        self.gate.write_text(gate_text())
        self.gate.chmod(0o755)
        self.conf = self.directory / "boks-gate.conf"

    def hand_over(self) -> None:
        """Make everything root's, as the installation guide says."""
        self.root.chmod(0o755)
        as_root("chown", "-R", "0:0", str(self.root))

    def ask(self, request: str = EVERYTHING, *before: str) -> subprocess.CompletedProcess[bytes]:
        """Run the gate as root's forced command, after a command that changes something."""
        return as_root("env", f"SSH_ORIGINAL_COMMAND={request}", *before, str(self.gate))


HostKind = TypeVar("HostKind", bound=GateHost)


def as_root(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*AS_ROOT, *command], capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


@contextmanager
def gate_host(kind: type[HostKind]) -> Iterator[HostKind]:
    root = Path(tempfile.mkdtemp(prefix="boks-gate-"))
    try:
        yield kind(root)
    finally:
        as_root("chown", "-R", str(os.getuid()), str(root))
        shutil.rmtree(root)
