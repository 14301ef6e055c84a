"""The gate as a text: what the exporter ships, and how it is sent along where it is not installed."""

import re
import shlex
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from boks_exporter.remote.request import RequestLine
from boks_exporter.remote.settings import RemotePaths

_INSERT_HERE: Final = "# -- the sender's settings are inserted here --\n"
_OPERATORS_PART: Final = re.compile(
    r"^# -- the operator's vocabulary: .*?^# -- the operator's vocabulary ends here -*\n", re.DOTALL | re.MULTILINE
)
"""What changes a host; it can be installed by root only, never sent along."""


class GateKind(StrEnum):
    """The two scripts: one answers questions, the other changes a host."""

    READING = "reading"
    OPERATOR = "operator"


SENT_COMMAND: Final = "sh -s"
"""The command that reads a sent script, and later requests of a loop, from standard input."""


@cache
def gate_script(kind: GateKind) -> str:
    """Read a shipped gate of protocol 2."""
    return resources.files("boks_exporter.remote").joinpath(f"gate-{kind}.sh").read_text(encoding="utf-8")


def sent_gate(paths: RemotePaths, line: str) -> bytes:
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
    text = gate_script(GateKind.READING)
    if _INSERT_HERE not in text:
        message = f"the reading gate has no line {_INSERT_HERE.strip()!r}"
        raise AssertionError(message)
    return text.replace(_INSERT_HERE, assignments + _INSERT_HERE)


@cache
def gate_text() -> str:
    """Read the shipped gate.sh."""
    return resources.files("boks_exporter.remote").joinpath("gate.sh").read_text(encoding="utf-8")


@cache
def gate_version() -> str:
    """Tell the version that the shipped gate gives of itself."""
    match = re.search(r"^gate_version=(\S+)$", gate_text(), re.MULTILINE)
    if match is None:
        message = "gate.sh has no line gate_version=…"
        raise AssertionError(message)
    return match[1]


@cache
def sent_script(paths: RemotePaths) -> bytes:
    """Make the text for `sh -s`: the gate with this domain's paths in place of its configuration file."""
    settings = {
        "gate_sent": "yes",
        "gate_etc": paths.boks_etc,
        "gate_var": paths.boks_var,
        "gate_boksadm": paths.boksadm,
        "gate_prefix": paths.prefix.value,
        "gate_limit": str(paths.section_timeout_seconds),
    }
    assignments = "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
    before, marker, after = _OPERATORS_PART.sub("", gate_text()).partition(_INSERT_HERE)
    if not marker or "operate()" in after:
        message = "gate.sh has no place for the sender's settings, or no end of the operator's part"
        raise AssertionError(message)
    return (before + assignments + after).encode()


def sent_command(request: RequestLine) -> str:
    """Give the command that reads the sent text; the words of a request need no quoting."""
    return f"sh -s -- {request.line()}"
