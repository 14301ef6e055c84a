"""Answers of any length: compressed where the client accepts that, and in parts where they are long."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import hdrs, web

from boks_exporter.web.negotiation import accepts_gzip
from boks_exporter.web.published import Body

PART_BYTES: Final = 64 * 1024


def answer(
    request: web.Request, body: Body, content_type: str, *, vary: str = hdrs.ACCEPT_ENCODING, status: int = 200
) -> web.Response:
    """Answer with a body. A client that reads a long one slowly, or not at all, has no copy of it in memory."""
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: content_type, hdrs.VARY: vary}
    is_packed = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    content = body.gzipped if is_packed else body.plain
    if is_packed:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    if len(content) <= PART_BYTES:
        return web.Response(body=content, status=status, headers=headers)
    headers[hdrs.CONTENT_LENGTH] = str(len(content))
    return web.Response(body=_parts(content), status=status, headers=headers)


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    """Cut a body: the next part is made when the client has taken the ones before it."""
    for start in range(0, len(content), PART_BYTES):
        yield content[start : start + PART_BYTES]
