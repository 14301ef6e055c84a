"""JSON from Prometheus and Alertmanager."""

import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from boks_exporter.errors import BoksExporterError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_EXCERPT: Final = 200


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
            text = await answer.text(errors="replace")
            if answer.status != 200:  # noqa: PLR2004 - HTTP's
                message = f"{url}: HTTP {answer.status}: {' '.join(text[:_EXCERPT].split())}"
                raise HttpError(message)
            return json.loads(text)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        said = "no answer within 15 s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        message = f"{url}: {said}"
        raise HttpError(message) from error
