"""A file without its faulty parts, so that inconsistencies are reported together with faults of form."""

import copy
from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from boks_exporter.config.pydantic_messages import fault_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault

_PASSES: Final = 4
"""Removing one fault can reveal another, such as a key that is then missing; this bounds the repetition."""

_STAND_INS: Final[dict[str, Any]] = {
    "user": "stand-in",
    "directory": ".",
    "transport": {"kind": "replay", "directory": "."},
}
"""Placeholders for missing required keys; faults found in them are not reported."""


class PartialModel:
    """A model of the valid parts, None if too little is valid; `is_real` distinguishes them from placeholders."""

    def __init__(self, data: Any, faults: Iterable[Fault]) -> None:
        """Remove the faulty parts and insert placeholders for required keys."""
        self._data = copy.deepcopy(data)
        self._unreal: set[Path_] = set()
        self.model = self._validated([path for path, _ in faults])

    def is_real(self, path: Path_) -> bool:
        """Return whether a path leads to something that was neither removed nor inserted."""
        return not any(path[:end] in self._unreal for end in range(len(path) + 1))

    def _validated(self, faulty: list[Path_]) -> ConfigModel | None:
        for _ in range(_PASSES):
            for path in faulty:
                self._replace(path)
            try:
                return ConfigModel.model_validate(self._data)
            except ValidationError as error:
                faulty = [fault[0] for detail in error.errors() if (fault := fault_of(detail))]
        return None

    def _replace(self, path: Path_) -> None:
        """Remove a part; list entries keep their index, which later faults refer to."""
        self._unreal.add(path)
        parent = self._data
        for part in path[:-1]:
            try:
                parent = parent[part]
            except (LookupError, TypeError):
                return
        if path and isinstance(parent, dict):
            key = path[-1]
            if key in parent:
                del parent[key]
            elif key == "name":
                parent[key] = f"stand-in-{len(self._unreal)}"
            elif key in _STAND_INS:
                parent[key] = copy.deepcopy(_STAND_INS[str(key)])
