"""An exporter on recorded hosts, in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from boks_exporter.app.connections import Connections
from boks_exporter.app.options import ServeOptions
from boks_exporter.app.running_exporter import RunningExporter
from boks_exporter.app.systemd import Notifier
from boks_exporter.config import load
from boks_exporter.observe import SystemClock

SEQUENCE = "T7 13678d 8:33:46 5053 (5053)\n"
LIST = "SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST\nreplica1 00:49 04:49 526392 OK\n"


@dataclass
class Recorded:
    """A configuration file next to recorded hosts: one master and one replica in each domain."""

    directory: Path
    domains: list[str] = field(default_factory=lambda: ["prod"])

    @property
    def file(self) -> Path:
        return self.directory / "config.yaml"

    def record(self) -> None:
        """Write what the hosts said."""
        for domain in self.domains:
            for host, role in (("master1", "master"), ("replica1", "server")):
                where = self.directory / domain / host
                where.mkdir(parents=True, exist_ok=True)
                (where / "role.txt").write_text(f"BOKSINIT={role}\n", encoding="utf-8")
                (where / "sequence.txt").write_text(SEQUENCE, encoding="utf-8")
            (self.directory / domain / "master1" / "list.txt").write_text(LIST, encoding="utf-8")

    def configure(self, *, interval: str = "1h", timeout: str = "50ms", more: str = "") -> Path:
        """Write the configuration of all domains."""
        self.record()
        entries = "".join(
            f"  - name: {name}\n    transport: {{kind: replay, directory: {name}}}\n"
            "    hosts: [{name: master1}, {name: replica1}]\n"
            for name in self.domains
        )
        self.file.write_text(
            f"poll: {{interval: {interval}, timeout: {timeout}}}\n{more}domains:\n{entries}", encoding="utf-8"
        )
        return self.file


@dataclass
class Exporter:
    """A running exporter and a client."""

    running: RunningExporter
    session: ClientSession

    @property
    def base(self) -> str:
        return self.running.addresses[0].rstrip("/")

    async def get(self, path: str) -> str:
        async with self.session.get(self.base + path) as answer:
            return await answer.text()

    async def reload(self) -> tuple[int, str]:
        async with self.session.post(f"{self.base}/-/reload") as answer:
            return answer.status, await answer.text()

    async def value(self, series: str) -> str | None:
        """Find the value of one series on the page."""
        lines = (await self.get("/metrics")).splitlines()
        return next((line.rpartition(" ")[2] for line in lines if line.startswith(f"{series} ")), None)

    async def until(self, series: str, is_so: Callable[[str | None], bool]) -> None:
        """Wait for the page to show it; what never comes ends the test by its time limit."""
        async with asyncio.timeout(120):
            while not is_so(await self.value(series)):
                await asyncio.sleep(0.02)

    async def states(self) -> dict[str, str]:
        report: dict[str, Any] = json.loads(await self.get("/api/v1/status"))
        return {domain["domain"]: domain["state"] for domain in report["domains"]}


def options(file: Path, **changes: Any) -> ServeOptions:
    given: dict[str, Any] = {"listen_addresses": ("127.0.0.1:0",), "enable_lifecycle": True, **changes}
    return ServeOptions(config_file=file, **given)


@asynccontextmanager
async def exporting(file: Path, notifier: Notifier | None = None, **changes: Any) -> AsyncIterator[Exporter]:
    """Run an exporter on a configuration file, and wait for its first full round."""
    async with (
        Connections() as connections,
        RunningExporter(options(file, **changes), connections, SystemClock(), lambda: load(file), notifier) as running,
        ClientSession() as session,
    ):
        await running.start(load(file))
        exporter = Exporter(running, session)
        task = asyncio.create_task(running.run())
        try:
            async with asyncio.timeout(120):
                while (await session.get(f"{exporter.base}/-/ready")).status != 200:
                    await asyncio.sleep(0.02)
            yield exporter
        finally:
            task.cancel()
            await asyncio.wait([task])
