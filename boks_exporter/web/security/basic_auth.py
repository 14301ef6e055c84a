"""Basic authentication for every path, errors included."""

import base64
import binascii
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from boks_exporter.web.rate_limit import client_key
from boks_exporter.web.security.passwords import BusyError, Passwords

_RETRY_SECONDS: Final = "1"


def guarded(users: Callable[[], Mapping[bytes, bytes]], passwords: Passwords) -> Middleware:
    """Return a middleware that requires a user's password while the configuration has users."""

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        known = users()
        if known:
            given = _credentials(request.headers.get(hdrs.AUTHORIZATION, ""))
            try:
                is_right = given is not None and await passwords.is_right(
                    known, *given, client_key(request.remote or "")
                )
            except BusyError:
                return web.Response(
                    status=HTTPStatus.SERVICE_UNAVAILABLE,
                    headers={hdrs.RETRY_AFTER: _RETRY_SECONDS},
                    text="Too many passwords are being checked. Try again.\n",
                )
            if not is_right:
                return web.Response(
                    status=HTTPStatus.UNAUTHORIZED,
                    headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="boks_exporter", charset="UTF-8"'},
                    text="Unauthorized\n",
                )
        return await handler(request)

    return ask


def _credentials(header: str) -> tuple[bytes, bytes] | None:
    """Parse `Basic BASE64(user:password)`; None if it is malformed."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None
