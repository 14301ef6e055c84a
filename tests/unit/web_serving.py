"""A web server on an ephemeral port, with a source that a test scripts."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

from boks_exporter.bundled_files import runbooks, status_schema
from boks_exporter.exposition import DomainView
from boks_exporter.web import LiveWebConfig, PageSource, Paths, Published, WebServer, prepare
from boks_exporter.web.acceptor import ConnectionLimits
from tests.unit.exposition_views import BEGUN, INFO, published


@dataclass
class Scripted:
    """What the web is shown; each field may be changed between requests."""

    published: Published = field(default_factory=lambda: ready(published()))
    is_alive: bool = True
    reloads: int = 0
    polls: list[tuple[str, str]] = field(default_factory=list)
    refusal: Exception | None = None
    clock: float = BEGUN + 20

    async def reload(self) -> None:
        self.reloads += 1
        if self.refusal:
            raise self.refusal

    async def poll_now(self, domain: str, host: str) -> str | None:
        self.polls.append((domain, host))
        return f"One poll of {host}\n" if host == "REPHOST" else None

    def source(self) -> PageSource:
        return PageSource(
            published=lambda: self.published,
            is_alive=lambda: self.is_alive,
            reload=self.reload,
            now=lambda: self.clock,
            config_file=Path("/etc/boks-exporter/config.yaml"),
            configuration=lambda: "poll:\n  interval_seconds: 30.0\n",
            poll_now=self.poll_now,
            runbooks=runbooks,
            status_schema=status_schema,
        )


def ready(*views: DomainView) -> Published:
    return prepare(views, INFO, is_ready=True)


@dataclass
class Visitor:
    """A client whose requests are exactly what they say: no headers of its own, no following, no unpacking."""

    session: ClientSession
    base: str
    server: WebServer

    async def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        async with self.session.request(method, self.base + path, headers=headers, allow_redirects=False) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    async def text(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, str]:
        status, _, body = await self.ask(path, method, headers)
        return status, body.decode()


@asynccontextmanager
async def serving(
    scripted: Scripted,
    paths: Paths | None = None,
    *,
    security: LiveWebConfig | None = None,
    enable_lifecycle: bool = False,
    listen: Sequence[str] = ("127.0.0.1:0",),
    limits: ConnectionLimits | None = None,
    session: Callable[[], ClientSession] | None = None,
) -> AsyncIterator[Visitor]:
    """Serve, and bring a client along."""
    server = WebServer(scripted.source(), paths or Paths(), security, enable_lifecycle=enable_lifecycle, limits=limits)
    async with server, (session or plain_session)() as client:
        await server.start(listen)
        scheme, _, rest = server.addresses[0].partition("://")
        yield Visitor(client, f"{scheme}://{rest.partition('/')[0]}", server)


def plain_session() -> ClientSession:
    return ClientSession(
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        timeout=ClientTimeout(total=10),
    )
