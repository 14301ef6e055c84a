"""Renders the pages after each round, and notifies systemd of a changed status."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from boks_exporter.app.build_info import exporter_info
from boks_exporter.app.journal_views import JournalViews
from boks_exporter.app.systemd import Notifier, status_line
from boks_exporter.exposition import DomainView
from boks_exporter.model import Seconds, Timestamp
from boks_exporter.observe import Clock
from boks_exporter.web import Preparation, ProcessMetrics, Published

_REST: Final = 4
"""The pause after a rendering, as a multiple of its duration."""
_MOST_A_SECOND: Final = 1
"""Renderings in a second, once every domain was polled: the first page of a domain need not wait."""
_LONGEST_REST_SECONDS: Final[Seconds] = 5.0
"""The longest pause: a rendering that was slow once, as on a machine that stood still, must not age the next page."""


class Views(Protocol):
    """The newest view of every domain."""

    @property
    def is_ready(self) -> bool:
        """Whether every domain was polled at least once."""
        ...

    def current(self) -> Sequence[DomainView]: ...


class Publisher:
    """Holds the newest rendering; `published` changes by one assignment."""

    def __init__(self, notifier: Notifier, clock: Clock, journals: JournalViews | None = None) -> None:
        """Start with a page of the exporter's own metrics."""
        self._notifier = notifier
        self.journals = journals or JournalViews(clock)
        self._clock = clock
        self._info = exporter_info()
        self._is_news = asyncio.Event()
        self._is_urgent = asyncio.Event()
        self._news_since: Seconds | None = None
        self._rendering_since: Seconds | None = None
        self._process = ProcessMetrics()
        self._preparation = Preparation()
        self.published: Published = self._preparation.prepare((), self._info, self._process.blocks(), is_ready=False)
        self.status = status_line(self.published.views)

    def soon(self) -> None:
        """Request a rendering."""
        if self._news_since is None:
            self._news_since = self._clock.monotonic()
        self._is_news.set()

    def is_current(self, within: Seconds) -> bool:
        """Return whether the served page lacks nothing that is older than `within`."""
        waiting = [since for since in (self._rendering_since, self._news_since) if since is not None]
        return not waiting or self._clock.monotonic() - min(waiting) <= within

    def configured(self, moment: Timestamp) -> None:
        """Record that a configuration was applied: what it removed is not shown for another pause."""
        self._info = replace(self._info, reload_successful=True, reload_success_at=moment)
        self._is_urgent.set()
        self.soon()

    def refused(self) -> None:
        """Record that a configuration was refused."""
        self._info = replace(self._info, reload_successful=False)
        self.soon()

    async def run(self, views: Views) -> None:
        """Render after each round; rounds that end while it renders share the next rendering."""
        while True:
            await self._is_news.wait()
            self._is_news.clear()
            self._is_urgent.clear()
            news_since, self._news_since = self._news_since, None
            is_ready, newest, began = views.is_ready, views.current(), self._clock.monotonic()
            self._rendering_since = news_since
            self.published = await asyncio.to_thread(self._prepared, newest, is_ready=is_ready)
            self._rendering_since = None
            before, self.status = self.status, status_line(self.published.views)
            if self.status != before:
                self._notifier.status(self.status)
            # Many domains end their rounds one by one: rendering all of them each time must not fill a processor.
            took = self._clock.monotonic() - began
            shortest = 1 / _MOST_A_SECOND - took if is_ready else 0.0
            await self._rest(max(shortest, min(_REST * took, _LONGEST_REST_SECONDS)))

    async def _rest(self, seconds: Seconds) -> None:
        """Pause; a new configuration ends the pause."""
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        urgent = asyncio.ensure_future(self._is_urgent.wait())
        try:
            await asyncio.wait((pause, urgent), return_when=asyncio.FIRST_COMPLETED)
            if pause.done():
                pause.result()
        finally:
            pause.cancel()
            urgent.cancel()

    def _prepared(self, views: Sequence[DomainView], *, is_ready: bool) -> Published:
        return self._preparation.prepare(
            self.journals.joined(views), self._info, self._process.blocks(), is_ready=is_ready
        )
