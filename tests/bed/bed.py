"""The whole bed: network, names, BoKS hosts, the exporter, and what is observed of it."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

from boks_exporter.model import Seconds
from tests.bed.hosts import BedHosts
from tests.bed.layout import DOMAIN, EXPORTER_PORT, HOSTS, SITE_OF, SLOW_LINE, WATCHERS, address, dns_name
from tests.bed.name_server import NameServer
from tests.bed.network import Network, connect_slow_line, run
from tests.bed.observations import Numbers, Observation
from tests.bed.programs import ROOT, Exporter, running, until
from tests.bed.slow_line import SlowLine

PROBES_PER_INTERVAL: Final = 4
_SECTION_SHARE: Final = 8 / 30
_NUMBERS_EVERY: Final[Seconds] = 0.25
_CONFIG: Final = """\
poll: {{interval: {interval}ms, timeout: {timeout}ms, rare_interval: {rare}ms, closer_polls: {closer}}}
state_file: {disk}/state.sqlite
journal: {disk}/journal.sqlite
domains:
  - name: {domain}
    transport:
      kind: ssh
      user: {user}
      identity_files: [{identity}]
      known_hosts: {known_hosts}
      keepalive_interval: {interval}ms
      backoff_initial: {backoff}ms
      backoff_limit: {backoff}ms
    hosts:
{hosts}"""


class Bed:
    """Everything but the faults, for as long as the block runs; in namespaces of its own (see `private`)."""

    def __init__(self, directory: Path, interval: Seconds, seed: int, backoff: int) -> None:
        self.directory = directory
        self.interval = interval
        self.backoff = backoff
        self.network = Network()
        self.names = NameServer(self.network.address)
        self.hosts = BedHosts(directory, seed, section_timeout_seconds=max(2, round(interval * _SECTION_SHARE)))
        self.exporter = Exporter("exporter", directory / "exporter")
        self.observations: list[Observation] = []
        self.numbers: list[Numbers] = []
        self.attempts: dict[str, int] = {}
        """Logins that were tried on the hosts where they were refused last."""
        self._open = AsyncExitStack()

    @property
    def probe_every(self) -> Seconds:
        return self.interval / PROBES_PER_INTERVAL

    async def __aenter__(self) -> Self:
        """Return once every host is up on the exporter's page."""
        await run("mount", "-t", "tmpfs", "-o", "mode=755", "bed", str(self.directory))
        await _private_etc(self.directory)
        async with AsyncExitStack() as opened:
            await self.network.build()
            self.slow_line = SlowLine(SLOW_LINE, f"router-{SITE_OF[SLOW_LINE]}", f"p{HOSTS.index(SLOW_LINE) + 1}")
            opened.callback(self.slow_line.close)
            await connect_slow_line()
            await self.names.start()
            opened.callback(self.names.close)
            await opened.enter_async_context(self.hosts)
            await self.prepare(self.exporter, self.interval)
            await opened.enter_async_context(running(self.exporter))
            await opened.enter_async_context(_background(self._record_numbers()))
            await opened.enter_async_context(self._observed())
            await until(self.all_up, "every host to be up")
            del self.observations[:-1]
            self._open = opened.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._open.aclose()

    async def prepare(
        self,
        exporter: Exporter,
        interval: Seconds,
        hosts: tuple[str, ...] = HOSTS,
        *,
        is_second: bool = False,
    ) -> None:
        """Write an exporter's configuration; all its times are the defaults in proportion to the interval.

        The second one's rounds are so short that a login needs most of one, and it has a key that is never refused.
        """
        exporter.directory.mkdir()
        listed = (
            f"      - {{name: {name}, address: {dns_name(name)}, site: {SITE_OF[name]}, section: core}}\n"
            for name in hosts
        )
        milliseconds = round(interval * 1000)
        config = _CONFIG.format(
            interval=milliseconds,
            timeout=round(milliseconds * (0.9 if is_second else 2 / 3)),
            rare=milliseconds * 4,
            backoff=milliseconds * self.backoff,
            closer="never" if is_second else "auto",
            disk=exporter.disk,
            domain=DOMAIN,
            user=self.hosts.user,
            identity=self.hosts.second_identity_file if is_second else self.hosts.identity_file,
            known_hosts=self.hosts.known_hosts,
            hosts="".join(listed),
        )
        await exporter.prepare(config)

    async def start_exporter(self) -> None:
        """Start the exporter, and wait until it answers."""
        started = time.monotonic()
        await self.exporter.start()
        await until(lambda: self.observations[-1].at > started and self.observations[-1].status, "the exporter's page")

    def all_up(self) -> bool:
        newest = self.observations[-1].hosts if self.observations else {}
        return [host.up for host in newest.values()] == [1.0] * len(HOSTS)

    @asynccontextmanager
    async def _observed(self) -> AsyncIterator[None]:
        """Collect what the observer prints."""
        command = (sys.executable, "-m", "tests.bed.observer", address(WATCHERS), str(EXPORTER_PORT))
        process = await asyncio.create_subprocess_exec(
            *command, str(self.probe_every), stdout=asyncio.subprocess.PIPE, cwd=ROOT, limit=2**22
        )
        try:
            async with _background(self._collect(process)):
                yield
        finally:
            process.kill()
            await process.communicate()

    async def _collect(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        while line := await process.stdout.readline():
            self.observations.append(Observation.of(json.loads(line)))

    async def _record_numbers(self) -> None:
        while True:
            self.numbers.append(Numbers(time.monotonic(), self.hosts.numbers()))
            await asyncio.sleep(_NUMBERS_EVERY)


@asynccontextmanager
async def _background(work: Any) -> AsyncIterator[None]:
    """Do something until the block ends; a failure of it ends the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _private_etc(directory: Path) -> None:
    """Put a copy over /etc, in which users, sudo rules and the name server are the bed's own."""
    etc = directory / "etc"
    etc.mkdir()
    await run("cp", "-a", "/etc/.", str(etc))
    await run("mount", "--bind", str(etc), "/etc")
    for name, text in (
        ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ):
        file = etc / name
        file.unlink(missing_ok=True)
        file.write_text(text, encoding="utf-8")
