"""The event loop goes on while many hosts are judged."""

import asyncio
import threading
from typing import Any

import pytest

from boks_exporter.exposition import ExpositionOptions
from boks_exporter.health import judge_round
from boks_exporter.poller import DomainWatch, domain_watch
from tests.unit.observe_world import Scripted, StillClock, domain, master, replica


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Judge any number of hosts as if they were many, and not before the event loop says so."""
    released = threading.Event()

    def judge(*args: Any, **options: Any) -> Any:
        asyncio_is_free = released.wait(30)
        assert asyncio_is_free
        return judge_round(*args, **options)

    monkeypatch.setattr(domain_watch, "JUDGED_AT_ONCE", 1)
    monkeypatch.setattr(domain_watch, "judge_round", judge)
    return released


def watch() -> DomainWatch:
    transport = Scripted({"M": [master(5, ["R1", "R2"])], "R1": [replica(5)], "R2": [replica(5)]})
    return DomainWatch(domain("M", "R1", "R2"), transport, StillClock())


async def test_other_tasks_run_meanwhile(judging: threading.Event) -> None:
    running = asyncio.create_task(watch().run_round(asyncio.Semaphore(9), 30.0))
    asyncio.get_running_loop().call_later(0.01, judging.set)
    view = await running
    assert [verdict.state for verdict in view.health.hosts] == ["ok", "ok", "ok"]


async def test_a_host_that_is_removed_meanwhile_does_not_come_back(judging: threading.Event) -> None:
    """As in the rest of the round."""
    watched = watch()

    def reload() -> None:
        watched.apply_settings(domain("M", "R2"), watched.transport, ExpositionOptions())
        judging.set()

    asyncio.get_running_loop().call_later(0.01, reload)
    view = await watched.run_round(asyncio.Semaphore(9), 30.0)
    assert [host.name for host in view.snapshot.hosts] == ["M", "R2"]
    assert [verdict.host for verdict in view.health.hosts] == ["M", "R2"]
    assert "R1" not in watched.history.roles
