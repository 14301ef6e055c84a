"""One running exporter: poller, publisher, web server and reloads."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final, Self

from boks_exporter.app.connections import Connections
from boks_exporter.app.event_loop import make_runner
from boks_exporter.app.options import ServeOptions
from boks_exporter.app.publisher import Publisher
from boks_exporter.app.systemd import Notifier
from boks_exporter.bundled_files import runbooks, status_schema
from boks_exporter.config import PollSettings, Settings, shown_settings
from boks_exporter.errors import ConfigError, Problem
from boks_exporter.exposition import DomainView
from boks_exporter.loggers import structlog
from boks_exporter.model import Host
from boks_exporter.observe import Clock
from boks_exporter.poller import Poller, StateFile, StateInUseError, StateLock
from boks_exporter.poller.change_notifier import ChangeNotifier
from boks_exporter.poller.debug_text import debug_text
from boks_exporter.web import LiveWebConfig, PageSource, WebThread, paths_of

_log = structlog.get_logger(__name__)

_STALE_INTERVALS: Final = 3
"""A page that lacks news for this many intervals is not healthy."""
_EXCHANGES_IN_A_ROUND: Final = 3
"""The longest round in time-outs: master, replicas, master again."""


class RunningExporter:
    """Runs every part of the exporter while the block runs."""

    def __init__(
        self,
        options: ServeOptions,
        connections: Connections,
        clock: Clock,
        read_settings: Callable[[], Settings],
        notifier: Notifier | None = None,
    ) -> None:
        """Build the parts; `read_settings` reads the configuration file and may raise ConfigError."""
        self._options = options
        self._connections = connections
        self._clock = clock
        self._read_settings = read_settings
        self._notifier = notifier or Notifier(None)
        self._publisher = Publisher(self._notifier, clock)
        self.poller = Poller(
            PollSettings(), clock, self._publisher.soon, clearances=self._publisher.journals.clearances
        )
        self._changes = ChangeNotifier()
        self.poller.on_change = self._changes.changed
        self._is_reload_wanted = asyncio.Event()
        self._one_reload = asyncio.Lock()
        self._is_stale = asyncio.Event()
        self._round_seconds = 0.0
        self._longest_delay = _STALE_INTERVALS * PollSettings().interval_seconds
        self._state_path: Path | None = None
        self._state_lock: StateLock | None = None
        self._open = AsyncExitStack()
        self._security: LiveWebConfig | None = None
        self._settings: Settings | None = None
        self._web: WebThread | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop serving and close the state file at the same time: the end must be quick."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._open.aclose())
            group.create_task(self._changes.aclose())
            group.create_task(self._change_state_file(None))

    @property
    def is_alive(self) -> bool:
        """Whether every domain made progress lately, and the served page shows it."""
        return self.poller.is_alive and self._publisher.is_current(self._longest_delay)

    @property
    def addresses(self) -> tuple[str, ...]:
        return self._web.addresses if self._web else ()

    async def start(self, settings: Settings) -> None:
        """Listen and apply the first configuration; raises ConfigError or ListenError."""
        options = self._options
        paths = paths_of(options.telemetry_path, options.external_url, options.route_prefix)
        source = PageSource(
            published=lambda: self._publisher.published,
            is_alive=lambda: self.is_alive,
            reload=self.reload,
            now=self._clock.now,
            config_file=options.config_file,
            configuration=lambda: shown_settings(self._settings) if self._settings else "",
            poll_now=partial(debug_text, self.poller),
            runbooks=runbooks,
            status_schema=status_schema,
        )
        self._security = LiveWebConfig(options.web_config_file) if options.web_config_file else None
        server = WebThread(
            source, paths, self._security, enable_lifecycle=options.enable_lifecycle, make_runner=make_runner
        )
        self._web = await self._open.enter_async_context(server)
        await server.start(options.listen_addresses)
        await self._apply_settings(settings)
        self._notifier.ready(self._publisher.status)

    async def run(self) -> None:
        """Poll, publish and reload until cancelled; a bug in any task ends the exporter."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poller.run(), name="poller")
            group.create_task(self._publisher.run(self.poller), name="publisher")
            group.create_task(self._reload_when_wanted(), name="reloader")
            group.create_task(self._close_stale(), name="closer")
            if self._web:
                group.create_task(self._web.wait(), name="web")

    def reload_soon(self) -> None:
        """Request a reload, for a signal's handler."""
        self._is_reload_wanted.set()

    async def reload(self) -> None:
        """Reload the configuration; an invalid one is logged, raised as ConfigError and changes nothing."""
        async with self._one_reload:
            self._notifier.reloading()
            try:
                await self._apply_settings(await asyncio.to_thread(self._read_settings))
                _log.info("config_reloaded", config=str(self._options.config_file))
            except ConfigError as error:
                self._publisher.refused()
                for problem in error.problems:
                    _log.error("config_refused", problem=str(problem))
                raise
            finally:
                self._notifier.ready(self._publisher.status)
        if self._web and self._security:
            # It is read again on the next request; a reload logs its faults immediately.
            await self._web.check_config()

    async def _apply_settings(self, settings: Settings) -> None:
        await self._change_state_file(settings.state_file)
        discovered = {view.snapshot.domain: _discovered(view) for view in self.poller.current()}
        opened = await self._connections.apply_settings(settings, discovered)
        self.poller.apply_settings(settings.poll, settings.metrics, opened)
        self._publisher.journals.apply_settings(settings)
        self._changes.apply_settings(settings.notify)
        self._longest_delay = _STALE_INTERVALS * settings.poll.interval_seconds
        self._round_seconds = _EXCHANGES_IN_A_ROUND * settings.poll.timeout_seconds
        if self._connections.has_stale:
            self._is_stale.set()
        self._settings = settings
        self._publisher.configured(self._clock.now())

    async def _change_state_file(self, path: Path | None) -> None:
        """Switch to another state file, in threads because the disk can be slow; raises ConfigError if it is in use."""
        if path == self._state_path:
            return
        lock = await asyncio.to_thread(self._locked, path) if path else None
        before, locked_before = self.poller.state, self._state_lock
        self._state_path, self._state_lock = path, lock
        self.poller.state = await asyncio.to_thread(StateFile, path) if path else None
        if before:
            await asyncio.to_thread(before.close)
        if locked_before:
            locked_before.release()

    def _locked(self, path: Path) -> StateLock:
        try:
            return StateLock(path)
        except StateInUseError as error:
            raise ConfigError((Problem(str(self._options.config_file), None, "state_file", str(error)),)) from error

    async def _reload_when_wanted(self) -> None:
        while True:
            await self._is_reload_wanted.wait()
            self._is_reload_wanted.clear()
            try:
                await self.reload()
            except ConfigError:
                _log.warning("config_kept", config=str(self._options.config_file))

    async def _close_stale(self) -> None:
        """Close the unused transports of a reload once no round can use them."""
        while True:
            await self._is_stale.wait()
            self._is_stale.clear()
            await self._clock.sleep(self._round_seconds)
            await self._connections.close_stale()


def _discovered(view: DomainView) -> tuple[Host, ...]:
    return tuple(host for host in view.snapshot.hosts if host.discovered)
