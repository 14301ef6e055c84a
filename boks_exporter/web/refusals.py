"""Answers to requests that are refused before the HTTP library sees them, and one log line for many of them."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from boks_exporter.loggers import structlog
from boks_exporter.web.request_head import RefusedRequest

_log = structlog.get_logger(__name__)

_LOG_INTERVAL_SECONDS: Final = 10.0


class Refusals:
    """Writes answers with the exporter's headers, and logs at most one line in ten seconds, without any content."""

    def __init__(
        self, headers: Callable[[], Mapping[str, str]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._headers = headers
        self._monotonic = monotonic
        self._logged_at = -_LOG_INTERVAL_SECONDS
        self._unlogged = 0

    def answer(self, refused: RefusedRequest, address: str) -> bytes:
        """Log a refusal and return its answer."""
        headers, body = self.refuse(refused, address)
        lines = [f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace") + body

    def refuse(self, refused: RefusedRequest, address: str) -> tuple[dict[str, str], bytes]:
        """Log a refusal and return the headers and the body of its answer."""
        self.log(refused.reason, address, refused.status)
        body = f"{refused.reason[0].upper()}{refused.reason[1:]}.\n".encode()
        headers = {
            **self._headers(),
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        return headers, body

    def log(self, reason: str, address: str, status: int | None = None) -> None:
        """Log one refusal; further ones within ten seconds are counted in the next line."""
        now = self._monotonic()
        if now - self._logged_at < _LOG_INTERVAL_SECONDS:
            self._unlogged += 1
            return
        _log.warning("web_request_refused", reason=reason, status=status, address=address, unlogged=self._unlogged)
        self._logged_at, self._unlogged = now, 0
