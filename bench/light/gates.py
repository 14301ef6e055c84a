"""What stands behind each key of the benchmark's hosts: a gate, or a shell."""

from enum import StrEnum
from pathlib import Path

from boks_exporter.remote.gate import gate_text
from boks_exporter.remote.installation import authorized_keys_line, gate_conf
from boks_exporter.remote.settings import Prefix, RemotePaths

_FROM = "127.0.0.0/8"


class GateKind(StrEnum):
    """Who answers a login."""

    GATE = "gate"
    SHELL = "shell"


def install(directory: Path, kind: GateKind, public_key: str, boksadm: Path) -> str:
    """Install what answers this key, and return its line of authorized_keys."""
    if kind is GateKind.SHELL:
        return f"restrict {public_key}\n"
    gate = directory / "boks-gate"
    gate.write_text(gate_text())
    gate.chmod(0o755)
    paths = RemotePaths(
        boks_etc=str(directory / "etc"), boks_var=str(directory / "var"), boksadm=str(boksadm), prefix=Prefix.NONE
    )
    (directory / "boks-gate.conf").write_text(gate_conf(paths))
    return authorized_keys_line(public_key, _FROM, str(gate))
