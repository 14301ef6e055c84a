"""The HTTP server: listen, serve, and end without waiting for idle clients."""

from collections.abc import Sequence
from typing import Final, Self

from aiohttp import hdrs, web

from boks_exporter.web.landing import CONTENT_SECURITY_POLICY
from boks_exporter.web.listen import shown, sockets_for
from boks_exporter.web.pages import Pages, helpful_errors
from boks_exporter.web.paths import Paths
from boks_exporter.web.source import Source

_PATIENCE_SECONDS: Final = 0.5
"""How long an answer under way may take at the end."""

_HEADERS: Final = {
    hdrs.SERVER: "boks_exporter",
    hdrs.CACHE_CONTROL: "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WebServer:
    """Serve for as long as the block runs; `addresses` are the URLs of the first page on each socket."""

    def __init__(self, source: Source, paths: Paths, *, enable_lifecycle: bool = False) -> None:
        """Take what to show and where; nothing listens before `start`."""
        self.addresses: tuple[str, ...] = ()
        self._paths = paths
        pages = Pages(source, paths, enable_lifecycle=enable_lifecycle)
        self._app = web.Application(middlewares=[helpful_errors(paths.listed)])
        self._app.add_routes(pages.routes())
        self._app.on_response_prepare.append(_with_headers)
        self._runner = web.AppRunner(self._app, shutdown_timeout=_PATIENCE_SECONDS)

    def __repr__(self) -> str:
        """Tell where it listens."""
        return f"<WebServer {' '.join(self.addresses) or 'not started'}>"

    async def __aenter__(self) -> Self:
        """Prepare."""
        await self._runner.setup()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening and close every connection."""
        await self._runner.cleanup()

    async def start(self, addresses: Sequence[str]) -> None:
        """Listen on all addresses; raises ListenError."""
        for listening in sockets_for(addresses):
            await web.SockSite(self._runner, listening).start()
            self.addresses += (f"http://{shown(listening)}{self._paths.landing}",)


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers[name] = value
