"""How the daemon begins and ends, in this process."""

import asyncio
import importlib.metadata
import json
import logging
import os
import platform
import signal
import socket
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from boks_exporter.app import build_info
from boks_exporter.app.logs import configure
from boks_exporter.app.options import LogFormat
from boks_exporter.app.serve import log_loop_error, serve
from boks_exporter.app.systemd import Notifier
from boks_exporter.errors import ConfigError
from boks_exporter.transport.replay import ReplayTransport
from tests.unit.app_running import Recorded, options


@pytest.fixture(autouse=True)
def _logs_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "BOKS_EXPORTER_REVISION"):
        monkeypatch.delenv(name, raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_the_first_lines_show_what_runs_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version, configuration, advice and address are at the top of every log, and a signal ends it with 0."""
    file = Recorded(tmp_path).configure()
    monkeypatch.setattr(Notifier, "ready", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert serve(options(file, log_format=LogFormat.JSON)) == 0
    starting, rounds, ages, listening, *_, stopping = lines(capsys)
    assert (
        starting.items()
        >= {
            "event": "starting",
            "version": build_info.version(),
            "revision": build_info.revision(),
            "config": str(file),
            "domains": 1,
            "hosts": 2,
        }.items()
    )
    assert [(each["event"], each["level"]) for each in (rounds, ages)] == [("config_advice", "warning")] * 2
    assert listening["event"] == "listening"
    assert str(listening["url"]).startswith("http://127.0.0.1:")
    assert stopping["event"] == "stopping"


def test_an_address_in_use_is_one_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback: the line names the address and what to look for."""
    file = Recorded(tmp_path).configure()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert serve(options(file, log_format=LogFormat.JSON, listen_addresses=(address,))) == 1
    last = lines(capsys)[-1]
    assert (last["event"], last["level"], last["address"]) == ("cannot_listen", "error", address)
    assert last["reason"] == "Address already in use; another program listens there, possibly another exporter"


def test_a_bad_configuration_ends_the_start(tmp_path: Path) -> None:
    """The command line prints all problems; nothing has begun."""
    file = tmp_path / "config.yaml"
    file.write_text("nonsense: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="nonsense"):
        serve(options(file))


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_a_bug_in_the_poll_loop_ends_the_process_loudly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, log_format: LogFormat
) -> None:
    """It exits with 1 and tells the place; it never goes on half dead."""
    ask, polls = ReplayTransport.ask, iter(("the first",))

    async def broken(*words: Any) -> Any:
        if next(polls, None):  # the other polls go on: a bug that no task waits for is reported in a later test
            message = "a bug"
            raise RuntimeError(message)
        return await ask(*words)

    monkeypatch.setattr(ReplayTransport, "ask", broken)
    assert serve(options(Recorded(tmp_path).configure(), log_format=log_format)) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert "ended_by_a_bug" in last
    assert "RuntimeError: a bug" in last


# -- what it is -------------------------------------------------------------------------------------------------------


def test_the_version_is_the_installed_packages() -> None:
    """Metrics, log and command line tell the same."""
    info = build_info.exporter_info()
    assert info.version == importlib.metadata.version("boks-exporter")
    assert info.python == platform.python_version()


def test_a_source_tree_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unknown is said to be unknown, not made up."""
    monkeypatch.setattr(build_info, "_PACKAGE", "no-such-package-of-ours")
    monkeypatch.setattr(build_info, "_CHECKOUT", Path("/nonexistent"))
    assert (build_info.version(), build_info.revision()) == ("unknown", "unknown")


class Installed:
    """A package whose metadata hold one file."""

    def __init__(self, direct_url: str | None) -> None:
        self._text = direct_url

    def read_text(self, name: str) -> str | None:
        return self._text if name == "direct_url.json" else None


@pytest.mark.parametrize(
    ("build", "noted", "revision"),
    [
        ("0123abc", '{"vcs_info": {"vcs": "git", "commit_id": "fedcba9"}}', "0123abc"),
        (None, '{"url": "git+https://x", "vcs_info": {"vcs": "git", "commit_id": "fedcba9"}}', "fedcba9"),
        (None, '{"url": "file:///src", "dir_info": {"editable": true}}', "unknown"),
        (None, None, "unknown"),
        ("", None, "unknown"),
    ],
)
def test_the_revision_is_what_the_build_or_pip_noted(
    monkeypatch: pytest.MonkeyPatch, build: str | None, noted: str | None, revision: str
) -> None:
    """The environment of an image comes first, then what pip wrote for a package from a repository."""
    monkeypatch.setattr(build_info, "distribution", lambda _: Installed(noted))
    monkeypatch.setattr(build_info, "_CHECKOUT", Path("/nonexistent"))
    if build is not None:
        monkeypatch.setenv("BOKS_EXPORTER_REVISION", build)
    assert build_info.revision() == revision


def test_a_checkout_knows_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From a checkout its own commit is shown, also in a hook of git; without git or a commit it is unknown."""
    monkeypatch.setattr(build_info, "distribution", lambda _: Installed(None))
    monkeypatch.setattr(build_info, "_CHECKOUT", tmp_path)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.net"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert build_info.revision() == "unknown"
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert build_info.revision() == head
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert build_info.revision() == head
    monkeypatch.setenv("PATH", "/nonexistent")
    assert build_info.revision() == "unknown"


async def test_what_a_library_leaves_unhandled_is_one_line_of_the_log() -> None:
    """The event loop would print a traceback in the middle of a log of JSON."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loop_error)
    with structlog.testing.capture_logs() as logs:
        loop.call_exception_handler({"message": "Future exception was never retrieved", "exception": OSError("late")})
    assert [(log["event"], log["message"]) for log in logs] == [
        ("unhandled_in_event_loop", "Future exception was never retrieved")
    ]


def test_a_librarys_warning_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning of Python's own form would be no JSON."""
    configure("info", LogFormat.JSON)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=False)
            logging.captureWarnings(capture=True)
            warnings.warn("an algorithm is old", DeprecationWarning, stacklevel=1)
    finally:
        logging.captureWarnings(capture=False)
    (line,) = lines(capsys)
    assert "an algorithm is old" in str(line["event"])
