"""promtool and the exporter about the same web configuration files."""

import subprocess
from pathlib import Path

import pytest

from boks_exporter.errors import ConfigError
from boks_exporter.web import load_web_config
from tests.unit.web_config_cases import CASES, Case, write_files


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("web")
    write_files(made)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_promtool_agrees(directory: Path, case: Case) -> None:
    """What promtool accepts is accepted here and the other way round, but for what docs/web.md names."""
    file = directory / "web.yml"
    file.write_text(case.text, encoding="utf-8")
    checked = subprocess.run(["promtool", "check", "web-config", file], capture_output=True, text=True)
    assert (checked.returncode == 0) is (is_taken(file) or bool(case.stricter)), checked.stderr


def is_taken(file: Path) -> bool:
    try:
        load_web_config(file)
    except ConfigError:
        return False
    return True


def test_every_difference_is_real(directory: Path) -> None:
    """No case is called a difference that is none."""
    for case in CASES:
        if case.stricter:
            (directory / "web.yml").write_text(case.text, encoding="utf-8")
            assert not is_taken(directory / "web.yml"), case.name
