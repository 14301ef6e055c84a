"""When what the rounds show is rendered."""

import asyncio
from typing import Any

import pytest

from boks_exporter.app.publisher import Publisher
from boks_exporter.app.systemd import Notifier
from boks_exporter.exposition import DomainView
from boks_exporter.web import Preparation
from tests.unit.exposition_views import published


class Views:
    """One domain, looked at."""

    is_ready = True

    def current(self) -> tuple[DomainView, ...]:
        return (published(),)


class Passing:
    """A clock by which everything takes a second, or as long as given, and that stops the loop after some rests."""

    def __init__(self, rests: int, takes: float = 1.0) -> None:
        self.time = 0.0
        self.takes = takes
        self.rests = rests
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        self.time += self.takes
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self.rests:
            raise asyncio.CancelledError


async def test_rounds_that_end_together_share_one_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many domains end their rounds meanwhile, one rendering shows them all, and a rest follows."""
    rendered: list[int] = []
    real = Preparation.prepare

    def prepare(self: Preparation, views: tuple[DomainView, ...], *args: Any, is_ready: bool) -> object:
        rendered.append(len(views))
        if len(rendered) == 1:
            for _ in range(20):
                loop.call_soon_threadsafe(publishing.soon)
        return real(self, views, *args, is_ready=is_ready)

    loop = asyncio.get_running_loop()
    clock = Passing(rests=2)
    publishing = Publisher(Notifier(None), clock)
    monkeypatch.setattr(Preparation, "prepare", prepare)
    publishing.soon()
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(Views())
    assert rendered == [1, 1]
    assert clock.slept == [5.0, 4.0]
    assert publishing.published.is_ready
    assert publishing.status == "bank is degraded: REPHOST is unreachable"


async def test_pages_are_rendered_once_a_second_at_most() -> None:
    """However fast it is, and however many domains end their rounds one by one."""
    clock = Passing(rests=1, takes=0.125)
    publishing = Publisher(Notifier(None), clock)
    publishing.soon()
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(Views())
    assert clock.slept == [0.875]


async def test_the_first_page_of_a_domain_does_not_wait_for_a_second() -> None:
    """After the start the page without any host has just been rendered."""
    clock, views = Passing(rests=1, takes=0.125), Views()
    views.is_ready = False
    publishing = Publisher(Notifier(None), clock)
    publishing.soon()
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(views)
    assert clock.slept == [0.5]


async def test_a_new_configuration_is_shown_without_a_pause() -> None:
    """Hosts that it removed are gone with the reload, not up to five seconds later."""
    pause = asyncio.Event()

    class Resting(Passing):
        async def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            await pause.wait()

    clock = Resting(rests=0)
    publishing = Publisher(Notifier(None), clock)
    running = asyncio.create_task(publishing.run(Views()))
    async with asyncio.timeout(20):
        publishing.soon()
        while not clock.slept:
            await asyncio.sleep(0.001)
        before = publishing.published
        publishing.configured(1.0)
        while publishing.published is before:
            await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not pause.is_set()


async def test_a_rendering_that_took_long_once_does_not_age_the_next_page() -> None:
    """A machine that stood still for 20 s rests no longer than five seconds."""
    clock = Passing(rests=1, takes=20.0)
    publishing = Publisher(Notifier(None), clock)
    publishing.soon()
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(Views())
    assert clock.slept == [5.0]


async def test_a_page_that_lacks_news_for_long_is_not_current() -> None:
    """While it waits, and while it is rendered; a page without news stays current."""
    clock = Passing(rests=1, takes=0.0)
    publishing = Publisher(Notifier(None), clock)
    clock.time = 1000.0
    assert publishing.is_current(90.0)
    publishing.soon()
    clock.time = 1090.0
    publishing.soon()
    assert publishing.is_current(90.0)
    clock.time = 1091.0
    assert not publishing.is_current(90.0)
    with pytest.raises(asyncio.CancelledError):
        await publishing.run(Views())
    assert publishing.is_current(90.0)
