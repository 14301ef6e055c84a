"""`boks-exporter config`."""

import json
from pathlib import Path

import pytest

from boks_exporter.cli.root_command import run
from boks_exporter.config import json_schema
from tests.unit.cli_replays import healthy, write


def test_a_good_file_is_reported_with_its_extent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The counts show that the right file was read."""
    config = write(tmp_path, healthy())

    for given in ([str(config)], ["--config.file", str(config)]):
        assert run(["config", "check", *given]) == 0
        assert capsys.readouterr() == (f"{config}: no fault; 1 domain, 6 hosts\n", "")


def test_all_faults_are_reported_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is a line that editors can jump to, on standard error; the code is 1."""
    config = tmp_path / "config.yaml"
    config.write_text("poll: {interval: 5}\nmetrics: {tables: some}\ndomains: []\n", encoding="utf-8")

    assert run(["config", "check", str(config)]) == 1
    assert capsys.readouterr() == (
        "",
        (
            f"{config}:1: poll.interval: expected a duration such as 30s, 5m or 1h30m, found 5\n"
            f"{config}:2: metrics.tables: expected all or worst, found 'some'\n"
            f"{config}:3: domains: expected at least one entry\n"
            "3 faults\n"
        ),
    )


def test_syntax_only_leaves_the_files_out(tmp_path: Path) -> None:
    """A file can be checked where its keys are not."""
    config = write(tmp_path, healthy())
    (tmp_path / "prod").rename(tmp_path / "elsewhere")

    assert run(["config", "check", str(config)]) == 1
    assert run(["config", "check", "--syntax-only", str(config)]) == 0


def test_the_file_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `serve` would read is what is checked."""
    monkeypatch.setenv("BOKS_EXPORTER_CONFIG_FILE", str(write(tmp_path, healthy())))

    assert run(["config", "check"]) == 0
    assert "6 hosts" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be redirected into a file for an editor."""
    assert run(["config", "schema"]) == 0

    assert json.loads(capsys.readouterr().out) == json_schema()
