"""Write the rules and dashboards that come with the package into a directory of the administrator's."""

import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

RUNBOOKS: Final = "docs/runbooks/"
"""How the shipped rules refer to their runbooks; replaced by the address under which a site serves them."""

_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_PLACES: Final = {
    "prometheus": "deploy/prometheus",
    "alertmanager": "deploy/alertmanager",
    "grafana": "deploy/grafana",
    "runbooks": "docs/runbooks",
}
"""What is shipped, and where a checkout has it; pyproject.toml puts it under these names into the wheel."""


def write_rules(directory: Path, runbook_base_url: str | None) -> tuple[Path, ...]:
    """Write Prometheus's rules, Alertmanager's example and the runbooks.

    `runbook_base_url` is where the site serves the runbooks; without it the alerts name the files.
    """
    written = [
        *_copied(_shipped("prometheus"), directory, ".yml"),
        *_copied(_shipped("alertmanager"), directory, ".yml"),
    ]
    if runbook_base_url is not None:
        for file in written:
            text = file.read_text(encoding="utf-8")
            address = f"runbook_url: {runbook_base_url.rstrip('/')}/"
            file.write_text(text.replace(f"runbook_url: {RUNBOOKS}", address), encoding="utf-8")
    return (*written, *_copied(_shipped("runbooks"), directory / "runbooks", ".md"))


def write_dashboards(directory: Path) -> tuple[Path, ...]:
    """Write Grafana's dashboards and the files that provision them."""
    return tuple(_copied(_shipped("grafana"), directory, ".json", ".yaml", ".yml"))


def _shipped(name: str) -> Traversable:
    """Find the files: within an installed package, or beside it in a checkout."""
    installed = resources.files("boks_exporter") / "shipped" / name
    return installed if installed.is_dir() else _CHECKOUT / _PLACES[name]


def _copied(source: Traversable, directory: Path, *endings: str) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        target = directory / item.name
        if item.is_dir():
            written += _copied(item, target, *endings)
        elif item.name.endswith(endings):
            with resources.as_file(item) as file:
                shutil.copyfile(file, target)
            written.append(target)
    return written
