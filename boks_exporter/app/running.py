"""One running exporter: the poll loop, what it publishes, the web server, and changes of the configuration."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Self

import structlog

from boks_exporter.app.about import exporter_info
from boks_exporter.app.connections import Connections
from boks_exporter.app.options import ServeOptions
from boks_exporter.app.sentence import fleet_in_a_sentence
from boks_exporter.app.systemd import Notifier
from boks_exporter.config import PollSettings, Settings
from boks_exporter.errors import ConfigError
from boks_exporter.observe import Clock
from boks_exporter.poller import Poller
from boks_exporter.web import Published, Source, WebServer, paths_of, prepare

_log = structlog.get_logger(__name__)


class RunningExporter:
    """Keep everything together for as long as the block runs."""

    def __init__(
        self, options: ServeOptions, connections: Connections, clock: Clock, read_settings: Callable[[], Settings]
    ) -> None:
        """Take what was decided on the command line; `read_settings` reads the file anew and may raise ConfigError."""
        self.poller = Poller(PollSettings(), clock, self._publish_soon)
        self._options = options
        self._connections = connections
        self._clock = clock
        self._read_settings = read_settings
        self._info = exporter_info()
        self._notifier = Notifier(None)
        self._published: Published = prepare((), self._info, is_ready=False)
        self._sentence = ""
        self._is_news = asyncio.Event()
        self._is_reload_wanted = asyncio.Event()
        self._one_reload = asyncio.Lock()
        self._open = AsyncExitStack()
        self._web: WebServer | None = None

    async def __aenter__(self) -> Self:
        """Open nothing yet; `start` does."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop serving."""
        await self._open.aclose()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Name the URLs that it listens on."""
        return self._web.addresses if self._web else ()

    async def start(self, settings: Settings, notifier: Notifier) -> None:
        """Take the first configuration over and listen; raises ConfigError or ListenError where that cannot be."""
        options = self._options
        paths = paths_of(options.telemetry_path, options.external_url, options.route_prefix)
        source = Source(
            published=lambda: self._published,
            is_alive=lambda: self.poller.is_alive,
            reload=self.reload,
            now=self._clock.now,
        )
        server = WebServer(source, paths, enable_lifecycle=options.enable_lifecycle)
        self._web = await self._open.enter_async_context(server)
        await server.start(options.listen_addresses)
        await self._take(settings)
        self._notifier = notifier
        notifier.ready(self._sentence_now())

    async def run(self) -> None:
        """Poll, publish and reload until cancelled; a bug in any of it ends all loudly."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poller.run(), name="poller")
            group.create_task(self._publish(), name="publisher")
            group.create_task(self._reload(), name="reloader")

    def reload_soon(self) -> None:
        """Read the configuration anew as soon as possible, for a signal's handler."""
        self._is_reload_wanted.set()

    async def reload(self) -> None:
        """Read the configuration anew; raises ConfigError, which is logged already, and keeps the old one then."""
        async with self._one_reload:
            self._notifier.reloading()
            try:
                await self._take(await asyncio.to_thread(self._read_settings))
                _log.info("config_reloaded", config=str(self._options.config_file))
            except ConfigError as error:
                self._info = replace(self._info, reload_successful=False)
                for problem in error.problems:
                    _log.error("config_refused", problem=str(problem))
                raise
            finally:
                self._publish_soon()
                self._notifier.ready(self._sentence_now())

    async def _take(self, settings: Settings) -> None:
        self.poller.take(settings.poll, settings.metrics, await self._connections.take(settings))
        self._info = replace(self._info, reload_successful=True, reload_success_at=self._clock.now())
        self._publish_soon()

    def _publish_soon(self) -> None:
        self._is_news.set()

    async def _publish(self) -> None:
        """Render after each round; rounds that end meanwhile share the next rendering."""
        while True:
            await self._is_news.wait()
            self._is_news.clear()
            is_ready, views = self.poller.is_ready, self.poller.current()
            self._published = await asyncio.to_thread(prepare, views, self._info, is_ready=is_ready)
            self._tell_systemd()

    async def _reload(self) -> None:
        while True:
            await self._is_reload_wanted.wait()
            self._is_reload_wanted.clear()
            try:
                await self.reload()
            except ConfigError:
                _log.warning("config_kept", config=str(self._options.config_file))

    def _sentence_now(self) -> str:
        self._sentence = fleet_in_a_sentence(self._published.report)
        return self._sentence

    def _tell_systemd(self) -> None:
        """Tell systemd how the fleet is, when that changed."""
        before = self._sentence
        if (now := self._sentence_now()) != before:
            self._notifier.status(now)
