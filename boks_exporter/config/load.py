"""Load a configuration file into settings, or report every fault with its place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boks_exporter.config.file_checks import file_faults, file_warnings
from boks_exporter.config.from_schema import settings_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.settings import Settings
from boks_exporter.config.strict_yaml import Document, load_strict, parse_strict
from boks_exporter.config.validated import FileFormat, problems_of, validated
from boks_exporter.config.validation import Fault, faults_of
from boks_exporter.config.warnings import warnings_for
from boks_exporter.errors import ConfigError, Problem

_SMALLEST: Final = "domains: [{name: prod, transport: {kind: ssh, user: boksmon}, hosts: [{name: master1}]}]"
_IF_MISSING: Final = f"name another file with --config.file, or create it; the smallest one is: {_SMALLEST}"

_FORMAT: Final = FileFormat(
    ConfigModel, {"user": "stand-in", "directory": ".", "transport": {"kind": "replay", "directory": "."}}
)


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """Valid settings and their warnings."""

    settings: Settings
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ContentChecks:
    """Checks of the content of the files that settings name, by the code that uses them."""

    faults: Callable[[Settings], Iterable[Fault]] = lambda _: ()
    warnings: Callable[[Settings], Iterable[Fault]] = lambda _: ()


_NO_CHECKS: Final = ContentChecks()


def examine(file: Path, *, check_files: bool = True, content: ContentChecks = _NO_CHECKS) -> CheckedConfig:
    """Load a file; relative paths in it start at its directory. Raises ConfigError with all faults.

    Use `check_files=False` on another machine or as another user: the files that it names are then not checked.
    """
    document = load_strict(file, _IF_MISSING)
    settings = _settings(document, file.parent, check_files=check_files)
    if check_files and (faults := problems_of(document, list(content.faults(settings)))):
        raise ConfigError(faults)
    warnings = [*warnings_for(settings)]
    if check_files:
        warnings += [*file_warnings(settings), *content.warnings(settings)]
    return CheckedConfig(settings, problems_of(document, warnings))


def load(file: Path, *, check_files: bool = True) -> Settings:
    """Load a file without its warnings; raises ConfigError with all faults."""
    return examine(file, check_files=check_files).settings


def load_text(text: str, file: str, directory: Path, *, check_files: bool = True) -> Settings:
    """Load settings from text; `file` is its name in messages."""
    return _settings(parse_strict(text, file), directory, check_files=check_files)


def _settings(document: Document, directory: Path, *, check_files: bool) -> Settings:
    def check(model: ConfigModel) -> Iterator[Fault]:
        settings = settings_of(model, directory)
        yield from faults_of(settings)
        if check_files:
            yield from file_faults(settings, directory)

    return settings_of(validated(document, _FORMAT, check), directory)
