"""Render what the rounds show, once after each, and tell systemd where it changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from boks_exporter.app.build_info import exporter_info
from boks_exporter.app.journal_views import JournalViews
from boks_exporter.app.sentence import fleet_in_a_sentence
from boks_exporter.app.systemd import Notifier
from boks_exporter.exposition import DomainView
from boks_exporter.model import Timestamp
from boks_exporter.observe import Clock
from boks_exporter.web import Published, prepare

_REST: Final = 4
"""How many times as long as a rendering took the next one waits at least."""


class Views(Protocol):
    """Whoever has the newest view of every domain."""

    @property
    def is_ready(self) -> bool:
        """Tell whether every domain has been looked at."""
        ...

    def current(self) -> Sequence[DomainView]:
        """Give the views."""
        ...


class Publisher:
    """Keep the newest rendering; `published` changes by one assignment."""

    def __init__(self, notifier: Notifier, clock: Clock, journals: JournalViews | None = None) -> None:
        """Start with a page that shows the exporter itself."""
        self._notifier = notifier
        self.journals = journals or JournalViews(clock)
        self._clock = clock
        self._info = exporter_info()
        self._is_news = asyncio.Event()
        self.published: Published = prepare((), self._info, is_ready=False)
        self.sentence = fleet_in_a_sentence(self.published.report)

    def soon(self) -> None:
        """Render again as soon as possible."""
        self._is_news.set()

    def configured(self, moment: Timestamp) -> None:
        """Note that a configuration was taken over."""
        self._info = replace(self._info, reload_successful=True, reload_success_at=moment)
        self.soon()

    def refused(self) -> None:
        """Note that a configuration was refused."""
        self._info = replace(self._info, reload_successful=False)
        self.soon()

    async def run(self, views: Views) -> None:
        """Render after each round; rounds that end while it renders share the next rendering."""
        while True:
            await self._is_news.wait()
            self._is_news.clear()
            is_ready, newest, began = views.is_ready, views.current(), self._clock.monotonic()
            self.published = await asyncio.to_thread(self._prepared, newest, is_ready=is_ready)
            before, self.sentence = self.sentence, fleet_in_a_sentence(self.published.report)
            if self.sentence != before:
                self._notifier.status(self.sentence)
            # Many domains end their rounds one by one: rendering all of them each time must not fill a processor.
            await self._clock.sleep(_REST * (self._clock.monotonic() - began))

    def _prepared(self, views: Sequence[DomainView], *, is_ready: bool) -> Published:
        return prepare(self.journals.joined(views), self._info, is_ready=is_ready)
