"""Load a configuration file into settings, or report every fault with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from boks_exporter.config.file_checks import file_faults
from boks_exporter.config.file_warnings import file_warnings
from boks_exporter.config.from_schema import settings_of
from boks_exporter.config.partial_validation import PartialModel
from boks_exporter.config.pydantic_messages import fault_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.settings import Settings
from boks_exporter.config.strict_yaml import Document, dotted, load_strict, parse_strict
from boks_exporter.config.validation import Fault, faults_of
from boks_exporter.config.warnings import warnings_for
from boks_exporter.errors import ConfigError, Problem

_SMALLEST: Final = "domains: [{name: prod, transport: {kind: ssh, user: boksmon}, hosts: [{name: master1}]}]"
_IF_MISSING: Final = f"name another file with --config.file, or create it; the smallest one is: {_SMALLEST}"


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """Valid settings and their warnings."""

    settings: Settings
    warnings: tuple[Problem, ...]


def examine(file: Path, *, check_files: bool = True) -> CheckedConfig:
    """Load a file; relative paths in it start at its directory. Raises ConfigError with all faults.

    Use `check_files=False` on another machine or as another user: the files that it names are then not checked.
    """
    document = load_strict(file, _IF_MISSING)
    settings = _settings(document, file.parent, check_files=check_files)
    warnings = [*warnings_for(settings), *(file_warnings(settings) if check_files else ())]
    return CheckedConfig(settings, _problems(document, warnings))


def load(file: Path, *, check_files: bool = True) -> Settings:
    """Load a file without its warnings; raises ConfigError with all faults."""
    return examine(file, check_files=check_files).settings


def load_text(text: str, file: str, directory: Path) -> Settings:
    """Load settings from text; `file` is its name in messages."""
    return _settings(parse_strict(text, file), directory, check_files=True)


def _settings(document: Document, directory: Path, *, check_files: bool) -> Settings:
    data = document.data if document.data is not None else {}
    try:
        model = ConfigModel.model_validate(data)
    except ValidationError as error:
        faults = [fault for detail in error.errors() if (fault := fault_of(detail))]
        faults += _remaining_faults(data, faults, directory, check_files=check_files)
        # Without the cause: pydantic's error repeats the whole file, including secrets written there by mistake.
        raise ConfigError(_problems(document, faults)) from None
    settings = settings_of(model, directory)
    if problems := _problems(document, _all_faults(settings, directory, check_files=check_files)):
        raise ConfigError(problems)
    return settings


def _remaining_faults(data: Any, faults: list[Fault], directory: Path, *, check_files: bool) -> list[Fault]:
    """Check the consistency of the parts whose form is valid."""
    partial = PartialModel(data, faults)
    if partial.model is None:
        return []
    found = _all_faults(settings_of(partial.model, directory), directory, check_files=check_files)
    return [(path, text) for path, text in found if partial.is_real(path)]


def _all_faults(settings: Settings, directory: Path, *, check_files: bool) -> Iterator[Fault]:
    yield from faults_of(settings)
    if check_files:
        yield from file_faults(settings, directory)


def _problems(document: Document, faults: Iterator[Fault] | list[Fault]) -> tuple[Problem, ...]:
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
