"""The server in a thread of its own: what the caller's event loop does delays no answer."""

import asyncio
import threading
import urllib.request
from pathlib import Path

import bcrypt
import pytest
import structlog
from aiohttp import ClientSession

from boks_exporter.errors import ListenError
from boks_exporter.web import LiveWebConfig, Paths
from boks_exporter.web.web_thread import WebThread
from tests.unit.web_serving import Scripted

LISTEN = ("127.0.0.1:0",)


def fetched(url: str) -> bytes:
    """Fetch a page, blocking the calling thread."""
    with urllib.request.urlopen(url, timeout=8) as answer:  # noqa: S310 - http, as the server says
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("path", ["metrics", "-/healthy", "-/ready", "api/v1/status", ""])
async def test_a_blocked_event_loop_delays_no_answer(path: str) -> None:
    """The caller's event loop waits for the answer without running; only another thread can give it."""
    async with WebThread(Scripted().source(), Paths()) as web:
        await web.start(LISTEN)
        assert fetched(web.addresses[0] + path)


async def test_a_busy_event_loop_delays_no_answer_for_long() -> None:
    """While the caller computes without a pause, scrapes are answered one after another."""
    async with WebThread(Scripted().source(), Paths()) as web:
        await web.start(LISTEN)
        scrapes: list[int] = []
        scraping = threading.Thread(
            target=lambda: scrapes.extend(len(fetched(f"{web.addresses[0]}metrics")) for _ in range(20))
        )
        scraping.start()
        while scraping.is_alive():
            sum(range(1000))
        scraping.join()
    assert len(scrapes) == 20
    assert min(scrapes) > 1000


async def test_a_reload_runs_in_the_event_loop_of_the_caller() -> None:
    """Connections and rounds belong to that loop."""
    threads: list[str] = []

    class Noting(Scripted):
        async def reload(self) -> None:
            threads.append(threading.current_thread().name)
            await super().reload()

    scripted = Noting()
    async with WebThread(scripted.source(), Paths(), enable_lifecycle=True) as web, ClientSession() as session:
        await web.start(LISTEN)
        async with session.post(f"{web.addresses[0]}-/reload") as answer:
            assert answer.status == 200
    assert threads == [threading.current_thread().name]


async def test_a_reload_that_takes_too_long_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reload itself goes on."""
    monkeypatch.setattr("boks_exporter.web.web_thread._RELOAD_SECONDS", 0.05)
    go_on = asyncio.Event()

    class Slow(Scripted):
        async def reload(self) -> None:
            await go_on.wait()
            await super().reload()

    scripted = Slow()
    async with WebThread(scripted.source(), Paths(), enable_lifecycle=True) as web, ClientSession() as session:
        await web.start(LISTEN)
        async with session.post(f"{web.addresses[0]}-/reload") as answer:
            assert answer.status == 503
        go_on.set()
        async with asyncio.timeout(8):
            while not scripted.reloads:
                await asyncio.sleep(0.01)


async def test_an_address_that_is_taken_is_an_error_of_the_start() -> None:
    """It is raised where the server is started, and nothing is left over."""
    async with WebThread(Scripted().source(), Paths()) as web:
        await web.start(LISTEN)
        taken = web.addresses[0].partition("://")[2].rstrip("/")
        async with WebThread(Scripted().source(), Paths()) as second:
            with pytest.raises(ListenError):
                await second.start((taken,))


async def test_a_bug_in_the_thread_ends_the_caller() -> None:
    """It is raised by `start`, or by `wait` while the exporter runs; a daemon without its pages must not go on."""

    def broken() -> asyncio.Runner:
        message = "a bug"
        raise ZeroDivisionError(message)

    web = WebThread(Scripted().source(), Paths(), make_runner=broken)
    with pytest.raises(ZeroDivisionError):
        await web.start(LISTEN)
    with pytest.raises(ZeroDivisionError):
        await web.wait()


async def test_the_web_configuration_is_checked_on_request(tmp_path: Path) -> None:
    """A reload logs the faults of that file, too, without any request."""
    file = tmp_path / "web.yml"
    hashed = bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()
    file.write_text(f"basic_auth_users: {{a: {hashed}}}\n", encoding="utf-8")
    with structlog.testing.capture_logs() as logs:
        async with WebThread(Scripted().source(), Paths(), LiveWebConfig(file)) as web:
            await web.start(LISTEN)
            file.write_text("nonsense: 1\n", encoding="utf-8")
            await web.check_config()
    assert [line["event"] for line in logs] == ["web_config_refused"]
