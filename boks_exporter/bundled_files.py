"""The rules, runbooks and dashboards that come with the package."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from boks_exporter.errors import ShippedFilesError

RUNBOOKS: Final = "docs/runbooks/"
"""The runbook prefix in the project's own rules."""

_JOB: Final = "boks"
"""The job label in the project's own rules."""

_BESIDE: Final = "runbooks"
"""The directory of the runbooks, next to the rules."""

_CHECKOUT: Final = Path(__file__).resolve().parents[1]
_PLACES: Final = {
    "prometheus": "deploy/prometheus",
    "alertmanager": "deploy/alertmanager",
    "grafana": "deploy/grafana",
    "runbooks": "docs/runbooks",
    "systemd": "deploy/systemd",
    "schemas": "docs",
}
"""The directories of a checkout; pyproject.toml puts them under these names into the wheel."""


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """One file and its path below the target directory."""

    place: Path
    text: str


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The result of writing one file."""

    path: Path
    is_new: bool
    """Whether it was written; an identical file is left alone."""


def rules(runbook_url: str | None, job: str = _JOB) -> tuple[ShippedFile, ...]:
    """Read Prometheus's rules, Alertmanager's example and the runbooks.

    `runbook_url` is the URL below which the site serves the runbooks; without it the alerts have the annotation
    `runbook` with the file next to the rules. `job` is the job label of the exporters.
    """
    runbook = f"runbook_url: {_base(runbook_url)}" if runbook_url else f"runbook: {_BESIDE}/"
    replaced = {f"runbook_url: {RUNBOOKS}": runbook, f'job="{_JOB}"': f'job="{job}"'}
    files = (
        *_read("prometheus", ".yml"),
        *_read("alertmanager", ".yml"),
        *_read("runbooks", ".md", below=Path(_BESIDE)),
    )
    return tuple(ShippedFile(file.place, _with(replaced, file.text)) for file in files)


def _base(url: str) -> str:
    """Return what precedes a runbook's file name: a directory, or a query such as `?page=`."""
    return url if url.endswith("=") else f"{url.rstrip('/')}/"


def _with(replaced: Mapping[str, str], text: str) -> str:
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text


def dashboards() -> tuple[ShippedFile, ...]:
    """Read Grafana's dashboards, their provisioning files and their README."""
    return tuple(_read("grafana", ".json", ".yaml", ".yml", ".md"))


def systemd_unit() -> str:
    """Read the unit of the daemon."""
    (unit,) = (file for file in _read("systemd", "boks-exporter.service"))
    return unit.text


@cache
def runbooks() -> Mapping[str, str]:
    """Read the runbooks, in Markdown, by their names."""
    return {file.place.stem: file.text for file in _read("runbooks", ".md")}


@cache
def status_schema() -> Mapping[str, Any]:
    """Read the JSON schema of the status report."""
    schema: Mapping[str, Any] = json.loads(next(iter(_read("schemas", "status.schema.json"))).text)
    return schema


def write(files: tuple[ShippedFile, ...], directory: Path, *, overwrite: bool) -> tuple[WrittenFile, ...]:
    """Write the files; raises ShippedFilesError, before anything is written, where a changed file would be lost."""
    try:
        present = {file: _text_at(directory / file.place) for file in files}
        changed = [directory / file.place for file in files if present[file] not in {None, file.text}]
        if changed and not overwrite:
            raise _would_be_lost(changed)
        return tuple(_written(file, directory, is_new=present[file] != file.text) for file in files)
    except OSError as error:
        message = f"{error.filename or directory}: expected a directory to write into, found: {error.strerror}"
        raise ShippedFilesError(message) from error


def _would_be_lost(changed: list[Path]) -> ShippedFilesError:
    names = "".join(f"\n  {path}" for path in changed)
    return ShippedFilesError(
        f"expected no file, or the shipped one, found another text in:{names}\n"
        "Nothing was written. Write to an empty directory and compare, or replace them with --overwrite."
    )


def _text_at(path: Path) -> str | None:
    """Read a present file; undecodable bytes count as another text."""
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None


def _written(file: ShippedFile, directory: Path, *, is_new: bool) -> WrittenFile:
    path = directory / file.place
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8", newline="\n")
    return WrittenFile(path, is_new)


def _read(name: str, *endings: str, below: Path = Path()) -> Iterator[ShippedFile]:
    return _texts(_shipped(name), below, endings)


def _shipped(name: str) -> Traversable:
    """Find the files: within an installed package, or next to it in a checkout."""
    installed = resources.files("boks_exporter") / "shipped" / name
    return installed if installed.is_dir() else _CHECKOUT / _PLACES[name]


def _texts(source: Traversable, below: Path, endings: tuple[str, ...]) -> Iterator[ShippedFile]:
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _texts(item, below / item.name, endings)
        elif item.name.endswith(endings):
            yield ShippedFile(below / item.name, item.read_text(encoding="utf-8"))
