"""Validation of a document against a pydantic model, with all faults reported together."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from boks_exporter.config.pydantic_messages import faults_in
from boks_exporter.config.strict_yaml import Document, Path_, dotted
from boks_exporter.config.validation import Fault
from boks_exporter.errors import ConfigError, Problem

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


@dataclass(frozen=True, slots=True)
class FileFormat(Generic[Model]):
    """The model of a file, and placeholders for required keys that are missing."""

    model: type[Model]
    placeholders: Mapping[str, Any]


def validated(document: Document, form: FileFormat[Model], check: Callable[[Model], Iterable[Fault]]) -> Model:
    """Return the document as a model that `check` finds consistent; raises ConfigError with all faults."""
    data = document.data if document.data is not None else {}
    try:
        model = form.model.model_validate(data)
    except ValidationError as error:
        faults = faults_in(error, form.model)
        partial = partial_model(data, [path for path, _ in faults], form.model, form.placeholders)
        # Without the cause: pydantic's error repeats the whole file, including secrets written there by mistake.
        found = check(partial.model) if partial.model else ()
        faults += [(path, text) for path, text in found if partial.is_real(path)]
        raise ConfigError(problems_of(document, faults)) from None
    if problems := problems_of(document, check(model)):
        raise ConfigError(problems)
    return model


def problems_of(document: Document, faults: Iterable[Fault]) -> tuple[Problem, ...]:
    """Combine faults of YAML and of validation in file order; one fault per place."""
    known = {problem.path for problem in document.problems}
    further = [
        Problem(document.file, document.line_of(path), dotted(path), text)
        for path, text in faults
        if dotted(path) not in known
    ]
    return tuple(sorted((*document.problems, *further), key=_place))


def _place(problem: Problem) -> tuple[int, str]:
    return (problem.line or 0, problem.path)
