"""Request handlers and their routes."""

from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from boks_exporter.errors import ConfigError
from boks_exporter.text.harmless import harmless
from boks_exporter.web.negotiation import Format, answer, format_for
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.paths import Paths

_JSON: Final = "application/json; charset=utf-8"
_VARY: Final = "Accept, Accept-Encoding"


class Pages:
    """Request handlers; they answer from the last published page and never wait for a host."""

    def __init__(self, source: PageSource, paths: Paths, *, enable_lifecycle: bool) -> None:
        self._source = source
        self._paths = paths
        self._enable_lifecycle = enable_lifecycle

    def routes(self) -> list[web.AbstractRouteDef]:
        """List all routes; HEAD is added to each GET."""
        paths = self._paths
        served = [
            web.get(paths.prefix + paths.telemetry, self.metrics),
            web.get(paths.prefix + paths.status, self.status),
            web.get(f"{paths.prefix}/-/healthy", self.healthy),
            web.get(f"{paths.prefix}/-/ready", self.ready),
            web.post(f"{paths.prefix}/-/reload", self.reload),
        ]
        if paths.prefix:
            served += [web.get("/", self.to_landing), web.get(paths.prefix, self.to_landing)]
        return list(served)

    async def to_landing(self, request: web.Request) -> web.Response:
        """Redirect to the prefix; a relative target works behind any proxy."""
        last = self._paths.prefix.rpartition("/")[2]
        place = f"{self._paths.prefix[1:]}/" if request.path == "/" else f"{last}/"
        return web.Response(status=302, headers={hdrs.LOCATION: place}, text=f"See {place}\n")

    async def metrics(self, request: web.Request) -> web.Response:
        """Serve metrics in the format that the client prefers."""
        form = format_for(request.headers.get(hdrs.ACCEPT, ""))
        published = self._source.published()
        body = published.openmetrics if form is Format.OPENMETRICS else published.classic
        return answer(request, body, form, vary=_VARY)

    async def status(self, request: web.Request) -> web.Response:
        """Serve the status report as JSON."""
        return answer(request, self._source.published().json, _JSON, vary=_VARY)

    async def healthy(self, _: web.Request) -> web.Response:
        """Answer 200 while the poll loop makes progress, else 503."""
        if self._source.is_alive():
            return web.Response(text="boks_exporter is healthy.\n")
        why = "a domain has finished no round for three intervals, or the page was not rendered for as long"
        return web.Response(status=503, text=f"boks_exporter is not healthy: {why}.\n")

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 once every domain was polled, else 503."""
        if self._source.published().is_ready:
            return web.Response(text="boks_exporter is ready.\n")
        return web.Response(status=503, text="boks_exporter is not ready: the first round has not ended yet.\n")

    async def reload(self, request: web.Request) -> web.Response:
        """Reload the configuration file, if --web.enable-lifecycle is set; other sites' pages cannot do so."""
        if not self._enable_lifecycle:
            return web.Response(status=403, text="Lifecycle API is not enabled; see --web.enable-lifecycle.\n")
        if not _is_same_origin(request):
            return web.Response(status=403, text="A reload is refused for pages of another origin.\n")
        try:
            await self._source.reload()
        except ConfigError as error:
            return web.Response(status=500, text=_refusal(error))
        except TimeoutError:
            return web.Response(status=503, text="The exporter is busy; the reload was not confirmed in time.\n")
        return web.Response(text="Configuration reloaded.\n")


def _is_same_origin(request: web.Request) -> bool:
    """Return whether a browser's page of this exporter sent the request, or a program that is no browser."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return False
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is None or origin.partition("://")[2] == request.headers.get(hdrs.HOST)


def _refusal(error: ConfigError) -> str:
    """List the lines with faults; keys and messages quote the file, which only the log of the daemon may do."""
    places = dict.fromkeys(f"{problem.file}:{problem.line or 1}" for problem in error.problems)
    lines = ["The configuration was refused; the log has the messages. Faults in:", *places]
    return "\n".join((*lines, "The old configuration stays active.", ""))


def helpful_errors(served: Callable[[], str]) -> Middleware:
    """Add the known paths to 404 answers and the allowed methods to 405 answers."""

    @web.middleware
    async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
        match request.match_info.http_exception:
            case web.HTTPNotFound():
                return web.Response(
                    status=404, text=f"Nothing is served at {harmless(request.path)}. Try {served()}.\n"
                )
            case web.HTTPMethodNotAllowed() as error:
                allowed = ", ".join(sorted(error.allowed_methods))
                text = f"{request.method} is not allowed for {harmless(request.path)}; use {allowed}.\n"
                return web.Response(status=405, headers={hdrs.ALLOW: allowed}, text=text)
        return await handler(request)

    return explain
