"""The program's own exit codes."""

import getpass
import os

import pytest

from boks_exporter.cli.root_command import run


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["--version"], 0), ([], 2), (["none"], 2), (["-x"], 2)]
)
def test_usage_has_its_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Help is no failure, and a command that is none is."""
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert bool(out) == (code == 0)
    assert bool(err) == (code == 2)


def test_an_interruption_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """As shells count SIGINT; to a plugin it is unknown."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("boks_exporter.cli.report_source.fetch", interrupted)

    assert run(["status"]) == 130
    assert run(["check"]) == 3


def test_the_users_name_needs_no_file_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SSH library asks for it with each login, also while no file descriptor is left for the user database."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    name = getpass.getuser()
    run(["version"])
    assert os.environ["LOGNAME"] == name
