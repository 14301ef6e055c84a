"""A connection in front of the HTTP library's: complete, valid heads pass, everything else is answered here."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from boks_exporter.web.request_head import (
    END,
    MALFORMED,
    MAX_HEAD_BYTES,
    TOO_LARGE,
    TOO_SLOW,
    Refusals,
    RefusedRequest,
    checked_head,
)

HEAD_SECONDS: Final = 10.0
"""How long a client may take for the TLS handshake, and then for a head and its body."""

_TLS_HANDSHAKE: Final = b"\x16\x03"
"""What a client sends first that expects TLS on a port without it."""

STALLED_SECONDS: Final = 30.0
"""How long a client may take to receive more of an answer."""


class GuardedConnection(asyncio.Protocol):
    """Passes checked requests to `inner`, which answers them on the same transport."""

    def __init__(
        self,
        inner: asyncio.Protocol,
        refusals: Refusals,
        closed: Callable[[], None],
        address: str,
        seconds: tuple[float, float] = (HEAD_SECONDS, STALLED_SECONDS),
    ) -> None:
        self.address = address
        self.waiting_since = 0.0
        self.is_streaming = False
        """Whether an answer goes on for as long as the client listens; such a connection is displaced last."""
        self._inner = inner
        self._refusals = refusals
        self._closed = closed
        self._head_seconds, self._stalled_seconds = seconds
        self.first_head_seconds = self._head_seconds
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._body_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._wait_for_head(self.first_head_seconds)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._deadline, self._stalled):
            if timer:
                timer.cancel()
        self._closed()
        self._inner.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Start the time limit of a client that does not read."""
        self._stalled = asyncio.get_running_loop().call_later(self._stalled_seconds, self.abort)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._stalled:
            self._stalled.cancel()
        self._inner.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if not self._buffer and not self._body_bytes and self._deadline is None:
            self._wait_for_head(self._head_seconds)
        self._buffer += data
        while self._buffer and not self._is_refused and self._pass_on():
            pass

    def _pass_on(self) -> bool:
        """Pass a part of a body, or a complete head; return whether there may be more."""
        if self._body_bytes:
            part = bytes(self._buffer[: self._body_bytes])
            del self._buffer[: len(part)]
            self._body_bytes -= len(part)
            self._inner.data_received(part)
            self._done_if_complete()
            return True
        end = self._buffer.find(END)
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                self._refuse(TOO_LARGE)
            elif self._buffer.startswith(_TLS_HANDSHAKE):
                self._refuse(MALFORMED)
            return False
        head = bytes(self._buffer[: end + len(END)])
        del self._buffer[: len(head)]
        checked = TOO_LARGE if len(head) > MAX_HEAD_BYTES else checked_head(head)
        if isinstance(checked, RefusedRequest):
            self._refuse(checked)
            return False
        self._body_bytes = checked.body_bytes
        self._inner.data_received(head)
        self._done_if_complete()
        return True

    def _done_if_complete(self) -> None:
        if not self._body_bytes and self._deadline:
            self._deadline.cancel()
            self._deadline = None
            self.waiting_since = asyncio.get_running_loop().time()

    def _wait_for_head(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self.waiting_since = loop.time()
        self._deadline = loop.call_later(seconds, self._refuse, TOO_SLOW)

    def _refuse(self, refused: RefusedRequest) -> None:
        self._is_refused = True
        self._buffer.clear()
        if self._transport and not self._transport.is_closing():
            answer = self._refusals.answer(refused, self.address)
            with suppress(RuntimeError):  # raised by uvloop where the client has just closed the connection
                self._transport.write(answer)
            self._transport.close()
            self._stalled = asyncio.get_running_loop().call_later(self._stalled_seconds, self.abort)

    def abort(self) -> None:
        """Close immediately, whatever is unsent."""
        if self._transport:
            self._transport.abort()
