"""Pydantic's errors as messages for the author of the file."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from boks_exporter.config.key_hints import hint_for, similar_key
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
