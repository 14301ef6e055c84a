"""One run of a fleet: start the hosts, start the exporter, wait for the first picture, measure rounds."""

import asyncio
import gzip
import http.client
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.fleet.hosts import address, name

INTERVAL_SECONDS: Final = 15
_PIPE: Final = asyncio.subprocess.PIPE
_SCRAPE_EVERY: Final = 0.2
_SCRAPED_ROUNDS: Final = 3
_LONGEST_START: Final = 240.0


@dataclass(frozen=True)
class Figures:
    """What a number of hosts cost: milliseconds of CPU a host and round, and so on."""

    hosts: int
    cpu_milliseconds: tuple[float, ...]
    """Of each round."""
    first_picture_seconds: float
    p99_milliseconds: float = 0.0
    scrapes: int = 0
    lag_milliseconds: float = 0.0
    lag_cpu_milliseconds: float = 0.0
    """The most CPU time that the exporter's threads took between two turns of a task: its own part of the lag."""
    megabytes: float = 0.0
    page_megabytes: float = 0.0


@asynccontextmanager
async def _child(*argv: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *argv, stdin=_PIPE, stdout=_PIPE)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, f"a process of the benchmark ended, exit {process.returncode}"
    return line.decode().strip()


async def _figures(process: asyncio.subprocess.Process, word: bytes = b"figures") -> dict[str, float]:
    assert process.stdin is not None
    process.stdin.write(word + b"\n")
    found: dict[str, float] = json.loads(await _line(process))
    return found


def _configuration(directory: Path, hosts: int, port: int) -> Path:
    entries = "".join(
        f"      - {{name: {name(number)}, address: {address(number)}, port: {port}}}\n" for number in range(hosts)
    )
    file = directory / "config.yaml"
    file.write_text(
        f"poll: {{interval: {INTERVAL_SECONDS}s, timeout: 14s}}\n"
        "domains:\n  - name: bench\n"
        f"    transport: {{kind: ssh, user: bench, identity_files: [{directory}/id], "
        f"known_hosts: {directory}/known_hosts}}\n    hosts:\n{entries}",
        encoding="utf-8",
    )
    return file


def _get(at: str, path: str) -> tuple[float, int, bytes]:
    connection = http.client.HTTPConnection(at, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    connection.close()
    return took, answer.status, body


async def _wait_for_every_host(at: str, hosts: int) -> None:
    """Wait until a page shows every host as up."""
    until = time.monotonic() + _LONGEST_START
    while time.monotonic() < until:
        _, _, body = await asyncio.to_thread(_get, at, "/metrics")
        up = [line for line in gzip.decompress(body).splitlines() if line.startswith(b"boks_host_up{")]
        if len(up) == hosts and all(line.endswith(b" 1.0") for line in up):
            return
        await asyncio.sleep(0.2)
    message = f"expected {hosts} hosts to be up within {_LONGEST_START:g} s"
    raise TimeoutError(message)


async def measure(hosts: int, rounds: int) -> Figures:
    """Measure one fleet."""
    with tempfile.TemporaryDirectory(prefix="boks-fleet-") as directory:
        where = Path(directory)
        async with _child("bench.fleet.hosts", str(hosts), directory) as servers:
            file = _configuration(where, hosts, int(await _line(servers)))
            began = time.perf_counter()
            async with _child("bench.fleet.exporter", str(file)) as exporter:
                at = (await _line(exporter)).removeprefix("http://").rstrip("/").partition("/")[0]
                await _wait_for_every_host(at, hosts)
                first_picture = time.perf_counter() - began
                await asyncio.sleep(2 * INTERVAL_SECONDS)
                cpu = tuple([await _cpu_of_a_round(exporter, at) / hosts * 1e3 for _ in range(rounds)])
                return await _measured(exporter, at, Figures(hosts, cpu, first_picture))


async def _cpu_of_a_round(exporter: asyncio.subprocess.Process, at: str) -> float:
    """Return the CPU seconds of one interval, in which the page is scraped once, as Prometheus does."""
    before = await _figures(exporter)
    await asyncio.to_thread(_get, at, "/metrics")
    await asyncio.sleep(INTERVAL_SECONDS)
    after = await _figures(exporter)
    return after["cpu"] - before["cpu"]


async def _measured(exporter: asyncio.subprocess.Process, at: str, figures: Figures) -> Figures:
    """Measure answers and the event loop while a client scrapes all the time."""
    await _figures(exporter, b"watch")
    scraping = asyncio.create_task(_scrapes(at))
    await asyncio.sleep(_SCRAPED_ROUNDS * INTERVAL_SECONDS)
    after = await _figures(exporter)
    scraping.cancel()
    took = sorted(await scraping)
    _, status, body = await asyncio.to_thread(_get, at, "/metrics")
    assert status == http.HTTPStatus.OK
    return replace(
        figures,
        p99_milliseconds=took[min(len(took) - 1, int(len(took) * 0.99))] * 1e3,
        scrapes=len(took),
        lag_milliseconds=after["lag"],
        lag_cpu_milliseconds=after["lag_cpu"],
        megabytes=after["megabytes"],
        page_megabytes=len(gzip.decompress(body)) / 1e6,
    )


async def _scrapes(at: str) -> list[float]:
    """Scrape until cancelled."""
    took = []
    try:
        while True:
            seconds, status, _ = await asyncio.to_thread(_get, at, "/metrics")
            assert status == http.HTTPStatus.OK
            took.append(seconds)
            await asyncio.sleep(_SCRAPE_EVERY)
    except asyncio.CancelledError:
        return took
