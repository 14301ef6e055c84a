"""A file without its faulty parts, so that inconsistencies are reported together with faults of form."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from boks_exporter.config.pydantic_messages import faults_in
from boks_exporter.config.strict_yaml import Path_

_PASSES: Final = 4
"""Removing one fault can reveal another, such as a key that is then missing; this bounds the repetition."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class PartialModel(Generic[Model]):
    """A model of the valid parts, None if too little is valid, and the paths that were removed or inserted."""

    model: Model | None
    unreal: frozenset[Path_]

    def is_real(self, path: Path_) -> bool:
        """Return whether a path leads to something that was neither removed nor inserted."""
        return not any(path[:end] in self.unreal for end in range(len(path) + 1))


def partial_model(
    data: Any, faulty: Iterable[Path_], model: type[Model], placeholders: Mapping[str, Any]
) -> PartialModel[Model]:
    """Remove the faulty parts, insert placeholders for required keys, and validate the rest."""
    rest = copy.deepcopy(data)
    unreal: set[Path_] = set()
    for _ in range(_PASSES):
        for path in faulty:
            unreal.add(path)
            _replace(rest, path, placeholders, f"stand-in-{len(unreal)}")
        try:
            return PartialModel(model.model_validate(rest), frozenset(unreal))
        except ValidationError as error:
            faulty = [path for path, _ in faults_in(error, model)]
    return PartialModel(None, frozenset(unreal))


def _replace(rest: Any, path: Path_, placeholders: Mapping[str, Any], name: str) -> None:
    """Remove a part; list entries keep their index, which later faults refer to."""
    parent = rest
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
            parent[key] = name
        elif key in placeholders:
            parent[key] = copy.deepcopy(placeholders[str(key)])
