"""The daemon: poll, publish, listen, reload, and end cleanly."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from boks_exporter.app import build_info
from boks_exporter.app.checked_config import examine_all
from boks_exporter.app.connections import Connections
from boks_exporter.app.event_loop import (
    make_runner,
    raise_descriptor_limit,
    share_interpreter,
    spare_collections,
    spare_memory,
)
from boks_exporter.app.logs import configure
from boks_exporter.app.options import ServeOptions
from boks_exporter.app.running_exporter import RunningExporter
from boks_exporter.app.systemd import Notifier, watchdog_interval
from boks_exporter.config import CheckedConfig, Settings
from boks_exporter.errors import ConfigError, ListenError
from boks_exporter.loggers import structlog
from boks_exporter.observe import Clock, SystemClock

_log = structlog.get_logger(__name__)

FAILED: Final = 1
"""The exit status of a daemon that could not listen or ended by a bug."""


def serve(options: ServeOptions) -> int:
    """Run the daemon until SIGTERM or SIGINT; raises ConfigError if it cannot start on its configuration."""
    configure(options.log_level, options.log_format)
    raise_descriptor_limit()
    share_interpreter()
    spare_memory()
    found = examine_all(options.config_file)  # it loads what the configured transports need
    spare_collections()
    settings = found.settings
    _log.info(
        "starting",
        version=build_info.version(),
        revision=build_info.revision(),
        config=str(options.config_file),
        domains=len(settings.domains),
        hosts=sum(len(domain.hosts) for domain in settings.domains),
    )
    _log_warnings(found)
    try:
        with make_runner() as runner:
            return runner.run(_serve(options, settings))
    except ListenError as error:
        _log.error("cannot_listen", address=error.address, reason=error.reason)
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001 - a bug ends the process, loudly and in the format of the log
        _log.critical("ended_by_a_bug", exc_info=True)
    return FAILED


def _log_warnings(found: CheckedConfig) -> Settings:
    """Log the configuration's warnings, at each start and reload."""
    for problem in found.warnings:
        _log.warning("config_advice", problem=str(problem))
    return found.settings


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what a library left unhandled, such as the late failure of a call that was given up."""
    _log.error("unhandled_in_event_loop", message=context.get("message"), exc_info=context.get("exception"))


async def _serve(options: ServeOptions, settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loop_error)
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    await run_until(stop, options, settings, SystemClock(), lambda: _log_warnings(examine_all(options.config_file)))
    return 0


async def run_until(
    stop: asyncio.Event,
    options: ServeOptions,
    settings: Settings,
    clock: Clock,
    read_settings: Callable[[], Settings],
    started: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> None:
    """Run an exporter until `stop` is set, reloading on SIGHUP; `started` receives the URLs that it listens on."""
    notifier = Notifier.from_environment()
    async with (
        Connections() as connections,
        RunningExporter(options, connections, clock, read_settings, notifier) as exporter,
    ):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, exporter.reload_soon)
        await exporter.start(settings)
        for url in exporter.addresses:
            _log.info("listening", url=url)
        started(exporter.addresses)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(exporter.run(), name="exporter")]
            if (interval := watchdog_interval()) is not None:
                tasks.append(group.create_task(_reset_watchdog(notifier, exporter, clock, interval), name="watchdog"))
            await stop.wait()
            notifier.stopping()
            _log.info("stopping")
            for task in tasks:
                task.cancel()


async def _reset_watchdog(notifier: Notifier, exporter: RunningExporter, clock: Clock, interval: float) -> None:
    """Reset systemd's watchdog while every domain makes progress."""
    while True:
        if exporter.is_alive:
            notifier.alive()
        await clock.sleep(interval)
