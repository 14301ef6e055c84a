"""The settings in force as text, with everything masked that may be a secret."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from boks_exporter.config.settings import Settings

MASK: Final = "<masked>"

_SECRET_KEY: Final = re.compile(r"passw|secret|token|credential|(?<!boks_)(?:^|_)key$", re.IGNORECASE)
"""Keys under which a value is never shown, whatever it is; files that hold secrets have keys of their own."""
_PROGRAMS: Final = frozenset({"before", "after", "on_failure", "program", "command"})
"""Argument lists: the program is shown, its arguments can hold anything."""
_IN_URL: Final = re.compile(r"(?<=://)[^/@\s]+@")
_FILES: Final = re.compile(r"_file(?:s)?$")


def shown_settings(settings: Settings) -> str:
    """Write all settings, defaults included, in the form of YAML."""
    return "\n".join(_mapping(settings, "")) + "\n"


def _mapping(value: Any, indent: str) -> Iterator[str]:
    for field in fields(value):
        yield from _entry(field.name, getattr(value, field.name), indent)


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    if _SECRET_KEY.search(key) and not _FILES.search(key) and value:
        yield f"{indent}{key}: {_scalar(MASK)}"
    elif key in _PROGRAMS and isinstance(value, tuple):
        yield f"{indent}{key}: {_scalars((*value[:1], *([MASK] if len(value) > 1 else [])))}"
    elif is_dataclass(value):
        yield f"{indent}{key}:"
        yield from _mapping(value, f"{indent}  ")
    elif isinstance(value, tuple | list) and any(map(_is_compound, value)):
        yield f"{indent}{key}:"
        for item in value:
            yield from _item(item, indent)
    elif isinstance(value, tuple | list | frozenset):
        yield f"{indent}{key}: {_scalars(value)}"
    else:
        yield f"{indent}{key}: {_scalar(value)}"


def _is_compound(value: Any) -> bool:
    return is_dataclass(value) or isinstance(value, tuple)


def _item(item: Any, indent: str) -> Iterator[str]:
    """Write one item of a list: a mapping, or a pair of a name and a mapping."""
    if isinstance(item, tuple):
        name, value = item
        yield f"{indent}  - name: {_scalar(name)}"
        yield from _mapping(value, f"{indent}    ")
        return
    first, *rest = _mapping(item, f"{indent}    ")
    yield f"{indent}  - {first.lstrip()}"
    yield from rest


def _scalars(values: Any) -> str:
    return f"[{', '.join(map(_scalar, values))}]"


def _scalar(value: Any) -> str:
    if isinstance(value, bool | int | float) or value is None:
        return json.dumps(value)
    text = str(value.value if isinstance(value, Enum) else value if isinstance(value, str | Path) else repr(value))
    return json.dumps(_IN_URL.sub(f"{MASK}@", text), ensure_ascii=False)
