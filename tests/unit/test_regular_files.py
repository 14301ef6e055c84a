"""Every local file that a running exporter reads is opened without waiting for a writer."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.config import NotifySettings, load
from boks_exporter.errors import BoksExporterError, ConfigError
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.knowledge.knowledge_file import KnowledgeError, read_knowledge
from boks_exporter.poller import StateFile, state_database
from boks_exporter.poller.change_notifier import send
from boks_exporter.poller.state_file import StateLock
from boks_exporter.web.security import load_web_config
from tests.unit.test_poller_state_file import kept

READERS: dict[str, tuple[Callable[[Path], object], type[BoksExporterError]]] = {
    "configuration": (load, ConfigError),
    "web configuration": (load_web_config, ConfigError),
    "certificate": (lambda file: load_web_config(_tls(file)), ConfigError),
    "knowledge": (lambda file: read_knowledge(file, "d"), KnowledgeError),
    "journal": (Journal, JournalError),
    "journal, read-only": (lambda file: Journal(file, is_read_only=True), JournalError),
    "state file, read-only": (state_database.read_states, state_database.StateUnreadableError),
}


def _tls(file: Path) -> Path:
    config = file.with_name("web.yml")
    config.write_text(f"tls_server_config:\n  cert_file: {file}\n  key_file: {file}\n")
    return config


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A FIFO without a writer: its reader would wait forever."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("name", READERS)
def test_a_fifo_is_refused_at_once(fifo: Path, name: str) -> None:
    read, declared = READERS[name]
    with pytest.raises(declared, match="regular file"):
        read(fifo)


async def test_a_fifo_as_the_file_of_a_webhook_is_refused_at_once(fifo: Path) -> None:
    with pytest.raises(OSError, match="regular file"):
        await send(NotifySettings(webhook_file=fifo), {})


def test_a_fifo_as_state_file_is_left_alone(fifo: Path) -> None:
    state = StateFile(fifo)
    state.keep("d", kept(5))
    state.close()
    assert fifo.is_fifo()
    assert "regular file" in repr(state)


def test_a_lock_is_held_where_its_number_cannot_be_written(tmp_path: Path) -> None:
    """As on a full disk: a FIFO can be locked, and has no place for the number."""
    os.mkfifo(tmp_path / "state.lock")
    with StateLock(tmp_path / "state") as lock:
        assert "held=True" in repr(lock)
