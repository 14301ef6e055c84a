"""Pydantic's errors as messages for the author of the file."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault
from boks_exporter.text.units import shown

_Schema = dict[str, Any]

_LISTED_AT_MOST: Final = 10


def hint_for(key: str, path: Path_, model: type[BaseModel]) -> str:
    """Return the end of the message about an unknown key in the mapping at `path`, which may be empty."""
    schema = _schema(model)
    here = _keys_at(schema, path)
    if key in here:
        return " for this kind of transport"
    places = _places(model)
    if key in places:
        return f"; it belongs {' or '.join(places[key])}"
    if close := similar_key(key, path, model):
        return f'; did you mean "{close}"?'
    if elsewhere := difflib.get_close_matches(key, places, n=1):
        return f'; did you mean "{elsewhere[0]}", which belongs {" or ".join(places[elsewhere[0]])}?'
    return f"; expected {', '.join(here)}" if 0 < len(here) <= _LISTED_AT_MOST else ""


def similar_key(key: str, path: Path_, model: type[BaseModel]) -> str | None:
    """Return the key of the mapping at `path` that an unknown key is a misspelling of."""
    here = _keys_at(_schema(model), path)
    is_known = key in here or key in _places(model)
    return None if is_known else next(iter(difflib.get_close_matches(key, here, n=1)), None)


@cache
def _schema(model: type[BaseModel]) -> _Schema:
    return model.model_json_schema()


def _keys_at(schema: _Schema, path: Path_) -> list[str]:
    """List the keys that are allowed at a path; with alternatives, of all of them."""
    level = [schema]
    for part in path:
        level = [below for node in level for below in _children(schema, node).get(_step(part), ())]
    return sorted({key for node in level for key, child in node.get("properties", {}).items() if "not" not in child})


def _step(part: str | int) -> str:
    return "[]" if isinstance(part, int) else part


@cache
def _places(model: type[BaseModel]) -> dict[str, list[str]]:
    """Map each key of the file to the mappings that may contain it."""
    places: dict[str, list[str]] = {}
    for path, key in _walk(_schema(model), _schema(model), ""):
        place = f"under {path}" if path else "at the top level"
        if place not in places.setdefault(key, []):
            places[key].append(place)
    return places


def _walk(schema: _Schema, node: _Schema, path: str) -> Iterator[tuple[str, str]]:
    yield from ((path, key) for key in node.get("properties", {}))
    for step, children in _children(schema, node).items():
        below = f"{path}[]" if step == "[]" else f"{path}.{step}".removeprefix(".")
        for child in children:
            yield from _walk(schema, child, below)


def _children(schema: _Schema, node: _Schema) -> dict[str, list[_Schema]]:
    """Return the schemas below a node by key, `[]` for the entries of a list; references are resolved."""
    children = {key: _alternatives(schema, child) for key, child in node.get("properties", {}).items()}
    if "items" in node:
        children["[]"] = _alternatives(schema, node["items"])
    return children


def _alternatives(schema: _Schema, node: _Schema) -> list[_Schema]:
    choices = node.get("oneOf") or node.get("anyOf") or [node]
    return [schema["$defs"][choice["$ref"].rpartition("/")[2]] if "$ref" in choice else choice for choice in choices]


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


def faults_in(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Convert pydantic's error into faults with their places, without those that only follow from another."""
    details = error.errors()
    unknown = [_path(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]
    misspelled = {(*path[:-1], similar_key(str(path[-1]), path[:-1], model)) for path in unknown}
    return [
        fault
        for detail in details
        if (fault := _fault_of(detail, model)) and not (detail["type"] == "missing" and fault[0] in misspelled)
    ]


def _fault_of(detail: ErrorDetails, model: type[BaseModel]) -> Fault | None:
    path, kind, found = _path(detail["loc"]), detail["type"], detail["input"]
    if kind == "too_short" and found:
        return None  # the list is too short only because its entries are faulty
    if kind == "extra_forbidden":
        return path, f"unknown key{hint_for(str(path[-1]), path[:-1], model)}"
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
