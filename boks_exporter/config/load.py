"""Load a configuration file: either complete settings, or every fault with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from boks_exporter.config.file_checks import file_faults
from boks_exporter.config.file_warnings import file_advice
from boks_exporter.config.from_schema import settings_of
from boks_exporter.config.partial_validation import Remainder
from boks_exporter.config.pydantic_messages import fault_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.settings import Settings
from boks_exporter.config.strict_yaml import Document, dotted, load_strict, parse_strict
from boks_exporter.config.validation import Fault, faults_of
from boks_exporter.config.warnings import advice_of
from boks_exporter.errors import ConfigError, Problem

_SMALLEST: Final = "domains: [{name: prod, transport: {kind: ssh, user: boksmon}, hosts: [{name: master1}]}]"
_IF_MISSING: Final = f"name another with --config.file, or write it; the smallest one is: {_SMALLEST}"


@dataclass(frozen=True, slots=True)
class Examined:
    """Settings that can be used, and what should be known of them."""

    settings: Settings
    warnings: tuple[Problem, ...]


def examine(file: Path, *, check_files: bool = True) -> Examined:
    """Load a file; relative paths in it start from its own directory. Raises ConfigError with all faults.

    Without `check_files` the files that it names are not looked at: on another machine or as another user.
    """
    document = load_strict(file, _IF_MISSING)
    settings = _settings(document, file.parent, check_files=check_files)
    advice = [*advice_of(settings), *(file_advice(settings) if check_files else ())]
    return Examined(settings, _problems(document, advice))


def load(file: Path, *, check_files: bool = True) -> Settings:
    """Load a file where nobody reads warnings; raises ConfigError with all faults."""
    return examine(file, check_files=check_files).settings


def load_text(text: str, file: str, directory: Path) -> Settings:
    """Load text that stands in no file of its own."""
    return _settings(parse_strict(text, file), directory, check_files=True)


def _settings(document: Document, directory: Path, *, check_files: bool) -> Settings:
    data = document.data if document.data is not None else {}
    try:
        model = ConfigModel.model_validate(data)
    except ValidationError as error:
        faults = [fault for detail in error.errors() if (fault := fault_of(detail))]
        faults += _of_the_rest(data, faults, directory, check_files=check_files)
        # Without the cause: pydantic's error repeats the whole file, secrets included that stand there by mistake.
        raise ConfigError(_problems(document, faults)) from None
    settings = settings_of(model, directory)
    if problems := _problems(document, _all_faults(settings, directory, check_files=check_files)):
        raise ConfigError(problems)
    return settings


def _of_the_rest(data: Any, faults: list[Fault], directory: Path, *, check_files: bool) -> list[Fault]:
    """Find what is wrong with the meaning of the parts whose form is right."""
    rest = Remainder(data, faults)
    if rest.model is None:
        return []
    found = _all_faults(settings_of(rest.model, directory), directory, check_files=check_files)
    return [(path, text) for path, text in found if rest.is_real(path)]


def _all_faults(settings: Settings, directory: Path, *, check_files: bool) -> Iterator[Fault]:
    yield from faults_of(settings)
    if check_files:
        yield from file_faults(settings, directory)


def _problems(document: Document, faults: Iterator[Fault] | list[Fault]) -> tuple[Problem, ...]:
    """Add to the faults of form those of meaning, in the order of the file; one fault at one place is enough."""
    known = {problem.path for problem in document.problems}
    further = [
        Problem(document.file, document.line_of(path), dotted(path), text)
        for path, text in faults
        if dotted(path) not in known
    ]
    return tuple(sorted((*document.problems, *further), key=_place))


def _place(problem: Problem) -> tuple[int, str]:
    return (problem.line or 0, problem.path)
