"""Log lines."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from boks_exporter.app.logs import configure
from boks_exporter.app.options import LogFormat


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for chatty in ("asyncssh", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.NOTSET)


def test_logfmt_is_one_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level and event come first; values with blanks stand in quotes, a line's end never breaks the line."""
    configure("info", LogFormat.LOGFMT)
    structlog.get_logger("x").warning("host_state_changed", host="r1", reason='says "no"\nand hangs', was=None)
    out, err = capsys.readouterr()
    stamp, _, rest = err.partition(" ")
    assert out == ""
    assert stamp.startswith("ts=2")
    assert stamp.endswith("Z")
    assert rest == 'level=warning event=host_state_changed host=r1 reason="says \\"no\\"\\nand hangs" was=\n'


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine reads the same names and values."""
    configure("info", LogFormat.JSON)
    structlog.get_logger("x").warning("host_state_changed", host="r1", reason="two\nlines", was=None)
    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert fields.pop("ts").endswith("Z")
    assert fields == {
        "event": "host_state_changed",
        "level": "warning",
        "host": "r1",
        "reason": "two\nlines",
        "was": None,
    }


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_an_exception_is_part_of_its_line(capsys: pytest.CaptureFixture[str], log_format: LogFormat) -> None:
    """A bug's traceback is part of one line, for collectors that read line by line."""
    configure("info", log_format)
    try:
        int("a bug")
    except ValueError:
        structlog.get_logger("x").critical("ended_by_a_bug", exc_info=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert "Traceback (most recent call last)" in line
    assert "ValueError: invalid literal" in line


def test_libraries_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    """What comes from Python's own logging looks no different."""
    configure("info", LogFormat.JSON)
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "10.0.0.1")
    fields = json.loads(capsys.readouterr().err)
    assert (fields["event"], fields["level"]) == ("Error handling request from 10.0.0.1", "error")


@pytest.mark.parametrize(("level", "shown"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_a_threshold(capsys: pytest.CaptureFixture[str], level: str, shown: int) -> None:
    """Lines below it are not written."""
    configure(level, LogFormat.LOGFMT)
    log = structlog.get_logger("x")
    for write in (log.debug, log.info, log.warning, log.error):
        write("event")
    assert len(capsys.readouterr().err.splitlines()) == shown


@pytest.mark.parametrize(("level", "shown"), [("info", 0), ("debug", 2)])
def test_connections_and_scrapes_are_no_news(capsys: pytest.CaptureFixture[str], level: str, shown: int) -> None:
    """A line for each SSH connection and each scrape is for debugging only."""
    configure(level, LogFormat.LOGFMT)
    logging.getLogger("asyncssh").info("[conn=1] Connected")
    logging.getLogger("aiohttp.access").info("GET /metrics")
    assert len(capsys.readouterr().err.splitlines()) == shown
