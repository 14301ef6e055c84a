"""What the integration tests share: one fleet behind real sshd for each process of the run."""

from collections.abc import Iterator

import pytest

from tests.integration.fleet import Fleet, running_fleet


@pytest.fixture(scope="session")
def session_fleet() -> Iterator[Fleet]:
    """A domain behind sshd, started once."""
    with running_fleet() as fleet:
        yield fleet


@pytest.fixture
def fleet(session_fleet: Fleet) -> Iterator[Fleet]:
    """The same domain, sound again after each test."""
    yield session_fleet
    session_fleet.mend()
