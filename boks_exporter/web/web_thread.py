"""The HTTP server in a thread with an event loop of its own, so that no host delays an answer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, ParamSpec, Self, TypeVar

from boks_exporter.web.listen import sockets_for
from boks_exporter.web.page_source import PageSource
from boks_exporter.web.paths import Paths
from boks_exporter.web.security.reloading_config import LiveWebConfig
from boks_exporter.web.server import WebServer

_RELOAD_SECONDS: Final = 30.0
"""How long a request for a reload waits for the poll loop; the reload itself goes on."""

_POLL_SECONDS: Final = 120.0
"""The longest poll that a visitor waits for; its own deadline is in the settings."""

_STOP_SECONDS: Final = 5.0

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class WebThread:
    """Async context manager that serves from a thread while it is open.

    Pages are read from what was published last. Only a reload is run in the event loop of the caller.
    """

    def __init__(
        self,
        source: PageSource,
        paths: Paths,
        security: LiveWebConfig | None = None,
        *,
        enable_lifecycle: bool = False,
        make_runner: Callable[[], asyncio.Runner] = asyncio.Runner,
    ) -> None:
        """Prepare; `make_runner` makes the thread's event loop."""
        self.addresses: tuple[str, ...] = ()
        self._source = source

        def make_server(inside: PageSource) -> WebServer:
            return WebServer(inside, paths, security, enable_lifecycle=enable_lifecycle)

        self._make_server = make_server
        self._make_runner = make_runner
        self._started: Future[tuple[WebServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._ended: Future[None] = Future()
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<WebThread {' '.join(self.addresses) or 'not started'}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening, close every connection and end the thread."""
        if self._thread is None:
            return
        _, loop, stop = self._started.result()
        with suppress(RuntimeError):  # the thread's loop has ended already
            loop.call_soon_threadsafe(stop.set)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._ended)), _STOP_SECONDS)

    async def start(self, addresses: Sequence[str]) -> None:
        """Listen on all addresses; raises ListenError."""
        sockets = sockets_for(addresses)
        loop = asyncio.get_running_loop()
        source = replace(
            self._source,
            reload=_run_in(loop, self._source.reload, _RELOAD_SECONDS),
            poll_now=_run_in(loop, self._source.poll_now, _POLL_SECONDS),
        )

        async def serve() -> None:
            stop = asyncio.Event()
            async with self._make_server(source) as server:
                server.listen(sockets)
                self._started.set_result((server, asyncio.get_running_loop(), stop))
                await stop.wait()

        self._thread = threading.Thread(target=self._run, args=(serve,), name="web", daemon=True)
        self._thread.start()
        try:
            server, _, _ = await asyncio.wrap_future(self._started)
        except BaseException:
            for listening in sockets:
                listening.close()
            raise
        self.addresses = server.addresses

    async def wait(self) -> None:
        """Wait for the end of the thread; raises what ended it."""
        await asyncio.shield(asyncio.wrap_future(self._ended))

    async def check_config(self) -> None:
        """Check the web configuration file now instead of at the next request, and log its faults."""
        server, loop, _ = self._started.result()

        async def check() -> None:
            server.check_config()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(check(), loop))

    def _run(self, serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            with self._make_runner() as runner:
                runner.run(serve())
        except BaseException as error:  # noqa: BLE001 - it is raised in the caller's event loop
            if not self._started.done():
                self._started.set_exception(error)
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)


def _run_in(
    loop: asyncio.AbstractEventLoop, function: Callable[_Arguments, Awaitable[_Result]], seconds: float
) -> Callable[_Arguments, Awaitable[_Result]]:
    """Return a function that runs in another event loop, which goes on if it takes too long."""

    async def run(*args: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        async def awaited() -> _Result:
            return await function(*args, **named)

        running = asyncio.run_coroutine_threadsafe(awaited(), loop)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(running)), seconds)

    return run
