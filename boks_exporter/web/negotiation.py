"""Content negotiation by Accept and Accept-Encoding (RFC 9110, 12.5), and the answers that follow it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiohttp import hdrs, web

from boks_exporter.web.published import Body


class Format(StrEnum):
    """The two formats of a metrics page, by content type."""

    CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


_OFFERED: Final = (
    (Format.CLASSIC, "text/plain", {"0.0.4", None}),
    (Format.OPENMETRICS, "application/openmetrics-text", {"1.0.0", None}),
)


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of a weighted list, such as `text/plain;version=0.0.4;q=0.5`."""

    name: str
    version: str | None
    weight: float
    position: int


def format_for(accept: str) -> Format:
    """Return the format with the highest weight; among equals the first one, without a match the classic one."""
    ranges = list(_ranges(accept))
    best, best_rank = Format.CLASSIC, (0.0, 0, 0)
    for offered, name, versions in _OFFERED:
        matching = [item for item in ranges if item.version in versions and _breadth(item.name, name) is not None]
        if not matching:
            continue
        # The most specific range that matches decides the weight, whatever its position.
        item = min(matching, key=lambda item: (_breadth(item.name, name) or 0, -item.weight))
        rank = (item.weight, -(_breadth(item.name, name) or 0), -item.position)
        if rank > best_rank and item.weight > 0:
            best, best_rank = offered, rank
    return best


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether the client accepts gzip; the weight of gzip takes precedence over that of `*`."""
    weights = {item.name: item.weight for item in _ranges(accept_encoding)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def prefers_events(accept: str) -> bool:
    """Return whether the client names a stream of events, with a weight that no JSON exceeds."""
    weights = {item.name: item.weight for item in _ranges(accept)}
    stream = weights.get("text/event-stream", 0.0)
    return stream > 0 and stream >= weights.get("application/json", 0.0)


def _breadth(pattern: str, name: str) -> int | None:
    """Return 0 for an exact match, 1 for `type/*`, 2 for `*/*`, None for no match."""
    kind = name.partition("/")[0]
    return {name: 0, f"{kind}/*": 1, "*/*": 2}.get(pattern)


def _ranges(header: str) -> Iterator[_Range]:
    for position, element in enumerate(header.lower().split(",")):
        name, *parameters = (part.strip() for part in element.split(";"))
        given = dict(_parameter(parameter) for parameter in parameters)
        if name:
            yield _Range(name, given.get("version"), _weight(given.get("q", "1")), position)


def _parameter(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip().strip('"')


def _weight(text: str) -> float:
    """Parse a weight; an invalid one counts as 0."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


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
