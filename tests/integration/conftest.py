"""What the integration tests share: one fleet behind real sshd for each process of the run."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from boks_exporter.remote.settings import Prefix
from tests.integration.fleet import Fleet, running_fleet
from tests.integration.terminal import At, Terminal
from tests.unit.gate_tree import Tree


@pytest.fixture(scope="session")
def session_fleet() -> Iterator[Fleet]:
    """A domain behind sshd, started once."""
    with running_fleet() as fleet:
        yield fleet


@pytest.fixture
def fleet(session_fleet: Fleet) -> Iterator[Fleet]:
    """The same domain, repaired after each test."""
    yield session_fleet
    session_fleet.repair()


@pytest.fixture
def at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[At]:
    """Yield a terminal for the hosts that a test plans; they run until it ends."""
    with ExitStack() as opened:
        yield lambda layout: Terminal(opened.enter_context(running_fleet(layout, prefix=Prefix.SUDO)), tmp_path, capsys)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A host made of files, on which no process is left."""
    tree = Tree(tmp_path / "host")
    yield tree
    assert tree.left_behind() == []
