"""Notifications to systemd, over a real datagram socket."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from boks_exporter.app.serve import _reset_watchdog, run_until
from boks_exporter.app.systemd import Notifier, status_line, watchdog_interval
from boks_exporter.config import load
from boks_exporter.health import DomainState
from boks_exporter.observe import SystemClock
from tests.unit.app_running import Recorded, exporting, options
from tests.unit.exposition_views import no_master, published


class Listener:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, received: socket.socket) -> None:
        self._socket = received

    def next(self) -> list[str]:
        return self._socket.recv(4096).decode().split("\n")

    async def wait(self, wanted: str) -> list[str]:
        """Return the next message that begins with a line; skip others."""
        async with asyncio.timeout(120):
            while True:
                try:
                    message = self.next()
                except BlockingIOError:
                    await asyncio.sleep(0.005)
                    continue
                if message[0].startswith(wanted):
                    return message


@contextmanager
def listening(address: str) -> Iterator[Listener]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as received:
        received.bind("\0" + address[1:] if address.startswith("@") else address)
        received.setblocking(False)
        yield Listener(received)


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@boks-exporter-test-{os.getpid()}"


def test_each_call_is_one_datagram(address: str) -> None:
    """Both kinds of address work, and the lines are those of sd_notify(3)."""
    notifier = Notifier(address)
    with listening(address) as listener:
        notifier.ready("all is well")
        assert listener.next() == ["READY=1", "STATUS=all is well"]
        notifier.status("prod is degraded: r1 is\nlagging, €")
        assert listener.next() == ["STATUS=prod is degraded: r1 is lagging, €"]
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        notifier.reloading()
        word, moment = listener.next()
        assert word == "RELOADING=1"
        assert (
            before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        )
        notifier.stopping()
        assert listener.next() == ["STOPPING=1"]
        notifier.alive()
        assert listener.next() == ["WATCHDOG=1"]


def test_without_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand, every call does nothing."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setattr(socket, "socket", None)
    Notifier.from_environment().ready("x")


def test_a_socket_that_is_gone_is_logged_once(tmp_path: Path) -> None:
    """The service goes on; its log tells why systemd hears nothing."""
    notifier = Notifier(str(tmp_path / "gone"))
    with capture_logs() as logs:
        notifier.ready("x")
        notifier.alive()
    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("systemd_not_told", "[Errno 2] No such file or directory")
    ]


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [
        ("120000000", None, 60.0),
        ("120000000", "me", 60.0),
        ("120000000", "1", None),
        ("0", None, None),
        ("", None, None),
        ("many", None, None),
        (None, None, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(
    microseconds: str | None, process: str | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only if it watches this very process (sd_watchdog_enabled(3))."""
    values = {"WATCHDOG_USEC": microseconds, "WATCHDOG_PID": str(os.getpid()) if process == "me" else process}
    for name, value in values.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_interval() == seconds


def test_the_fleet_fits_into_a_sentence() -> None:
    """Faulty domains come first, with the reason; healthy ones are named together."""
    assert status_line([]) == "Waiting for the first round"
    assert status_line([published()]) == "bank is degraded: REPHOST is unreachable"
    healthy = replace(published(), health=replace(published().health, state=DomainState.OK))
    views = (healthy, healthy, no_master())
    named = [
        replace(view, snapshot=replace(view.snapshot, domain=name)) for name, view in zip("abc", views, strict=True)
    ]
    assert status_line(named) == (
        "c is no master: no host that answers reports to be master; MASTER, the last known one, does not answer "
        "(timeout); a, b ok"
    )


async def test_the_status_follows_the_fleet(tmp_path: Path) -> None:
    """It is told at the start, after the first round, and then only when it changed; a reload is framed."""
    recorded = Recorded(tmp_path)
    address = str(tmp_path / "notify")
    with listening(address) as listener:
        async with exporting(recorded.configure(interval="60ms"), Notifier(address)) as exporter:
            assert await listener.wait("READY") == ["READY=1", "STATUS=Waiting for the first round"]
            assert await listener.wait("STATUS") == ["STATUS=prod ok"]
            (tmp_path / "prod" / "replica1" / "error.txt").write_text("timeout\n", encoding="utf-8")
            assert await listener.wait("STATUS") == ["STATUS=prod is degraded: replica1 is unreachable"]
            await exporter.reload()
            assert (await listener.wait("RELOADING"))[0] == "RELOADING=1"
            assert await listener.wait("READY") == ["READY=1", "STATUS=prod is degraded: replica1 is unreachable"]
            recorded.file.write_text("", encoding="utf-8")
            await exporter.reload()
            await listener.wait("RELOADING")
            assert (await listener.wait("READY"))[0] == "READY=1"


class Days:
    """A clock on which each sleep ends at once, and an exporter that is alive on some of the days."""

    def __init__(self, *alive: bool) -> None:
        self.alive = list(alive)
        self.slept: list[float] = []

    @property
    def is_alive(self) -> bool:
        return self.alive.pop(0)

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.alive:
            raise asyncio.CancelledError


async def test_the_watchdog_starves_with_the_poll_loop(tmp_path: Path) -> None:
    """It is fed while the rounds end, not while they stand still, and again when they go on."""
    address = str(tmp_path / "notify")
    days = Days(True, True, False, False, True)
    with listening(address) as listener:
        with pytest.raises(asyncio.CancelledError):
            await _reset_watchdog(Notifier(address), days, days, 60.0)  # type: ignore[arg-type]  # a stand-in
        assert [listener.next() for _ in range(3)] == [["WATCHDOG=1"]] * 3
        with pytest.raises(BlockingIOError):
            listener.next()
    assert days.slept == [60.0] * 5


async def test_the_daemon_feeds_the_watchdog_and_shows_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that systemd asked for in the environment is done."""
    file = Recorded(tmp_path).configure()
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "120000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    stop = asyncio.Event()
    with listening(address) as listener:
        task = asyncio.create_task(run_until(stop, options(file), load(file), SystemClock(), lambda: load(file)))
        assert (await listener.wait("READY"))[0] == "READY=1"
        assert await listener.wait("WATCHDOG") == ["WATCHDOG=1"]
        stop.set()
        assert await listener.wait("STOPPING") == ["STOPPING=1"]
        await task
