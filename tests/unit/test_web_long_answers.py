"""Answers that are longer than what a connection takes at once."""

import asyncio
import gzip
import socket
from dataclasses import replace

import pytest

from boks_exporter.web.negotiation import PART_BYTES
from boks_exporter.web.published import Body
from tests.unit.web_serving import Scripted, serving


@pytest.fixture
def long_page() -> Scripted:
    scripted = Scripted()
    content = tuple(b"%d\n" % number * 999 for number in range(900))
    body = Body(content, gzip.compress(b"".join(content), 0))
    scripted.published = replace(scripted.published, classic=body)
    return scripted


async def test_a_long_page_is_whole(long_page: Scripted) -> None:
    """Its length is known, compressed or not, and without its content too."""
    body = long_page.published.classic
    async with serving(long_page) as visitor:
        _, headers, plain = await visitor.ask("/metrics")
        assert (plain, headers["Content-Length"]) == (body.plain, str(len(body.plain)))
        _, headers, packed = await visitor.ask("/metrics", headers={"Accept-Encoding": "gzip"})
        assert (packed, headers["Content-Length"]) == (body.gzipped, str(len(body.gzipped)))
        _, headers, nothing = await visitor.ask("/metrics", "HEAD")
        assert (nothing, headers["Content-Length"]) == (b"", str(len(body.plain)))


async def test_clients_that_do_not_read_hold_no_copies(long_page: Scripted) -> None:
    """Hundreds of them would hold a page of megabytes each."""
    async with serving(long_page) as visitor:
        host, _, port = visitor.base.partition("://")[2].rpartition(":")
        lazy = [socket.socket() for _ in range(3)]
        for each in lazy:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.connect((host, int(port)))
            each.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        acceptor = visitor.server._acceptor
        assert acceptor is not None
        async with asyncio.timeout(20):
            while not (
                len(acceptor._open) == 3
                and all(each.connection and each.connection._stalled for each in acceptor._open)
            ):
                await asyncio.sleep(0.01)
        unsent = [each.connection._transport.get_write_buffer_size() for each in acceptor._open]
        assert 0 < max(unsent) <= 4 * PART_BYTES
        for each in lazy:
            each.close()
