"""Pydantic's errors as messages for the author of the file."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from boks_exporter.config.json_schema import json_schema
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault
from boks_exporter.text.units import shown

_KINDS: Final = ("ssh", "local", "replay")
_MESSAGES: Final[Mapping[str, str]] = {
    "string_type": "expected a text (in quotes, if it looks like a number), found {found}",
    "string_too_short": "expected a text, found an empty one",
    "string_too_long": "expected at most {max_length} characters, found {found}",
    "string_pattern_mismatch": "expected a text without line breaks and control characters, found {found}",
    "string_unicode": "expected a text, found invalid characters",
    "int_type": "expected a whole number, found {found}",
    "int_from_float": "expected a whole number, found {found}",
    "greater_than_equal": "expected a number of at least {ge}, found {found}",
    "less_than_equal": "expected a number of at most {le}, found {found}",
    "bool_type": "expected true or false, found {found}",
    "tuple_type": "expected a list, such as [first, second]",
    "too_short": "expected at least one entry",
    "model_type": "expected a mapping of keys to values, found {found}",
    "model_attributes_type": "expected a mapping of keys to values, found {found}",
    "missing": "is missing",
    "union_tag_not_found": "is missing: expected ssh, local or replay",
    "union_tag_invalid": "expected ssh, local or replay, found {found}",
}


def fault_of(detail: ErrorDetails) -> Fault | None:
    """Convert an error into a fault with its place; None if it only follows from another fault."""
    path, kind, found = _path(detail["loc"]), detail["type"], detail["input"]
    if kind == "too_short" and found:
        return None  # the list is too short only because its entries are faulty
    if kind == "extra_forbidden":
        return path, f"unknown key{_hint(str(path[-1]), path)}"
    if kind == "value_error":
        return path, str(detail["ctx"]["error"])
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        path, found = (*path, "kind"), found.get("kind")
    words = _MESSAGES.get(kind, "expected a different type of value, found {found}")
    return path, words.format(found=shown(found), **detail.get("ctx", {}))


def _path(loc: Path_) -> Path_:
    """Remove pydantic's tag of the chosen transport, which is not a key of the file."""
    for index, part in enumerate(loc[1:], start=1):
        if part in _KINDS and loc[index - 1] == "transport":
            return (*loc[:index], *loc[index + 1 :])
    return loc


def _hint(key: str, path: Path_) -> str:
    close = difflib.get_close_matches(key, sorted(_keys_at(path)), n=1)
    if close == [key]:
        return " for this kind of transport"
    return f'; did you mean "{close[0]}"?' if close else ""


def _keys_at(path: Path_) -> Iterator[str]:
    """List the keys that are allowed in place of the unknown one; with alternatives, of all of them."""
    schema = json_schema()
    level = [schema]
    for part in path[:-1]:
        level = [below for node in level for below in _below(schema, node, part)]
    for node in level:
        yield from node.get("properties", {})


def _below(schema: dict[str, Any], node: dict[str, Any], part: str | int) -> Iterator[dict[str, Any]]:
    child = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    for choice in (child or {}).get("oneOf", [child or {}]):
        name = choice.get("$ref", "").rpartition("/")[2]
        yield schema["$defs"].get(name, choice)
