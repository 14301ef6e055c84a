"""The daemon: poll, publish, listen, reload, and end cleanly."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

import structlog

from boks_exporter.app.connections import Connections
from boks_exporter.app.logs import configure
from boks_exporter.app.options import ServeOptions
from boks_exporter.app.running import RunningExporter
from boks_exporter.app.systemd import Notifier, watchdog_interval
from boks_exporter.config import Settings, load
from boks_exporter.errors import ConfigError
from boks_exporter.observe import Clock, SystemClock

_log = structlog.get_logger(__name__)


def serve(options: ServeOptions) -> int:
    """Run the daemon until SIGTERM or SIGINT; raises ConfigError if it cannot start on its configuration."""
    configure(options.log_level, options.log_format)
    settings = load(options.config_file)
    with _runner() as runner:
        return runner.run(_serve(options, settings))


def _runner() -> asyncio.Runner:
    """Prefer uvloop, where it is installed; asyncio's own loop does the same, slower."""
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _serve(options: ServeOptions, settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    await run_until(stop, options, settings, SystemClock(), lambda: load(options.config_file))
    return 0


async def run_until(
    stop: asyncio.Event,
    options: ServeOptions,
    settings: Settings,
    clock: Clock,
    read_settings: Callable[[], Settings],
    started: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> None:
    """Run an exporter until `stop` is set; `started` is told the addresses that it listens on."""
    notifier = Notifier.from_environment()
    async with Connections() as connections, RunningExporter(options, connections, clock, read_settings) as exporter:
        await exporter.start(settings, notifier)
        started(exporter.addresses)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(exporter.run(), name="exporter")]
            if (interval := watchdog_interval()) is not None:
                tasks.append(group.create_task(_feed(notifier, exporter, clock, interval), name="watchdog"))
            with suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, exporter.reload_soon)
            await stop.wait()
            notifier.stopping()
            _log.info("stopping")
            for task in tasks:
                task.cancel()


async def _feed(notifier: Notifier, exporter: RunningExporter, clock: Clock, interval: float) -> None:
    """Feed systemd's watchdog for as long as every domain makes progress."""
    while True:
        if exporter.poller.is_alive:
            notifier.alive()
        await clock.sleep(interval)


__all__ = ["ConfigError", "run_until", "serve"]
