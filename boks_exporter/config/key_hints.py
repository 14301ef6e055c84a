"""Hints for unknown keys: a similar key of the same mapping, or the mapping in which the key is valid."""

import difflib
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from boks_exporter.config.strict_yaml import Path_

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
