"""What stands behind each key of the benchmark's hosts: a gate, or a shell."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from boks_exporter.remote.gate import gate_text
from boks_exporter.remote.installation import authorized_keys_line, gate_conf
from boks_exporter.remote.settings import Prefix, RemotePaths

_FROM: Final = "127.0.0.0/8"
_GATE_OF_PROTOCOL_1: Final = Path(__file__).parents[2] / "tests" / "gates" / "gate-1.sh"


class Access(StrEnum):
    """What answers a login."""

    GATE = "gate"
    GATE_1 = "gate-1"
    SHELL = "shell"


def install(directory: Path, access: Access, public_key: str, boksadm: Path) -> str:
    """Install what answers this key, and return its line of authorized_keys."""
    if access is Access.SHELL:
        return f"restrict {public_key}\n"
    gate = directory / access / "boks-gate"
    gate.parent.mkdir(mode=0o755)
    gate.write_text(gate_text() if access is Access.GATE else _GATE_OF_PROTOCOL_1.read_text(encoding="utf-8"))
    gate.chmod(0o755)
    paths = RemotePaths(
        boks_etc=str(directory / "etc"), boks_var=str(directory / "var"), boksadm=str(boksadm), prefix=Prefix.NONE
    )
    gate.with_name("boks-gate.conf").write_text(gate_conf(paths, state=str(directory / "state")))
    return authorized_keys_line(public_key, _FROM, str(gate))
