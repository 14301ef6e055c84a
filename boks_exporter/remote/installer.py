"""The installer of a gate: one self-contained shell script for one key."""

import shlex
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from boks_exporter.remote.gate import GateKind, gate_text, gate_version
from boks_exporter.remote.installation import (
    authorized_keys_line,
    checked_key,
    checked_path,
    checked_user,
    gate_conf,
    sudoers_lines,
)
from boks_exporter.remote.settings import RemotePaths

_INSERT_HERE: Final = "# -- the settings and texts of this installer are inserted here --\n"
_RULE_NAMES: Final = {GateKind.READING: "boks-exporter", GateKind.OPERATOR: "boks-operator"}
_END: Final = "END_OF_INSTALLED_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInstallation:
    """What differs between two installers."""

    kind: GateKind
    user: str
    from_pattern: str
    public_key: str
    gate_path: str
    keys_file: str | None = None
    """Where sshd reads the login's keys, if not in `.ssh/authorized_keys` in its home."""
    paths: RemotePaths = field(default_factory=RemotePaths)


def installer_text(installation: GateInstallation) -> str:
    """Write the script that installs a gate on one host."""
    text = resources.files("boks_exporter.remote").joinpath("gate-installer.sh").read_text(encoding="utf-8")
    before, marker, after = text.partition(_INSERT_HERE)
    if not marker:
        raise AssertionError(f"the installer has no line {_INSERT_HERE.strip()!r}")
    return before + _settings(installation) + _texts(installation) + after


def _settings(installation: GateInstallation) -> str:
    is_operator = installation.kind is GateKind.OPERATOR
    line = authorized_keys_line(installation.public_key, installation.from_pattern, installation.gate_path)
    settings = {
        "kind": installation.kind.value,
        "version": gate_version(installation.kind),
        "login": checked_user(installation.user),
        "gate": checked_path(installation.gate_path),
        "key_line": line.rstrip("\n"),
        "key_body": checked_key(installation.public_key).split()[1],
        "keys_file": checked_path(installation.keys_file) if installation.keys_file else "",
        "prefix": installation.paths.prefix.value,
        "operator": "yes" if is_operator else "no",
        "rule_name": _RULE_NAMES[installation.kind],
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())


def _texts(installation: GateInstallation) -> str:
    is_operator = installation.kind is GateKind.OPERATOR
    texts = {
        "gate_text": gate_text(installation.kind),
        "conf_text": gate_conf(installation.paths, operator=is_operator),
        "rule_text": sudoers_lines(installation.user, installation.gate_path),
    }
    return "".join(f"\n{name}() {{\n\tcat <<'{_END}'\n{text}{_END}\n}}\n" for name, text in texts.items())
