"""The HTTP library's side of a connection; what it would answer or log by itself is a refusal like all others."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from boks_exporter.web.refusals import Refusals
from boks_exporter.web.request_head import MALFORMED

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
