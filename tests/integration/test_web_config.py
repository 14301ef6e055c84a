"""promtool and the exporter about the same web configuration files."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.errors import ConfigError
from boks_exporter.web import load_web_config
from tests.unit.web_config_bad import BAD
from tests.unit.web_config_files import Case, write_files
from tests.unit.web_config_good import GOOD


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("web")
    write_files(made)
    return made


@pytest.mark.parametrize("case", [*GOOD, *BAD], ids=lambda case: case.name)
def test_promtool_agrees(directory: Path, case: Case) -> None:
    """What promtool accepts is accepted here and the other way round, but for what docs/web.md names."""
    file = directory / "web.yml"
    file.write_text(case.text, encoding="utf-8")
    checked = subprocess.run(["promtool", "check", "web-config", file], capture_output=True, text=True)
    promtool, ours = checked.returncode == 0, is_taken(file)
    assert (ours, promtool) in _allowed(case), checked.stderr


def _allowed(case: Case) -> set[tuple[bool, bool]]:
    """Return the verdicts that we and promtool may have on a file; versions of promtool differ on some."""
    ours = case.message is None
    return {(ours, not ours if case.stricter else ours)} | ({(ours, not ours)} if case.newer else set())


def is_taken(file: Path) -> bool:
    try:
        load_web_config(file)
    except ConfigError:
        return False
    return True
