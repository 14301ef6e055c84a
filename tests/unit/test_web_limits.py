"""What a stranger at the port can send: silence, half requests, floods and malformed requests."""

import asyncio
import errno
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import structlog

from boks_exporter.web.acceptor import ACCEPTED_AT_ONCE, Acceptor, ConnectionLimits
from boks_exporter.web.rate_limit import client_key
from boks_exporter.web.request_head import MALFORMED, Refusals
from tests.unit.test_web_tls import Site, session
from tests.unit.web_serving import Scripted, Visitor, serving

SHORT = ConnectionLimits(head_seconds=0.3, stalled_seconds=0.3)
FEW = ConnectionLimits(total=8, per_address=8)
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"


@asynccontextmanager
async def client(visitor: Visitor) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = visitor.base.partition("://")[2].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(visitor: Visitor, sent: bytes) -> bytes:
    """Send bytes, and return everything until the end of the connection."""
    async with client(visitor) as (reader, writer), asyncio.timeout(8):
        writer.write(sent)
        return await reader.read()


@pytest.mark.parametrize(
    "sent", [b"", b"GET", GET, GET + b"Content-Length: 9\r\n\r\n1234"], ids=["silence", "word", "half", "no body"]
)
async def test_a_request_has_a_time_limit(sent: bytes) -> None:
    """A client that does not complete its request is answered with 408 and disconnected."""
    async with serving(Scripted(), limits=SHORT) as visitor:
        assert (await answer(visitor, sent)).rpartition(b"HTTP/1.1 ")[2].startswith(b"408 ")


async def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing after an answer is disconnected some time later, without a word."""
    monkeypatch.setattr("boks_exporter.web.server.IDLE_SECONDS", 0.1)
    async with serving(Scripted()) as visitor:
        found = await answer(visitor, GET.replace(b"metrics", b"-/healthy") + b"\r\n")
    assert found.count(b"HTTP/1.1 ") == 1


async def test_a_tls_handshake_has_a_time_limit(tmp_path: Path) -> None:
    """A client that connects and says nothing is disconnected; the others are served."""
    async with serving(Scripted(), security=Site(tmp_path).live(), limits=SHORT) as visitor:
        assert await answer(visitor, b"") == b""


@pytest.mark.parametrize("with_tls", [False, True])
async def test_silent_connections_lock_no_client_out(tmp_path: Path, with_tls: bool) -> None:
    """At the limit the connection that has waited longest is closed for a new one."""
    site = Site(tmp_path)
    security, own = (site.live(), partial(session, site.client())) if with_tls else (None, None)
    async with serving(Scripted(), security=security, limits=FEW, session=own) as visitor:
        port = int(visitor.base.rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        assert (await visitor.ask("/-/healthy"))[0] == 200
        async with asyncio.timeout(8):
            assert await silent[0][0].read() == b""
        acceptor = visitor.server._acceptor
        assert acceptor is not None
        assert len(acceptor._open) <= FEW.total
        for _, writer in silent:
            writer.close()


async def test_one_address_displaces_only_its_own_connections() -> None:
    """The limit for each address is reached before the total one, and other clients keep their connections."""
    async with serving(Scripted(), limits=ConnectionLimits(total=100, per_address=4), listen=("[::]:0",)) as visitor:
        port = int(visitor.base.rpartition(":")[2])
        other = await asyncio.open_connection("::1", port)
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        async with asyncio.timeout(8):
            assert await silent[0][0].read() == b""
        other[1].write(GET + b"\r\n")
        assert (await other[0].readline()).startswith(b"HTTP/1.1 200")
        for _, writer in (*silent, other):
            writer.close()


async def test_a_stream_is_not_displaced_by_connections_that_wait() -> None:
    """A page that follows the rounds keeps doing so, however many others its address opens after it."""
    scripted = Scripted()
    async with serving(scripted, limits=ConnectionLimits(total=100, per_address=4)) as visitor:
        port = int(visitor.base.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
        async with asyncio.timeout(30):
            await reader.readuntil(b"event: round")
            waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
            assert await waiting[0][0].read() == b""
            scripted.published = replace(scripted.published)
            await reader.readuntil(b"event: round")
        for _, each in (*waiting, (reader, writer)):
            each.close()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_one_machine_is_one_address(address: str, key: str) -> None:
    """An IPv6 network of 64 bits may belong to one machine."""
    assert client_key(address) == key


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    """Its answers fill the buffers, and then it has a limited time."""
    async with serving(Scripted(), limits=SHORT) as visitor:
        port = int(visitor.base.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.setblocking(False)
            acceptor = visitor.server._acceptor
            assert acceptor is not None
            async with asyncio.timeout(20):
                while not acceptor._open:
                    await asyncio.sleep(0.01)
                while acceptor._open:
                    with suppress(BlockingIOError, ConnectionError):
                        lazy.send((GET + b"\r\n") * 50)
                    await asyncio.sleep(0.01)


async def test_two_requests_in_one_packet_are_answered_in_order() -> None:
    """A kept connection and pipelining work as before."""
    async with serving(Scripted()) as visitor:
        last = GET.replace(b"metrics", b"-/healthy") + b"Connection: close\r\n\r\n"
        found = await answer(visitor, GET + b"\r\n" + last)
    assert found.count(b"HTTP/1.1 200 OK") == 2
    assert found.endswith(b"boks_exporter is healthy.\n")


async def test_a_body_is_passed_on() -> None:
    """A client may send one with a reload, in any number of packets."""
    scripted = Scripted()
    async with serving(scripted, enable_lifecycle=True) as visitor, client(visitor) as (reader, writer):
        writer.write(b"POST /-/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"cd")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
    assert scripted.reloads == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"junk secret\r\n\r\n",
        GET + b"Authorization : Basic c2VjcmV0OnNlY3JldA==\r\n\r\n",
        b"GET /secret\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
        GET + b"Transfer-Encoding: chunked, secret\r\n\r\n",
        GET + b"X-Secret: secret\x00\r\n\r\n",
        b"secret" * 4000,
        b"DESCRIBE /?secret HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI /secret HTTP/1.1\r\nHost: x\r\n\r\n",
        GET + b"Expect: secret\r\n\r\n",
        GET + b"Sec-WebSocket-Key1: secret\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03secret",
    ],
)
async def test_a_malformed_request_gets_our_answer_and_one_line(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The answer has the exporter's headers and nothing of the request, and neither has the log."""
    with structlog.testing.capture_logs() as logs:
        async with serving(Scripted()) as visitor:
            found = await answer(visitor, sent)
    head, _, body = found.partition(b"\r\n\r\n")
    assert re.match(rb"HTTP/1\.[01] [45]", head)
    lines = head.decode().splitlines()
    assert "Server: boks_exporter" in lines
    assert "Connection: close" in lines
    assert any(line.startswith("Content-Security-Policy: ") for line in lines)
    assert b"ecret" not in found
    assert body.endswith(b".\n")
    (line,) = logs
    assert (line["event"], line["log_level"], line["address"]) == ("web_request_refused", "warning", "127.0.0.1")
    assert "ecret" not in str(line)
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br"])
async def test_a_body_that_nobody_reads_is_not_unpacked(encoding: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A body that is not what it says is no error either, and its bytes stay as few as they were sent."""
    sent = b"POST /-/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: %b\r\nContent-Length: 6"
    async with serving(Scripted(), enable_lifecycle=True) as visitor:
        found = await answer(visitor, sent % encoding + b"\r\n\r\nsecret")
    assert found.startswith(b"HTTP/1.1 200 ")
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_nothing_of_a_path_acts_on_a_terminal() -> None:
    """An answer that repeats what was asked for is one line of printable text."""
    async with serving(Scripted()) as visitor:
        for method, path in ((b"GET", b"/x"), (b"GET", b"/api/v1/hosts/a/x"), (b"DELETE", b"/hosts/a/x")):
            sent = method + b" " + path + b"%1b[2J%0a%C2%9b1m%E2%80%AE%00%ed%a0%80 HTTP/1.1\r\nHost: x\r\n"
            text = (await answer(visitor, sent + b"Connection: close\r\n\r\n")).partition(b"\r\n\r\n")[2].decode()
            assert text.rstrip("\n").isprintable(), text


async def test_a_flood_of_connections_is_no_reason_to_do_nothing_else() -> None:
    """However many clients wait at the same time, requests are answered after a few that are accepted."""
    turns: list[int] = []

    class Noting(Acceptor):
        def _admit(self, accepted: socket.socket, address: str) -> None:
            turns.append(turn)
            super()._admit(accepted, address)

    turn = 0
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        waiting = [socket.create_connection(listening.getsockname()) for _ in range(60)]
        acceptor = Noting(asyncio.Protocol, Refusals(dict), FEW, None)
        acceptor.listen(listening)
        async with asyncio.timeout(20):
            while len(turns) < len(waiting):
                turn += 1
                await asyncio.sleep(0)
        await acceptor.close()
        for each in waiting:
            each.close()
    assert max(Counter(turns).values()) <= ACCEPTED_AT_ONCE


def test_many_refusals_are_one_line() -> None:
    """A flood of malformed requests fills no log: a line in ten seconds, with the number of the others."""
    now = 0.0
    refusals = Refusals(dict, lambda: now)
    with structlog.testing.capture_logs() as logs:
        for _ in range(1000):
            refusals.answer(MALFORMED, "192.0.2.1")
        now = 10.0
        refusals.answer(MALFORMED, "192.0.2.1")
    assert [line["unlogged"] for line in logs] == [0, 999]


async def test_without_descriptors_it_goes_on_when_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is named, a waiting connection is closed to get a descriptor back, and the next client is served."""
    loop = asyncio.get_running_loop()
    real, failures = loop.sock_accept, iter([OSError(errno.EMFILE, "Too many open files")])

    async def accept(listening: socket.socket) -> object:
        for failure in failures:
            raise failure
        return await real(listening)

    monkeypatch.setattr(loop, "sock_accept", accept)
    with structlog.testing.capture_logs() as logs:
        async with serving(Scripted()) as visitor:
            assert (await visitor.ask("/metrics"))[0] == 200
    assert [line["reason"] for line in logs] == ["no file descriptor or memory is left: Too many open files"]
