"""State changes for programs and webhooks: a bounded queue and one task for each receiver."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeAlias

from boks_exporter.config import NotifySettings
from boks_exporter.exposition.events import event_document
from boks_exporter.health import StateChange
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName
from boks_exporter.regular_files import read_regular

Facts: TypeAlias = Mapping[str, Any]

_log = structlog.get_logger(__name__)


class NotificationError(Exception):
    """A program or webhook that did not accept a change."""


class ChangeNotifier:
    """Send each change once, in order, to every receiver; a failure is logged and not repeated.

    A receiver that hangs delays no round and no other receiver. When its queue is full, the oldest change is dropped.
    """

    def __init__(self) -> None:
        self._queues: dict[NotifySettings, asyncio.Queue[Facts]] = {}
        self._tasks: dict[NotifySettings, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        waiting = sum(queue.qsize() for queue in self._queues.values())
        return f"<ChangeNotifier of {len(self._queues)} receivers, {waiting} waiting>"

    def apply_settings(self, receivers: tuple[NotifySettings, ...]) -> None:
        """Start and stop receivers; one that stays keeps what waits for it."""
        single = [each for settings in receivers for each in _single(settings)]
        for settings in self._queues.keys() - set(single):
            del self._queues[settings]
            self._tasks.pop(settings).cancel()
        for settings in single:
            if settings not in self._queues:
                self._queues[settings] = asyncio.Queue(settings.queue)
                self._tasks[settings] = asyncio.create_task(self._send_all(settings), name="notify")

    async def aclose(self) -> None:
        """Stop; messages that wait are no longer sent."""
        tasks, self._tasks, self._queues = tuple(self._tasks.values()), {}, {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def changed(self, domain: DomainName, change: StateChange) -> None:
        """Put a change into every queue; the first state of a host or domain is no change."""
        if change.was is None:
            return
        facts = {**event_document(domain, change), "text": _sentence(domain, change)}
        for settings, queue in self._queues.items():
            if queue.full():
                dropped = queue.get_nowait()
                _log.warning("notification_dropped", receiver=_name(settings), boks_domain=dropped["domain"])
            queue.put_nowait(facts)

    async def _send_all(self, settings: NotifySettings) -> None:
        queue = self._queues[settings]
        while True:
            facts = await queue.get()
            try:
                async with asyncio.timeout(settings.timeout_seconds):
                    await send(settings, facts)
            except (NotificationError, OSError, ValueError) as error:
                reason = "timed out" if isinstance(error, TimeoutError) else str(error)
                _log.warning("notification_failed", receiver=_name(settings), reason=reason)


def _single(settings: NotifySettings) -> Iterator[NotifySettings]:
    """Split a program and a webhook, so that neither waits for the other."""
    if settings.program:
        yield replace(settings, webhook_file=None)
    if settings.webhook_file:
        yield replace(settings, program=())


def _sentence(domain: DomainName, change: StateChange) -> str:
    """Write the change for a chat."""
    subject = f"{domain} {change.host}" if change.host else domain
    kind = "master " if change.event == "masters_changed" else ""
    reason = f": {change.reason}" if change.reason else ""
    return f"{subject}: {kind}{change.was or 'none'} -> {change.state or 'none'}{reason}"


def _name(settings: NotifySettings) -> str:
    """Name a receiver in the log without arguments and URL, which can hold secrets."""
    return settings.program[0] if settings.program else str(settings.webhook_file)


async def send(settings: NotifySettings, facts: Facts) -> None:
    """Send one change; raises NotificationError, OSError or ValueError."""
    body = json.dumps(facts).encode()
    if settings.program:
        await _run(settings.program, body)
    elif settings.webhook_file:
        lines = (await asyncio.to_thread(read_regular, settings.webhook_file)).decode().splitlines()
        await _post(lines[0].strip() if lines else "", body)


async def _run(program: tuple[str, ...], body: bytes) -> None:
    """Run a program without a shell, in a process group of its own; what it started and left behind ends with it."""
    running = await asyncio.create_subprocess_exec(
        *program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await running.communicate(body)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        await running.wait()
    if running.returncode:
        raise NotificationError(f"exit status {running.returncode}")


async def _post(url: str, body: bytes) -> None:
    """Post to a webhook; redirects are not followed, and certificates are verified."""
    import aiohttp

    if not url.startswith(("http://", "https://")):
        raise NotificationError("expected a URL that begins with http:// or https:// in the first line")
    headers = {"Content-Type": "application/json", "User-Agent": "boks-exporter"}
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            status = response.status
    except aiohttp.ClientError as error:
        raise NotificationError(f"cannot post: {type(error).__name__}") from error
    if not 200 <= status < 300:  # noqa: PLR2004 - success in HTTP
        raise NotificationError(f"HTTP {status}")
