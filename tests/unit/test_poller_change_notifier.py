"""Notifications of state changes: programs, webhooks, bounds."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from boks_exporter.config import NotifySettings
from boks_exporter.health import StateChange
from boks_exporter.poller.change_notifier import ChangeNotifier

DOWN = StateChange(1.5, "host_state_changed", "replica1", "ok", "down", 'listed as DOWN; "quoted" $(id)')
FACTS = {
    "timestamp_seconds": 1.5,
    "event": "host_state_changed",
    "domain": "prod",
    "host": "replica1",
    "was": "ok",
    "state": "down",
    "reason": DOWN.reason,
    "text": f"prod replica1: ok -> down: {DOWN.reason}",
}


@pytest.fixture
async def notifier() -> AsyncIterator[ChangeNotifier]:
    made = ChangeNotifier()
    yield made
    await made.aclose()


def program(path: Path, script: str) -> tuple[str, ...]:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return (str(path),)


async def until(condition: Any) -> None:
    """Wait for a condition, for a minute at most."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_program_gets_the_facts_as_json(tmp_path: Path, notifier: ChangeNotifier) -> None:
    """Its words are arguments and nothing else: no shell expands them."""
    words = program(tmp_path / "tell", 'cat >"$0.json.new"; echo "$1" >"$0.word"; mv "$0.json.new" "$0.json"')
    notifier.apply_settings((NotifySettings(program=(*words, "$(id)")),))
    notifier.changed("prod", DOWN)
    await until((tmp_path / "tell.json").exists)
    assert json.loads((tmp_path / "tell.json").read_text()) == FACTS
    assert (tmp_path / "tell.word").read_text() == "$(id)\n"


async def test_a_webhook_gets_the_facts_as_its_body(tmp_path: Path, notifier: ChangeNotifier) -> None:
    """The URL is read from its file each time, and a refusal is logged without it."""
    received: list[Any] = []

    async def hook(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(status=200 if len(received) == 1 else 404)

    application = web.Application()
    application.router.add_post("/secret", hook)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (tmp_path / "hook").write_text(f"{site._server.sockets[0].getsockname()[1]}")  # type: ignore[union-attr]  # it is started
    port = (tmp_path / "hook").read_text()
    (tmp_path / "hook").write_text(f"http://127.0.0.1:{port}/secret\nanother line\n")
    notifier.apply_settings((NotifySettings(webhook_file=tmp_path / "hook"),))
    with capture_logs() as logs:
        notifier.changed("prod", DOWN)
        notifier.changed("prod", DOWN)
        await until(lambda: logs)
    await runner.cleanup()
    assert received == [FACTS, FACTS]
    assert [(log["event"], log["reason"]) for log in logs] == [("notification_failed", "HTTP 404")]
    assert "secret" not in str(logs)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (NotifySettings(program=("/bin/false",)), "exit status 1"),
        (NotifySettings(program=("/nonexistent/program",)), "No such file"),
        (NotifySettings(webhook_file=Path("/nonexistent/hook")), "No such file"),
        (NotifySettings(webhook_file=Path(__file__)), "http"),
    ],
)
async def test_a_failure_is_logged(notifier: ChangeNotifier, settings: NotifySettings, reason: str) -> None:
    notifier.apply_settings((settings,))
    with capture_logs() as logs:
        notifier.changed("prod", DOWN)
        await until(lambda: logs)
    assert logs[0]["event"] == "notification_failed"
    assert reason in logs[0]["reason"]


async def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path, notifier: ChangeNotifier) -> None:
    """One that returns at once and works on in the background would evade its time limit, once for each change."""
    words = program(tmp_path / "leave", 'sleep 600 & echo $! >"$0.new"; mv "$0.new" "$0.pid"')
    notifier.apply_settings((NotifySettings(program=words),))
    notifier.changed("prod", DOWN)
    await until((tmp_path / "leave.pid").exists)
    left = Path("/proc") / (tmp_path / "leave.pid").read_text().strip()
    await until(lambda: not left.exists())


async def test_a_receiver_that_hangs_is_ended_and_delays_no_other(tmp_path: Path, notifier: ChangeNotifier) -> None:
    """With everything that it started; the next change is sent to it again."""
    hanging = program(tmp_path / "hang", 'echo $$ >>"$0.pids"; sleep 600 & wait')
    working = program(tmp_path / "work", 'cat >>"$0.out"; echo >>"$0.out"')
    notifier.apply_settings(
        (NotifySettings(program=hanging, timeout_seconds=0.5), NotifySettings(program=working)),
    )
    with capture_logs() as logs:
        notifier.changed("prod", DOWN)
        notifier.changed("prod", DOWN)
        await until(lambda: len(logs) == 2)
    assert [log["reason"] for log in logs] == ["timed out", "timed out"]
    await until(lambda: (tmp_path / "work.out").read_text().count("replica1") >= 2)
    pids = (tmp_path / "hang.pids").read_text().split()
    assert len(pids) == 2
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


async def test_a_full_queue_drops_the_oldest_change(tmp_path: Path, notifier: ChangeNotifier) -> None:
    """However many changes come while a receiver hangs: memory is bounded, and the newest ones are kept."""
    gate, out = tmp_path / "go", tmp_path / "tell.out"
    words = program(tmp_path / "tell", f'while [ ! -e "{gate}" ]; do sleep 0.05; done; cat >>"$0.out"; echo >>"$0.out"')
    notifier.apply_settings((NotifySettings(program=words, queue=2, timeout_seconds=60.0),))
    with capture_logs() as logs:
        notifier.changed("prod", StateChange(0.0, "host_state_changed", "h0", "ok", "down", ""))
        await until(lambda: "1 waiting" not in repr(notifier))
        for at in range(1, 6):
            notifier.changed("prod", StateChange(float(at), "host_state_changed", f"h{at}", "ok", "down", ""))
        gate.touch()
        await until(lambda: out.exists() and out.read_text().count("\n") == 3)
    assert [json.loads(line)["host"] for line in out.read_text().splitlines()] == ["h0", "h4", "h5"]
    assert [log["event"] for log in logs] == ["notification_dropped"] * 3


async def test_a_first_state_is_no_change_and_a_removed_receiver_gets_none(
    tmp_path: Path, notifier: ChangeNotifier
) -> None:
    words = program(tmp_path / "tell", 'cat >"$0.out.new"; mv "$0.out.new" "$0.out"')
    settings = NotifySettings(program=words)
    notifier.apply_settings((settings,))
    notifier.changed("prod", StateChange(1.0, "host_state_changed", "new", None, "ok", ""))
    notifier.changed("prod", StateChange(1.0, "masters_changed", None, "m1", "", "no host reports to be master"))
    await until((tmp_path / "tell.out").exists)
    assert json.loads((tmp_path / "tell.out").read_text())["text"] == (
        "prod: master m1 -> none: no host reports to be master"
    )
    notifier.apply_settings(())
    assert repr(notifier) == "<ChangeNotifier of 0 receivers, 0 waiting>"
