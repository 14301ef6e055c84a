"""Strict YAML: duplicate keys are faults, and every value has its line number."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from boks_exporter.errors import ConfigError, Problem
from boks_exporter.regular_files import read_regular
from boks_exporter.text.units import shown

Path_: TypeAlias = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"
_BOOLEANS: Final = {"true": True, "false": False}
_KEY: Final = re.compile(r"[A-Za-z0-9_-]+|<<")
_PLAIN: Final = frozenset({"str", "timestamp", "value"})
"""Types of scalars that are read as text."""

MAX_DEPTH: Final = 50
MAX_VALUES: Final = 200_000
"""Far more than ten thousand hosts need; aliases of aliases would multiply without limit."""

MAX_BYTES: Final = 16 * 1024 * 1024
_INDENT_BY_TAB: Final = "found character '\\t' that cannot start any token"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data, the line number of each part, and its faults of form."""

    file: str
    data: Any
    lines: Mapping[Path_, int]
    problems: tuple[Problem, ...]

    def line_of(self, path: Path_) -> int | None:
        """Return the line of a value, or of the nearest enclosing part."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def dotted(path: Path_) -> str:
    """Format a path as `domains[0].hosts[2].port`; unusual keys are quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def load_strict(file: Path, if_missing: str) -> Document:
    """Read a YAML file; raises ConfigError, with the hint `if_missing` if there is no such file."""
    try:
        content = read_regular(file, MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _unusable(str(file), f"is larger than {MAX_BYTES // 1024**2} MiB; expected a configuration file")
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise _unusable(str(file), f"cannot be read: {error.strerror}; {if_missing}") from error
    except OSError as error:
        raise _unusable(str(file), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unusable(str(file), "cannot be read: expected UTF-8 text, found other bytes", line) from error
    return parse_strict(text, str(file))


def _unusable(file: str, message: str, line: int | None = None) -> ConfigError:
    return ConfigError((Problem(file, line, "", message),))


def parse_strict(text: str, file: str) -> Document:
    """Parse YAML text; `file` is its name in messages."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _unusable(file, f"not valid YAML: {_what(error)}", line) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unusable(file, f"not valid YAML: the character U+{error.character:04X} is not allowed", line) from error
    except YAMLError as error:
        raise _unusable(file, f"not valid YAML: {error}") from error
    except RecursionError:
        raise _unusable(file, "not valid here: nested too deeply") from None
    reader = _Reader(file)
    data = reader.read(root, ()) if root is not None else None
    return Document(file, data, reader.lines, tuple(reader.problems))


def _what(error: MarkedYAMLError) -> str:
    if error.problem == _INDENT_BY_TAB:
        return "found a tab; YAML is indented with spaces only"
    return " ".join(str(part) for part in (error.context, error.problem) if part)


class _Reader:
    """Turn YAML's nodes into plain values and remember where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []
        self._values = 0
        self._around: list[Node] = []

    def read(self, node: Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._values += 1
        if self._values > MAX_VALUES:
            if self._values == MAX_VALUES + 1:
                self._fault(node, path, f"more than {MAX_VALUES} values; aliases of aliases?")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if node in self._around:
            self._fault(node, path, "an alias that contains itself")
            return None
        if len(self._around) == MAX_DEPTH:
            self._fault(node, path, "nested too deeply")
            return None
        self._around.append(node)
        try:
            return self._mapping(node, path) if isinstance(node, MappingNode) else self._list(node, path)
        finally:
            self._around.pop()

    def _list(self, node: Node, path: Path_) -> list[Any]:
        return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key, value in _own(node):
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in first:
                self._fault(key, (*path, name), f"duplicate key; first defined in line {first[name]}")
                continue
            first[name] = line
            self.lines[*path, name] = line
            found[name] = self.read(value, (*path, name))
        for key, value in self._merged(node, path):
            if key.value not in found:
                self.lines[*path, key.value] = key.start_mark.line + 1
                found[key.value] = self.read(value, (*path, key.value))
        return found

    def _merged(self, node: MappingNode, path: Path_) -> Iterator[tuple[ScalarNode, Node]]:
        """Iterate over the keys merged by `<<`; the mapping's own keys win, then the first one."""
        for key, value in node.value:
            if not _is_merge(key):
                continue
            for source in value.value if isinstance(value, SequenceNode) else (value,):
                if not isinstance(source, MappingNode):
                    self._fault(key, (*path, "<<"), "expected a mapping to merge, or a list of mappings")
                elif any(_is_merge(inner) for inner, _ in source.value):
                    self._fault(
                        key, (*path, "<<"), "a merged mapping merges another one; nested merges are not supported"
                    )
                else:
                    yield from ((key, value) for key, value in _own(source) if isinstance(key, ScalarNode))

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:
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
            self._fault(node, path, f"expected a plain number, or a text in quotes, found {shown(text)}")
            return None
        if kind not in _PLAIN:
            self._fault(node, path, f"expected a plain value, found the tag {shown(kind)}")
            return None
        return text

    def _fault(self, node: Node, path: Path_, message: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, dotted(path), message))


def _is_merge(key: Node) -> bool:
    return str(key.tag) == f"{_TAG}merge"


def _own(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    return ((key, value) for key, value in node.value if not _is_merge(key))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number
