"""The HTTP server."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, Self

from aiohttp import hdrs, web

from boks_exporter.web.acceptor import Acceptor, ConnectionLimits
from boks_exporter.web.api_handlers import ApiHandlers
from boks_exporter.web.handlers import Pages, helpful_errors
from boks_exporter.web.listen import shown, sockets_for
from boks_exporter.web.page_handlers import PageHandlers
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.pages.page import CONTENT_SECURITY_POLICY
from boks_exporter.web.paths import Paths
from boks_exporter.web.request_head import MALFORMED, Refusals
from boks_exporter.web.security.basic_auth import guarded
from boks_exporter.web.security.passwords import Passwords
from boks_exporter.web.security.reloading_config import LiveWebConfig, WebConfig

IDLE_SECONDS: Final = 75.0
"""How long a connection stays open between two requests."""


class HttpConnection(web.RequestHandler):
    """Answers the requests that passed the checks of their heads."""

    __slots__ = ("_refusals",)

    def __init__(self, server: web.Server, refusals: Refusals) -> None:
        """Leave bodies packed, since no handler reads one."""
        loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # aiohttp writes none then, but does not declare it
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._refusals = refusals

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what the library cannot read, without its message, which quotes the request."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return super().handle_error(request, status, exc, message)
        headers, body = self._refusals.refuse(MALFORMED, request.remote or "")
        response = web.Response(status=MALFORMED.status, body=body, headers=headers)
        response.force_close()
        return response


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
        self,
        source: PageSource,
        paths: Paths,
        security: LiveWebConfig | None = None,
        *,
        enable_lifecycle: bool = False,
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.addresses: tuple[str, ...] = ()
        self._paths = paths
        self._security = security
        self._limits = limits or ConnectionLimits()
        self._passwords = Passwords()
        pages = Pages(source, paths, enable_lifecycle=enable_lifecycle)
        guard = guarded(lambda: self._config().users, self._passwords)
        app = web.Application(middlewares=[guard, helpful_errors(paths.listed)])
        app.add_routes([*pages.routes(), *PageHandlers(source, paths).routes(), *ApiHandlers(source, paths).routes()])
        app.on_response_prepare.append(self._add_headers)
        self._runner = web.AppRunner(app, shutdown_timeout=_PATIENCE_SECONDS)
        self._refusals = Refusals(self._headers)
        self._acceptor: Acceptor | None = None

    def __repr__(self) -> str:
        return f"<WebServer {' '.join(self.addresses) or 'not started'}>"

    async def __aenter__(self) -> Self:
        """Set up the handlers; `start` listens."""
        await self._runner.setup()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening and close every connection."""
        if self._acceptor:
            await self._acceptor.stop_listening()
        await self._runner.cleanup()
        if self._acceptor:
            await self._acceptor.close()
        self._passwords.close()

    async def start(self, addresses: Sequence[str]) -> None:
        """Listen on all addresses; raises ListenError."""
        self.listen(sockets_for(addresses))

    def listen(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on listening sockets."""
        tls = self._security.tls() if self._security else None
        self._acceptor = Acceptor(self._protocol, self._refusals, self._limits, tls)
        for listening in sockets:
            self.addresses += (f"{'https' if tls else 'http'}://{shown(listening)}{self._paths.landing}",)
            self._acceptor.listen(listening)

    def check_config(self) -> None:
        """Check the web configuration file now instead of at the next request, and log its faults."""
        self._config()

    def _protocol(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None:
            raise RuntimeError("the server was not set up")
        return HttpConnection(server, self._refusals)

    def _config(self) -> WebConfig:
        return self._security.current() if self._security else _OPEN

    def _headers(self) -> Mapping[str, str]:
        return {**_HEADERS, **self._config().headers}

    async def _add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers())
