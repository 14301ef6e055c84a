"""JSON from Prometheus and Alertmanager that is none, too long, or an error."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from boks_exporter.doctor import prometheus_checks
from boks_exporter.doctor.prometheus_checks import HttpError, get_json


async def answer(request: web.Request) -> web.StreamResponse:
    match request.path:
        case "/fine":
            return web.json_response({"status": "success"})
        case "/endless":
            response = web.StreamResponse()
            await response.prepare(request)
            while request.transport is not None and not request.transport.is_closing():
                await response.write(b"x" * 4096)
            return response
        case "/html":
            return web.Response(text="<html>")
        case _:
            return web.Response(status=500, text="first\nsecond")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/endless", "the answer is larger than 9999 bytes"),
        ("/html", "Expecting value"),
        ("/broken", "HTTP 500: first second"),
    ],
)
async def test_what_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch, path: str, expected: str) -> None:
    """An answer without end costs neither memory nor the whole time limit."""
    monkeypatch.setattr(prometheus_checks, "_MOST_BYTES", 9999)
    application = web.Application()
    application.router.add_get("/{rest:.*}", answer)
    async with TestServer(application, host="127.0.0.1") as server:
        base = str(server.make_url("/"))
        assert await get_json(base, "/fine") == {"status": "success"}
        with pytest.raises(HttpError, match=expected):
            await get_json(base, path)
