"""The limits of what a stranger at the web port can send: accepted at each bound, refused beyond it."""

import asyncio
import threading
from pathlib import Path

import bcrypt
import pytest

from boks_exporter.web.acceptor import ConnectionLimits
from boks_exporter.web.rate_limit import AT_A_TIME, SAME_HOST_SECONDS, RateLimit
from boks_exporter.web.request_head import (
    MAX_BODY_BYTES,
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    AcceptedHead,
    checked_head,
)
from boks_exporter.web.security.passwords import QUEUE, QUEUE_OF_THE_SAME, QUEUE_PER_ADDRESS, BusyError, Passwords
from tests.unit.test_web_limits import client
from tests.unit.web_serving import Scripted, Visitor, serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


def status(head: bytes) -> int:
    checked = checked_head(head + b"\r\n")
    return 200 if isinstance(checked, AcceptedHead) else checked.status


async def head(_: Path, __: pytest.MonkeyPatch) -> None:
    field = b"X: ".ljust(MAX_LINE_BYTES, b"y")
    assert [status(GET + field + extra) for extra in (b"\r\n", b"y\r\n")] == [200, 431]
    assert [status(GET + b"X: y\r\n" * (MAX_FIELDS - 1 + extra)) for extra in (0, 1)] == [200, 431]
    assert [status(GET + b"X: a" + extra + b"\r\n") for extra in (b"~", b"\x1b", b"\x00")] == [200, 400, 400]
    async with serving(Scripted()) as visitor:
        sizes = [len(GET) + len(b"\r\n"), MAX_HEAD_BYTES, MAX_HEAD_BYTES + 1]
        found = [await first_line(visitor, padded(size)) for size in sizes]
    assert [line.split()[1] for line in found] == [b"200", b"200", b"431"]


def padded(size: int) -> bytes:
    """A whole head of so many bytes."""
    request, left = GET, size - len(GET) - 2
    while left:
        part = left if left <= 4000 else min(4000, left - 100)
        request += b"X: ".ljust(part - 2, b"y") + b"\r\n"
        left -= part
    return request + b"\r\n"


async def first_line(visitor: Visitor, sent: bytes) -> bytes:
    async with client(visitor) as (reader, writer), asyncio.timeout(30):
        writer.write(sent)
        return await reader.readline()


async def body(_: Path, __: pytest.MonkeyPatch) -> None:
    sizes = (MAX_BODY_BYTES, MAX_BODY_BYTES + 1)
    assert [status(GET + b"Content-Length: %d\r\n" % size) for size in sizes] == [200, 413]
    assert status(GET + b"Transfer-Encoding: chunked\r\n") == 411


async def request_time(_: Path, __: pytest.MonkeyPatch) -> None:
    async with serving(Scripted(), limits=ConnectionLimits(head_seconds=0.2)) as visitor:
        assert (await first_line(visitor, GET + b"\r\n")).split()[1] == b"200"
        assert (await first_line(visitor, GET)).split()[1] == b"408"


async def connections(_: Path, __: pytest.MonkeyPatch) -> None:
    async with serving(Scripted(), limits=ConnectionLimits(total=4, per_address=3)) as visitor:
        port = int(visitor.base.rpartition(":")[2])
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        acceptor = visitor.server._acceptor
        assert acceptor
        async with asyncio.timeout(30):
            while len(acceptor._open) < 3:
                await asyncio.sleep(0.01)
            assert not opened[0][0].at_eof()
            opened.append(await asyncio.open_connection("127.0.0.1", port))
            assert await opened[0][0].read() == b""
        assert len(acceptor._open) == 3
        for _, writer in opened:
            writer.close()


async def passwords(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, users = threading.Event(), {b"user": b"hash"}
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: held.wait(30))
    checked = Passwords()
    few = QUEUE_OF_THE_SAME // QUEUE_PER_ADDRESS
    places = [*sorted(list(range(few)) * QUEUE_PER_ADDRESS), *range(few, few + QUEUE - QUEUE_OF_THE_SAME)]
    waiting = [
        asyncio.create_task(checked.is_right(users, b"user", b"%d" % number, f"192.0.2.{place}"))
        for number, place in enumerate(places)
    ]
    await asyncio.sleep(0)
    for address in ("192.0.2.0", "192.0.2.250"):
        with pytest.raises(BusyError):
            await checked.is_right(users, b"user", b"more", address)
    held.set()
    assert all(await asyncio.gather(*waiting))
    checked.close()


async def debug(_: Path, __: pytest.MonkeyPatch) -> None:
    now = 100.0
    limit = RateLimit(lambda: now)
    assert [limit.begin(f"host{number}") for number in range(AT_A_TIME)] == [0.0] * AT_A_TIME
    assert limit.begin("another") > 0
    limit.end()
    assert limit.begin("host0") > 0
    now += SAME_HOST_SECONDS
    assert limit.begin("host0") == 0.0
