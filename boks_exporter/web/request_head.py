"""Validation of a request's head before the HTTP library parses it, and the refusals: size, syntax and framing."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from boks_exporter.loggers import structlog

END: Final = b"\r\n\r\n"
MAX_HEAD_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 64 * 1024
MAX_LINE_BYTES: Final = 8000
MAX_FIELDS: Final = 64

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{1,16} /[!-~]* HTTP/1\.[01]")
_OTHER_VERSION: Final = re.compile(rb"[A-Z]{1,16} [!-~]+ HTTP/(?!1\.)[0-9.]+")
_VERSION_1_1: Final = b"1.1"
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")
_LENGTH: Final = re.compile(rb"[0-9]{1,10}")
_METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"})
_CONTINUE: Final = b"100-continue"


@dataclass(frozen=True, slots=True)
class AcceptedHead:
    """A valid head, and the number of bytes of the body that follows it."""

    body_bytes: int


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """The status of the answer and a fixed text, which never contains a part of the request."""

    status: int
    reason: str


MALFORMED: Final = RefusedRequest(400, "the request is malformed")
TOO_LARGE: Final = RefusedRequest(431, "the request's head is too large")
TOO_SLOW: Final = RefusedRequest(408, "the request was not complete in time")
_BODY_TOO_LARGE: Final = RefusedRequest(413, "the request's body is too large")
_NO_LENGTH: Final = RefusedRequest(411, "a body needs a Content-Length")
_EXPECTS_MORE: Final = RefusedRequest(417, "only 100-continue can be expected")
_OTHER_METHOD: Final = RefusedRequest(501, "the method is not supported")
_NOT_HTTP_1: Final = RefusedRequest(505, "only HTTP/1.0 and HTTP/1.1 are supported")


def checked_head(head: bytes) -> AcceptedHead | RefusedRequest:
    """Check a head with its empty line at the end."""
    request, *lines = head.removesuffix(END).split(b"\r\n")
    if len(lines) > MAX_FIELDS or max(len(request), *map(len, lines), 0) > MAX_LINE_BYTES:
        return TOO_LARGE
    if not _REQUEST_LINE.fullmatch(request):
        return _NOT_HTTP_1 if _OTHER_VERSION.fullmatch(request) else MALFORMED
    if request.partition(b" ")[0] not in _METHODS:
        return _OTHER_METHOD
    fields: dict[bytes, list[bytes]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return MALFORMED
        fields.setdefault(field[1].lower(), []).append(field[2].rstrip())
    return _framing(fields, is_1_1=request.endswith(_VERSION_1_1))


def _framing(fields: dict[bytes, list[bytes]], *, is_1_1: bool) -> AcceptedHead | RefusedRequest:
    """Find the length of the body; what several programs could read differently is refused."""
    hosts, lengths = fields.get(b"host", []), fields.get(b"content-length", [b"0"])
    once = (hosts, lengths, fields.get(b"authorization", []))
    if any(len(values) > 1 for values in once) or (is_1_1 and not hosts) or not _LENGTH.fullmatch(lengths[0]):
        return MALFORMED
    if b"transfer-encoding" in fields:
        return _NO_LENGTH
    if any(value.lower() != _CONTINUE for value in fields.get(b"expect", ())):
        return _EXPECTS_MORE
    length = int(lengths[0])
    return AcceptedHead(length) if length <= MAX_BODY_BYTES else _BODY_TOO_LARGE


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
