"""What all tests share: how often properties are tried, and where journals lie."""

import gc
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

settings.register_profile("check", max_examples=25)
"""A quarter of the examples, for `make check` (`--hypothesis-profile=check`); `make test` tries all of them."""


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what has been loaded: it lives to the end, and is most of the heap."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def journals(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a directory for journals, in memory where there is such a place: each write waits for the disk otherwise.

    What a program makes for the time of a run, such as a rehearsal's journal, is made there, too.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only used where it is
    with tempfile.TemporaryDirectory(prefix="boks-journal-", dir=memory if memory.is_dir() else None) as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


@pytest.fixture
def default_signals() -> Iterator[None]:
    """Have signals do what they do by default, as a background job or nohup passes ignored ones on to its children."""
    defaults = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {each: signal.signal(each, handler) for each, handler in defaults.items()}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture(autouse=True)
def logs_as_at_the_start() -> None:
    """Forget how an earlier test of the same process set the logs up, such as to errors only."""
    structlog.reset_defaults()
