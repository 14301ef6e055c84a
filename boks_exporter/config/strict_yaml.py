"""YAML without surprises: duplicate keys are faults, and every value knows the line where it stands."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from boks_exporter.errors import ConfigError, Problem

Path_: TypeAlias = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"
_BOOLEANS: Final = {"true": True, "false": False}
_MAX_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, the line of each part of it, and the faults of its form."""

    file: str
    data: Any
    lines: Mapping[Path_, int]
    problems: tuple[Problem, ...]

    def line_of(self, path: Path_) -> int | None:
        """Tell the line of a value, or of the nearest part around it that is there."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def dotted(path: Path_) -> str:
    """Write a path as people do: `domains[0].hosts[2].port`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def load_strict(file: Path) -> Document:
    """Read a YAML file; raises ConfigError if it cannot be read or is no YAML at all."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError((Problem(str(file), None, "", f"cannot be read: {reason}"),)) from error
    return parse_strict(text, str(file))


def parse_strict(text: str, file: str) -> Document:
    """Read YAML text; `file` is its name in messages."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise ConfigError((Problem(file, line, "", f"not valid YAML: {what}"),)) from error
    except YAMLError as error:
        raise ConfigError((Problem(file, None, "", f"not valid YAML: {error}"),)) from error
    reader = _Reader(file)
    data = reader.read(root, ()) if root is not None else None
    return Document(file, data, reader.lines, tuple(reader.problems))


class _Reader:
    """Turn YAML's nodes into plain values and remember where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []

    def read(self, node: Node, path: Path_) -> Any:  # noqa: ANN401 - YAML holds anything
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > _MAX_DEPTH:
            self._fault(node, path, "nested too deeply; an alias that contains itself?")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in first:
                self._fault(key, (*path, name), f"written twice; the first is in line {first[name]}")
                continue
            first[name] = line
            self.lines[*path, name] = line
            found[name] = self.read(value, (*path, name))
        return found

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:  # noqa: ANN401 - as above
        text, kind = node.value, str(node.tag).removeprefix(_TAG)
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        try:
            if kind == "int":
                return int(text, 0)
            if kind == "float":
                return _finite(float(text))
        except ValueError:
            self._fault(node, path, f"expected a plain number, found {text!r}")
            return None
        return text

    def _fault(self, node: Node, path: Path_, message: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, dotted(path), message))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number
