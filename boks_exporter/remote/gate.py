"""The gates as texts: the scripts that are shipped, and the one that is sent where none is installed."""

import re
import shlex
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from boks_exporter.remote.settings import RemotePaths

SENT_COMMAND: Final = "sh -s"
"""The command that reads a sent script, and later requests of a loop, from standard input."""

_INSERT_HERE: Final = "# -- the sender's settings are inserted here --\n"


class GateKind(StrEnum):
    """The two scripts: one answers questions, the other changes a host."""

    READING = "reading"
    OPERATOR = "operator"


@cache
def gate_text(kind: GateKind = GateKind.READING) -> str:
    """Read a shipped gate."""
    return resources.files("boks_exporter.remote").joinpath(f"gate-{kind}.sh").read_text(encoding="utf-8")


@cache
def gate_version(kind: GateKind = GateKind.READING) -> str:
    """Return the version that a shipped gate reports."""
    match = re.search(r"^gate_version=(\S+)$", gate_text(kind), re.MULTILINE)
    if match is None:
        raise AssertionError(f"the {kind} gate has no line gate_version=…")
    return match[1]


def sent_script(paths: RemotePaths, line: str) -> bytes:
    """Write the reading gate for `sh -s`, with this domain's paths and the first request in it.

    The operator gate can be installed by root only, never sent.
    """
    request = f"gate_request={shlex.quote(line)}\n"
    before, marker, after = _sent_text(paths).partition(_INSERT_HERE)
    return (before + request + marker + after).encode()


@cache
def _sent_text(paths: RemotePaths) -> str:
    settings = {
        "gate_sent": "yes",
        "gate_etc": paths.boks_etc,
        "gate_var": paths.boks_var,
        "gate_boksadm": paths.boksadm,
        "gate_prefix": paths.prefix.value,
        "gate_limit": str(paths.section_timeout_seconds),
    }
    assignments = "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    text = gate_text()
    if _INSERT_HERE not in text:
        raise AssertionError(f"the reading gate has no line {_INSERT_HERE.strip()!r}")
    return text.replace(_INSERT_HERE, assignments + _INSERT_HERE)
