"""Handlers of the API except the status: one host, the changes as JSON and as a stream, the OpenAPI document."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aiohttp import hdrs, web

from boks_exporter.exposition import DomainView
from boks_exporter.exposition.events import event_documents
from boks_exporter.text.harmless import harmless
from boks_exporter.web.api_documents import host_document, round_document
from boks_exporter.web.guarded_connection import GuardedConnection
from boks_exporter.web.negotiation import answer, prefers_events
from boks_exporter.web.openapi import openapi_document
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.paths import Paths
from boks_exporter.web.published import compressed

JSON: Final = "application/json; charset=utf-8"
STREAMS: Final = 32
"""Event streams that are open at the same time."""
MOST_EVENTS: Final = 1000
_LOOK_SECONDS: Final = 0.5
_SIGN_OF_LIFE_SECONDS: Final = 10.0
_RETRY_MILLISECONDS: Final = 5000
_STREAM_HEADERS: Final[Mapping[str, str]] = {
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",
}
_FILTERS: Final = ("domain", "host")


class ApiHandlers:
    """Answers are made from what was published last."""

    def __init__(self, source: PageSource, paths: Paths) -> None:
        self._source = source
        self._paths = paths
        self._streams = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        """List the routes."""
        api = f"{self._paths.prefix}/api/v1"
        return [
            web.get(f"{api}/hosts/{{domain}}/{{host}}", self.host),
            web.get(f"{api}/events", self.events),
            web.get(f"{api}/openapi.json", self.openapi),
        ]

    async def host(self, request: web.Request) -> web.Response:
        """Serve one host."""
        domain, name = request.match_info["domain"], request.match_info["host"]
        published = self._source.published()
        for view, report in zip(published.views, published.report["domains"], strict=True):
            for host in report["hosts"] if report["domain"] == domain else ():
                if host["host"] == name:
                    return _json(request, host_document(view, report, host))
        return _json(request, {"error": harmless(f"there is no host {name} in a domain {domain}")}, status=404)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Serve the changes: as JSON, or as they come to a client that wants a stream."""
        if prefers_events(request.headers.get(hdrs.ACCEPT, "")):
            return await self._stream(request)
        try:
            since, limit = _since(request.query), _limit(request.query)
        except ValueError as error:
            return _json(request, {"error": str(error)}, status=400)
        found = [
            event
            for event in event_documents(self._source.published().views)
            if event["timestamp_seconds"] > since and _is_wanted(event, request.query)
        ]
        return _json(request, {"events": found[-limit:]})

    async def openapi(self, request: web.Request) -> web.Response:
        """Serve the description of the API."""
        document = openapi_document(self._source.published().version, self._paths.prefix, self._source.status_schema())
        return _json(request, document)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._streams >= STREAMS:
            headers = {hdrs.RETRY_AFTER: "30"}
            return web.Response(status=503, headers=headers, text="Too many event streams are open; try again later.\n")
        self._streams += 1
        _mark(request, is_streaming=True)
        try:
            response = web.StreamResponse(headers=dict(_STREAM_HEADERS))
            await response.prepare(request)
            if request.method != hdrs.METH_HEAD:
                await self._follow(request, response)
        except ConnectionError:
            pass  # the client has left
        finally:
            self._streams -= 1
            _mark(request, is_streaming=False)
        return response

    async def _follow(self, request: web.Request, response: web.StreamResponse) -> None:
        """Write every round and every change, and a sign of life while there is none."""
        await response.write(f"retry: {_RETRY_MILLISECONDS}\n\n".encode())
        shown, at, silent_since = None, _last_id(request), 0.0
        loop = asyncio.get_running_loop()
        while request.transport is not None and not request.transport.is_closing():
            published = self._source.published()
            if published is not shown:
                shown, silent_since = published, loop.time()
                newest = max((view.timeline.seen_at or 0.0 for view in published.views), default=0.0)
                news = _news(published.views, newest if at is None else at, request.query)
                await response.write("".join(news).encode("utf-8", "replace"))
                at = newest
            elif loop.time() - silent_since > _SIGN_OF_LIFE_SECONDS:
                silent_since = loop.time()
                await response.write(b": still here\n\n")
            await asyncio.sleep(_LOOK_SECONDS)


def _mark(request: web.Request, *, is_streaming: bool) -> None:
    connection = request.transport.get_protocol() if request.transport else None
    if isinstance(connection, GuardedConnection):
        connection.is_streaming = is_streaming


def _news(views: Sequence[DomainView], since: float, query: Mapping[str, str]) -> Iterator[str]:
    for event in event_documents(views):
        if event["timestamp_seconds"] > since and _is_wanted(event, query):
            yield _message("change", event, event["timestamp_seconds"])
    yield _message("round", round_document(views))


def _message(kind: str, document: Mapping[str, Any], number: float | None = None) -> str:
    """Write one event of a stream; JSON has no line breaks, so its data are one line."""
    identity = "" if number is None else f"id: {number!r}\n"
    return f"event: {kind}\n{identity}data: {json.dumps(document)}\n\n"


def _last_id(request: web.Request) -> float | None:
    """Return up to when a client that connects again has received the changes."""
    try:
        return float(request.headers.get("Last-Event-ID", ""))
    except ValueError:
        return None


def _is_wanted(event: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    return all(query.get(name) in {None, "", event[name]} for name in _FILTERS)


def _since(query: Mapping[str, str]) -> float:
    text = query.get("since", "0")
    try:
        since = float(text)
    except ValueError:
        since = float("nan")
    if not 0 <= since <= 1e12:  # noqa: PLR2004 - far beyond any clock
        raise ValueError(f"since: expected a Unix time in seconds, found {text!r:.60}")
    return since


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(MOST_EVENTS))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_EVENTS):
        raise ValueError(f"limit: expected a number from 1 to {MOST_EVENTS}, found {text!r:.60}")
    return int(text)


def _json(request: web.Request, document: Mapping[str, Any], status: int = 200) -> web.Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return answer(request, compressed(text.encode("utf-8", "replace") + b"\n"), JSON, status=status)
