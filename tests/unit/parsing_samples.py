"""The corpus of raw outputs: where it is, how each command's output is parsed, and facts as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from boks_exporter.errors import ParseError
from boks_exporter.parsing.boksdiag_list import parse_list
from boks_exporter.parsing.boksdiag_sequence import parse_sequence
from boks_exporter.parsing.checksums import parse_checksums
from boks_exporter.parsing.diskspace import parse_diskspace
from boks_exporter.parsing.env import parse_env
from boks_exporter.parsing.errlog import parse_errlog
from boks_exporter.parsing.memory import parse_memory
from boks_exporter.parsing.ports import parse_ports
from boks_exporter.parsing.processes import parse_processes
from boks_exporter.parsing.queue import parse_queue
from boks_exporter.parsing.reply import parse_reply

SAMPLES = Path(__file__).parent.parent / "samples"
CORPUS = SAMPLES / "boksdiag"
PROVENANCE = SAMPLES / "PROVENANCE.md"
HOST_CLOCK = 1795423212.0
"""2026-11-23 08:40:12 UTC."""

Parser = Callable[..., Any]

PARSERS: Mapping[str, Parser] = {
    "list": parse_list,
    "sequence": parse_sequence,
    "env": parse_env,
    "memory": parse_memory,
    "errlog": parse_errlog,
    "queue": lambda text, host_clock=HOST_CLOCK: parse_queue(text, host_clock),
    "checksums": parse_checksums,
    "processes": parse_processes,
    "diskspace": parse_diskspace,
    "ports": parse_ports,
    "reply": parse_reply,
}


def parsed(command: str, raw: bytes, **given: Any) -> Any:
    """Parse as the exporter does: a reply from its bytes, everything within it from decoded text."""
    return PARSERS[command](raw if command == "reply" else raw.decode(errors="replace"), **given)


def plain(value: Any) -> Any:
    """Make plain data of facts, as YAML has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


_DEFAULTS = (
    *(("stands_for", 1), ("is_row", False), ("tables", ()), ("ignored", None)),
    *(("cut", None), ("machine", None), ("boks_init", None), ("has_no_database", False)),
)


def _without_defaults(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Leave out the fields that few unread lines and only replies of protocol 2 set."""
    return {name: value for name, value in fields if (name, value) not in _DEFAULTS}


def outcome(command: str, raw: bytes, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parse, and tell the whole fact or the whole error."""
    try:
        return {"fact": plain(asdict(parsed(command, raw, **given), dict_factory=_without_defaults))}
    except ParseError as error:
        return {"error": {"line": error.line, "column": error.column, "expected": error.expected, "found": error.found}}


@dataclass(frozen=True)
class Sample:
    """One pair: what was printed, and what must be read from it."""

    text: Path

    @property
    def command(self) -> str:
        return self.text.parent.name

    @property
    def name(self) -> str:
        return f"{self.command}/{self.text.stem}"

    @property
    def raw(self) -> bytes:
        return self.text.read_bytes()

    @cache  # noqa: B019 - the corpus lives as long as the process
    def expectation(self) -> dict[str, Any]:
        loaded = YAML(typ="safe").load(self.text.with_suffix(".yaml"))
        assert isinstance(loaded, dict)
        return loaded


def samples() -> list[Sample]:
    """Find every text of the corpus, in a fixed order."""
    return [Sample(path) for path in sorted(CORPUS.glob("*/*.txt"))]
