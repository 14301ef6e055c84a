"""Hosts made of files that the attacks are aimed at, and the environments that an attacker's sshd might pass on."""

import os
import shutil
from pathlib import Path
from typing import Final

from boks_exporter.remote.gate import GateKind
from tests.attack.oracle import OPERATOR
from tests.unit.gate_hostile import HostileCaller
from tests.unit.gate_runs import install_gate
from tests.unit.gate_tree import Tree
from tests.unit.operator_host import BOKSADM, DATA

SHELLS: Final = ("dash", "bash", "busybox", "mksh", "ksh93")
_SPANS: Final = """\
here=${0%/*}
echo "begin $*" >>"$here/spans"
trap 'echo end >>"$here/spans"' EXIT
"""
_LIMIT: Final = 20


class AttackedHost:
    """A host with one gate, whose BoKS commands write down when they began and ended."""

    def __init__(self, root: Path, gate: str, shell: str, role: str) -> None:
        self.tree = Tree(root / "host", role)
        self.tree.boksadm_is(_SPANS + BOKSADM)
        for name in DATA:
            (self.tree.var / "data" / name).write_text(f"{name} of {role}\n")
        self.state = root / "state"
        self.shell = root / "shell" / "sh"
        self.shell.parent.mkdir()
        program = shutil.which(shell)
        assert program, f"{shell} is not installed: run scripts/setup-system"
        self.shell.symlink_to(program)
        kind = GateKind.OPERATOR if gate == OPERATOR else GateKind.READING
        settings = f"gate_state='{self.state}'\n"
        self.gate = install_gate(self.tree, root / "gate", kind, shell=str(self.shell), limit=_LIMIT, settings=settings)
        trap = HostileCaller(root / "trap", canary=self.tree.root / "canary")
        self._environments = (
            {},
            {"LANG": "tr_TR.UTF-8", "LC_ALL": "C.UTF-8", "LC_CTYPE": "ja_JP.SJIS"},
            trap.environment,
        )

    @property
    def ran(self) -> Path:
        return self.tree.root / "ran"

    def environment(self, number: int, command: bytes) -> dict[bytes, bytes]:
        chosen = {os.fsencode(key): os.fsencode(value) for key, value in self._environments[number].items()}
        return chosen | {b"SSH_ORIGINAL_COMMAND": command}

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Mode and content of every file below the host's root, by path."""
        root = self.tree.root.parent
        return {
            str(path.relative_to(root)): (path.lstat().st_mode, _content(path))
            for path in sorted(root.rglob("*"))
            if path.name != "trace"
        }

    def overlapping(self) -> bool:
        """Whether two commands of BoKS were in progress at the same moment."""
        spans = self.tree.root / "spans"
        words = [line.split()[0] for line in spans.read_text().splitlines()] if spans.exists() else []
        return words != ["begin", "end"] * (len(words) // 2)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
