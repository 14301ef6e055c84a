"""Handlers of the pages for people."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeAlias

from aiohttp import hdrs, web

from boks_exporter.model import Timestamp
from boks_exporter.report.next_commands import NextCommands
from boks_exporter.text.harmless import harmless
from boks_exporter.web.negotiation import answer
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.other_pages import (
    config_html,
    events_html,
    host_html,
    missing_html,
    runbook_html,
    runbooks_html,
    topology_html,
)
from boks_exporter.web.pages.overview_page import overview_page
from boks_exporter.web.pages.page import PageContext, static_files
from boks_exporter.web.paths import Paths
from boks_exporter.web.published import Body, Published, compressed
from boks_exporter.web.rate_limit import RateLimit

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


Render: TypeAlias = Callable[[Sequence[DomainFacts], PageContext], str | None]

HTML: Final = "text/html; charset=utf-8"
_SAME_SECONDS: Final = 2
"""For so long a page is not rendered again for the same question."""


class PageHandlers:
    """Pages are rendered on request, in a thread, from what was published last."""

    def __init__(self, source: PageSource, paths: Paths) -> None:
        self._source = source
        self._paths = paths
        self._cache = PageCache()
        self._limit = RateLimit()
        self._newest: Published | None = None
        self._generation = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        """List the routes of the pages and of the files that they load."""
        prefix = self._paths.prefix
        return [
            web.get(self._paths.landing, self.overview),
            web.get(f"{prefix}/hosts/{{domain}}/{{host}}", self.host),
            web.get(f"{prefix}/topology", self.topology),
            web.get(f"{prefix}/events", self.events),
            web.get(f"{prefix}/runbooks/", self.runbooks),
            web.get(f"{prefix}/runbooks/{{name}}", self.runbook),
            web.get(f"{prefix}/config", self.config),
            web.get(f"{prefix}/static/{{name}}", self.static),
        ]

    async def overview(self, request: web.Request) -> web.Response:
        """Serve the first page."""
        query = dict(request.query)
        return await self._page(request, lambda domains, frame: overview_page(domains, frame, query))

    async def host(self, request: web.Request) -> web.Response:
        """Serve the page of a host, or poll it once and serve everything as text."""
        place = request.match_info["domain"], request.match_info["host"]
        if request.query.get("debug") == "true":
            return await self._polled(place)
        runbooks = self._source.runbooks()
        return await self._page(
            request,
            lambda domains, frame: host_html(domains, frame, place, runbooks),
            f"There is no host {place[1]} in a domain {place[0]}.",
        )

    async def topology(self, request: web.Request) -> web.Response:
        """Serve the map."""
        domain = request.query.get("domain")
        return await self._page(request, lambda domains, frame: topology_html(domains, frame, domain))

    async def events(self, request: web.Request) -> web.Response:
        """Serve what changed."""
        return await self._page(request, events_html)

    async def runbooks(self, request: web.Request) -> web.Response:
        """Serve the list of runbooks."""
        runbooks = self._source.runbooks()
        return await self._page(request, lambda domains, frame: runbooks_html(domains, frame, runbooks))

    async def runbook(self, request: web.Request) -> web.Response:
        """Serve one runbook."""
        name, runbooks = request.match_info["name"], self._source.runbooks()
        return await self._page(
            request, lambda domains, frame: runbook_html(domains, frame, name, runbooks), f"There is no runbook {name}."
        )

    async def config(self, request: web.Request) -> web.Response:
        """Serve the settings in force."""
        file, text = self._source.config_file, self._source.configuration()
        return await self._page(request, lambda domains, frame: config_html(domains, frame, file, text))

    async def _polled(self, place: tuple[str, str]) -> web.Response:
        """Poll a host once; a person needs it seldom, and a host must not be polled more often than by rounds."""
        if wait := self._limit.begin("/".join(place)):
            headers = {hdrs.RETRY_AFTER: str(math.ceil(wait))}
            again = f"This host was polled on request just now, or others are; try again in {math.ceil(wait)} s.\n"
            return web.Response(status=429, headers=headers, text=again)
        try:
            text = await self._source.poll_now(*place)
        except TimeoutError:
            return web.Response(status=503, text="The poll has not ended in time; it goes on without an answer here.\n")
        finally:
            self._limit.end()
        if text is None:
            return web.Response(status=404, text=f"There is no host {harmless(place[1])} in this domain.\n")
        return web.Response(text=text)

    async def static(self, request: web.Request) -> web.Response:
        """Serve the style sheet or the script."""
        file = static_files().get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, headers={hdrs.CONTENT_TYPE: file.content_type})

    async def _page(self, request: web.Request, render: Render, missing: str = "") -> web.Response:
        published, now = self._source.published(), self._source.now()
        if published is not self._newest:
            self._newest, self._generation = published, self._generation + 1
        frame = PageContext(published.version, self._paths.telemetry, now)

        def page() -> str | None:
            return render(self._facts(published, now), frame)

        body = await self._cache.get((self._generation, int(now // _SAME_SECONDS), request.path_qs), page)
        if body is not None:
            return answer(request, body, HTML)
        path = request.rel_url.raw_path.removeprefix(self._paths.landing)
        return web.Response(status=404, text=missing_html(frame, path, harmless(missing)), content_type="text/html")

    def _facts(self, published: Published, now: Timestamp) -> list[DomainFacts]:
        commands = NextCommands(("--config.file", str(self._source.config_file)))
        is_only = len(published.views) == 1
        return [
            DomainFacts(view, report, commands if is_only else commands.of(report["domain"]), now)
            for view, report in zip(published.views, published.report["domains"], strict=True)
        ]
