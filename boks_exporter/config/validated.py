"""Validation of a document against a pydantic model, with all faults reported together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from boks_exporter.config.partial_validation import partial_model
from boks_exporter.config.pydantic_messages import faults_in
from boks_exporter.config.strict_yaml import Document, dotted
from boks_exporter.config.validation import Fault
from boks_exporter.errors import ConfigError, Problem

Model = TypeVar("Model", bound=BaseModel)


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
