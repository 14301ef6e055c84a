"""The programs that a poll in the gate's loop starts in addition to BoKS's own, counted by strace under each shell."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.shells import SHELLS
from tests.unit.gate_runs import Channel, install_gate
from tests.unit.gate_tree import Tree

_OFTEN: Final = "role sequence list"
_RARE: Final = f"{_OFTEN} memory errlog queue checksums processes diskspace"
_STARTED: Final = re.compile(r"execve\((.*)\) = 0$", re.MULTILINE)


@dataclass(frozen=True)
class Programs:
    """Programs of a round's poll and of one with the rare sections, the timer included."""

    shell: str
    often: int
    rare: int


def programs_of_polls() -> list[Programs]:
    """Count under every shell that is installed."""
    return [_counted(shell, path) for shell in SHELLS if (path := shutil.which(shell))]


def _counted(shell: str, path: str) -> Programs:
    with tempfile.TemporaryDirectory(prefix="boks-programs-") as directory:
        where = Path(directory)
        (where / "bin").mkdir()
        (where / "bin" / "sh").symlink_to(path)
        tree = Tree(where / "host")
        tree.boksadm_is("echo T7 13678d 8:33:46 5053\n")
        gate = install_gate(tree, where / "gate", shell=str(where / "bin" / "sh"))
        trace = where / "trace"
        argv = ["strace", "-f", "-q", "-s", "4096", "-e", "trace=execve", "-o", str(trace), str(gate)]
        with Channel(argv) as channel:
            channel.ask_raw(f"loop 60 {_OFTEN}", "0a")
            begun = _settled(trace)
            channel.ask_raw(_OFTEN, "0b")
            often = _settled(trace)
            channel.ask_raw(_RARE, "0c")
            rare = _settled(trace)
        return Programs(shell, _beside_boks(often[len(begun) :]), _beside_boks(rare[len(often) :]))


def _settled(trace: Path) -> str:
    """Read the trace once nothing more is added: strace writes what happened after the reply, too."""
    size = -1
    while size != (size := trace.stat().st_size):
        time.sleep(0.3)
    return trace.read_text(errors="replace")


def _beside_boks(trace: str) -> int:
    return sum("/boksadm" not in program for program in _STARTED.findall(trace))


def strace_is_usable() -> bool:
    """Return whether processes may be traced here."""
    strace = shutil.which("strace")
    argv = [strace or "false", "-q", "-o", "/dev/null", "true"]
    return strace is not None and not subprocess.run(argv, capture_output=True, check=False).returncode
