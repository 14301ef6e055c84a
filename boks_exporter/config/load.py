"""Load a configuration file: either complete settings, or every fault with its place."""

import difflib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from boks_exporter.config.build import settings_of
from boks_exporter.config.checks import faults_of
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.settings import Settings
from boks_exporter.config.strict_yaml import Document, Path_, dotted, load_strict, parse_strict
from boks_exporter.errors import ConfigError, Problem

_KINDS = ("ssh", "local", "replay")
_WORDS = {
    "string_type": "expected a text; put it into quotes if it looks like a number",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "missing": "is missing",
    "tuple_type": "expected a list",
    "model_type": "expected a mapping of keys to values",
    "union_tag_not_found": "kind is missing: expected ssh, local or replay",
    "too_short": "expected at least one entry",
}


def load(file: Path) -> Settings:
    """Load a file; relative paths in it start from its own directory. Raises ConfigError with all faults."""
    return _settings(load_strict(file), file.parent)


def load_text(text: str, file: str, directory: Path) -> Settings:
    """Load text that stands in no file of its own."""
    return _settings(parse_strict(text, file), directory)


def _settings(document: Document, directory: Path) -> Settings:
    problems = list(document.problems)
    try:
        model = ConfigModel.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        problems += (_problem(document, detail) for detail in error.errors() if not _is_consequence(detail))
        raise ConfigError(tuple(sorted(problems, key=_place))) from error
    settings = settings_of(model, directory)
    faults = (
        Problem(document.file, document.line_of(path), dotted(path), text) for path, text in _all_faults(settings)
    )
    if problems := [*problems, *faults]:
        raise ConfigError(tuple(sorted(problems, key=_place)))
    return settings


def _is_consequence(detail: ErrorDetails) -> bool:
    """Leave out that a list is too short only because its entries have faults of their own."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _place(problem: Problem) -> tuple[int, str]:
    return (problem.line or 0, problem.path)


def _problem(document: Document, detail: ErrorDetails) -> Problem:
    """Say what pydantic found in the words of the person who wrote the file."""
    path = tuple(part for part in detail["loc"] if part not in _KINDS)
    kind, found = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        message = f"unknown key{_suggestion(str(path[-1]), path)}"
    elif kind == "value_error":
        message = str(detail["ctx"]["error"])
    elif kind in _WORDS:
        shown = "" if kind in {"missing", "union_tag_not_found", "too_short"} else f", found {found!r}"
        message = _WORDS[kind] + shown
    else:
        message = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {found!r}"
    return Problem(document.file, document.line_of(path), dotted(path), message)


def _suggestion(key: str, path: Path_) -> str:
    close = difflib.get_close_matches(key, _keys_at(path), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _keys_at(path: Path_) -> Iterator[str]:
    """Go through the keys that may stand where the unknown one stands; where there is a choice, through all."""
    schema = ConfigModel.model_json_schema()
    level = [schema]
    for part in path[:-1]:
        level = [below for node in level for below in _below(schema, node, part)]
    for node in level:
        yield from node.get("properties", {})


def _below(schema: dict, node: dict, part: str | int) -> Iterator[dict]:  # type: ignore[type-arg]
    child = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
    for choice in (child or {}).get("oneOf", [child or {}]):
        name = choice.get("$ref", "").rpartition("/")[2]
        yield schema["$defs"].get(name, choice)


def _all_faults(settings: Settings) -> Iterator[tuple[Path_, str]]:
    yield from faults_of(settings)
    yield from _file_faults(settings)


def _file_faults(settings: Settings) -> Iterator[tuple[Path_, str]]:
    """Look at the files that the settings name, while there is still somebody to mend them."""
    for index, domain in enumerate(settings.domains):
        at = ("domains", index, "transport")
        transport = domain.transport
        for key in ("identity_files", "certificate_files"):
            for number, file in enumerate(getattr(transport, key, ())):
                yield from (((*at, key, number), fault) for fault in _file_fault(file, secret=key == "identity_files"))
        for key in ("known_hosts", "openssh_config", "passphrase_file"):
            if file := getattr(transport, key, None):
                yield from (((*at, key), fault) for fault in _file_fault(file, secret=key == "passphrase_file"))
        directory = getattr(transport, "directory", None)
        if directory is not None and not directory.is_dir():
            yield (*at, "directory"), f"no such directory: {directory}"


def _file_fault(file: Path, *, secret: bool) -> Iterator[str]:
    if not file.is_file():
        yield f"no such file: {file}"
    elif not os.access(file, os.R_OK):
        yield f"cannot be read by this user: {file}"
    elif secret and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
        yield f"is open to others: {file}; chmod 600 it"
