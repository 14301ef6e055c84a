"""A gate installed as root installs it, on a host of its own mount namespace."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from boks_exporter.remote.gate import GateKind, gate_text
from boks_exporter.remote.request import PROTOCOL
from tests.unit.gate_runs import NONCE
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
        self.operator_gate = self.directory / "operator-gate.sh"
        self.operator_gate.write_text(gate_text(GateKind.OPERATOR))
        self.operator_gate.chmod(0o755)
        self.conf = self.directory / "boks-gate.conf"

    def hand_over(self) -> None:
        """Make everything root's, as the installation guide says."""
        self.root.chmod(0o755)
        as_root("chown", "-R", "0:0", str(self.root))

    def ask(self, words: str = EVERYTHING) -> subprocess.CompletedProcess[bytes]:
        """Run the gate as root's forced command."""
        return as_root("env", f"SSH_ORIGINAL_COMMAND={PROTOCOL}", str(self.gate), stdin=line(words))


def line(words: str) -> bytes:
    return f"{PROTOCOL} {NONCE} {words}\n".encode()


HostKind = TypeVar("HostKind", bound=GateHost)


def as_root(*command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*AS_ROOT, *command], capture_output=True, input=stdin, start_new_session=True, timeout=60)


@contextmanager
def gate_host(kind: type[HostKind]) -> Iterator[HostKind]:
    root = Path(tempfile.mkdtemp(prefix="boks-gate-"))
    try:
        yield kind(root)
    finally:
        as_root("chown", "-R", str(os.getuid()), str(root))
        shutil.rmtree(root)
