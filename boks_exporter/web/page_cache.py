"""Rendered pages: each is rendered once for all who ask for it at the same time, in a thread."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from boks_exporter.web.published import Body, compressed

_KEPT: Final = 8
_AT_A_TIME: Final = 2


class PageCache:
    """Pages by what was asked for, of one published state; a few seconds are the same page."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, asyncio.Task[Body | None]] = OrderedDict()
        self._limiter = asyncio.Semaphore(_AT_A_TIME)

    def __repr__(self) -> str:
        return f"<PageCache of {len(self._pages)} pages>"

    async def get(self, key: Hashable, render: Callable[[], str | None]) -> Body | None:
        """Return a page, None where there is none; what fails is not kept."""
        task = self._pages.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.create_task(self._rendered(render))
            self._pages[key] = task
        self._pages.move_to_end(key)
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return await asyncio.shield(task)

    async def _rendered(self, render: Callable[[], str | None]) -> Body | None:
        async with self._limiter:
            return await asyncio.to_thread(_body, render)


def _body(render: Callable[[], str | None]) -> Body | None:
    text = render()
    return None if text is None else compressed(text.encode("utf-8", "replace"))
