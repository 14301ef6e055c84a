"""The HTTP server."""

from collections.abc import Mapping, Sequence
from typing import Final, Self

from aiohttp import hdrs, web

from boks_exporter.web.handlers import Pages, helpful_errors
from boks_exporter.web.landing import CONTENT_SECURITY_POLICY
from boks_exporter.web.listen import shown, sockets_for
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.paths import Paths
from boks_exporter.web.security.basic_auth import guarded
from boks_exporter.web.security.passwords import Passwords
from boks_exporter.web.security.reloading_config import LiveWebConfig
from boks_exporter.web.security.web_config import WebConfig

_PATIENCE_SECONDS: Final = 0.5
"""How long an answer in progress may take during shutdown."""

_OPEN: Final = WebConfig()
_HEADERS: Final[Mapping[str, str]] = {
    hdrs.SERVER: "boks_exporter",
    hdrs.CACHE_CONTROL: "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WebServer:
    """Async context manager that serves while it is open; `addresses` are the URLs of the overview on each socket."""

    def __init__(
        self, source: PageSource, paths: Paths, security: LiveWebConfig | None = None, *, enable_lifecycle: bool = False
    ) -> None:
        self.addresses: tuple[str, ...] = ()
        self._paths = paths
        self._security = security
        self._passwords = Passwords()
        pages = Pages(source, paths, enable_lifecycle=enable_lifecycle)
        guard = guarded(lambda: self._config().users, self._passwords)
        app = web.Application(middlewares=[guard, helpful_errors(paths.listed)])
        app.add_routes(pages.routes())
        app.on_response_prepare.append(self._add_headers)
        self._runner = web.AppRunner(app, shutdown_timeout=_PATIENCE_SECONDS)

    def __repr__(self) -> str:
        return f"<WebServer {' '.join(self.addresses) or 'not started'}>"

    async def __aenter__(self) -> Self:
        """Set up the handlers; `start` listens."""
        await self._runner.setup()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening and close every connection."""
        await self._runner.cleanup()
        self._passwords.close()

    async def start(self, addresses: Sequence[str]) -> None:
        """Listen on all addresses; raises ListenError."""
        tls = self._security.tls() if self._security else None
        for listening in sockets_for(addresses):
            await web.SockSite(self._runner, listening, ssl_context=tls).start()
            self.addresses += (f"{'https' if tls else 'http'}://{shown(listening)}{self._paths.landing}",)

    def _config(self) -> WebConfig:
        return self._security.current() if self._security else _OPEN

    async def _add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update({**_HEADERS, **self._config().headers})
