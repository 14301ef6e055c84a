"""JSON from Prometheus and Alertmanager."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from boks_exporter.errors import BoksExporterError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_EXCERPT: Final = 200
_MOST_BYTES: Final = 64 * 1024 * 1024


class HttpError(BoksExporterError):
    """A server that does not answer, or not with JSON."""


async def get_json(base: str, path: str, parameters: Mapping[str, str] | None = None) -> Any:
    """Read a path below a URL; a user and password come from ~/.netrc."""
    url = f"{base.rstrip('/')}{path}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.get(url, params=parameters) as answer,
        ):
            text = await _text(answer, url)
            if answer.status != 200:  # noqa: PLR2004 - HTTP's
                message = f"{url}: HTTP {answer.status}: {' '.join(text[:_EXCERPT].split())}"
                raise HttpError(message)
            return json.loads(text)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        said = "no answer within 15 s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        message = f"{url}: {said}"
        raise HttpError(message) from error


async def _text(answer: aiohttp.ClientResponse, url: str) -> str:
    """Read the answer, which may be longer than this machine's memory."""
    try:
        await answer.content.readexactly(_MOST_BYTES)
    except asyncio.IncompleteReadError as error:
        return error.partial.decode(errors="replace")
    message = f"{url}: the answer is larger than {_MOST_BYTES} bytes"
    raise HttpError(message)
