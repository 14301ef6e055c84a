"""What is left of a file when its faulty parts are taken out, so that faults of meaning show beside those of form."""

import copy
from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from boks_exporter.config.pydantic_messages import fault_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault

_PASSES: Final = 4
"""Taking one fault out can bring another to light, such as a key that is now missing; not for ever."""

_STAND_INS: Final[dict[str, Any]] = {
    "user": "stand-in",
    "directory": ".",
    "transport": {"kind": "replay", "directory": "."},
}
"""What stands for a required key that is missing; what is then found there is never told."""


class Remainder:
    """A model of what is sound, None where too little is; `is_real` tells which paths the file itself has."""

    def __init__(self, data: Any, faults: Iterable[Fault]) -> None:
        """Take the faulty parts out, and put something in for what the rest cannot do without."""
        self._data = copy.deepcopy(data)
        self._unreal: set[Path_] = set()
        self.model = self._validated([path for path, _ in faults])

    def is_real(self, path: Path_) -> bool:
        """Tell whether a path leads to something that was neither taken out nor put in."""
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
        """Take a part out; list entries keep their places, since later faults are told by them."""
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
