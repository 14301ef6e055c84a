"""When what the rounds show is rendered."""

import asyncio

import pytest

from boks_exporter.app import publisher
from boks_exporter.app.publisher import Publisher
from boks_exporter.app.systemd import Notifier
from boks_exporter.exposition import DomainView
from tests.unit.exposition_views import published


class Views:
    """One domain, looked at."""

    is_ready = True

    def current(self) -> tuple[DomainView, ...]:
        return (published(),)


class Passing:
    """A clock by which everything takes two seconds, and that stops the loop after some rests."""

    def __init__(self, rests: int) -> None:
        self.time = 0.0
        self.rests = rests
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        self.time += 2.0
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self.rests:
            raise asyncio.CancelledError


async def test_rounds_that_end_together_share_one_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many domains end their rounds meanwhile, one rendering shows them all, and a rest follows."""
    rendered: list[int] = []
    real = publisher.prepare

    def prepare(views: tuple[DomainView, ...], *args: object, is_ready: bool) -> object:
        rendered.append(len(views))
        if len(rendered) == 1:
            for _ in range(20):
                loop.call_soon_threadsafe(publishing.soon)
        return real(views, *args, is_ready=is_ready)  # type: ignore[arg-type]

    loop = asyncio.get_running_loop()
    clock = Passing(rests=2)
    publishing = Publisher(Notifier(None), clock)
    monkeypatch.setattr(publisher, "prepare", prepare)
    publishing.soon()
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(Views())
    assert rendered == [1, 1]
    assert clock.slept == [8.0, 8.0]
    assert publishing.published.is_ready
    assert publishing.status == "bank is degraded: REPHOST is unreachable"
