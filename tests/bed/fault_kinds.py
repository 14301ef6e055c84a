"""What the bed does to hosts, lines, names and the exporter. Each fault lasts as long as its block."""

import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from boks_exporter.model import HostName
from tests.bed.bed import Bed
from tests.bed.layout import SITE_OF, WATCHERS, address
from tests.bed.name_server import Answers

_WRONG_SECONDS: Final = 3600
_LOST_PERCENT: Final = 25
_DELAY_SECONDS: Final = 0.04
_MAX_STARTUPS: Final = 3
_MEMORY: Final = 24 * 2**20


@asynccontextmanager
async def link_down(bed: Bed, host: HostName) -> AsyncIterator[None]:
    await bed.network.set_line(host, "down")
    yield
    await bed.network.set_line(host, "up")


@asynccontextmanager
async def half_open(bed: Bed, host: HostName) -> AsyncIterator[None]:
    """The host restarts and forgets its connections; what would tell the exporter so is lost."""
    async with bed.network.sending(host, "tcp flags & (fin|rst) != 0 drop"):
        await bed.hosts.kill(host)
        await bed.hosts.start(host)
        yield


@asynccontextmanager
async def loss(bed: Bed, host: HostName) -> AsyncIterator[None]:
    own = bed.network.address(host)
    rules = (f"ip {end} {own} numgen random mod 100 < {_LOST_PERCENT} drop" for end in ("saddr", "daddr"))
    async with bed.network.forwarding(SITE_OF[host], *rules):
        yield


@asynccontextmanager
async def delay(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    bed.slow_line.delay_seconds = _DELAY_SECONDS
    yield
    bed.slow_line.delay_seconds = 0.0


@asynccontextmanager
async def replies_lost(bed: Bed, host: HostName) -> AsyncIterator[None]:
    async with bed.network.forwarding(SITE_OF[host], f"ip saddr {bed.network.address(host)} drop"):
        yield


@asynccontextmanager
async def requests_lost(bed: Bed, host: HostName) -> AsyncIterator[None]:
    async with bed.network.forwarding(SITE_OF[host], f"ip daddr {bed.network.address(host)} drop"):
        yield


@asynccontextmanager
async def site_cut(bed: Bed, host: HostName) -> AsyncIterator[None]:
    async with bed.network.forwarding(SITE_OF[host], "drop"):
        yield


@asynccontextmanager
async def sshd_killed(bed: Bed, host: HostName) -> AsyncIterator[None]:
    await bed.hosts.kill(host)
    yield
    await bed.hosts.start(host)


@asynccontextmanager
async def sshd_frozen(bed: Bed, host: HostName) -> AsyncIterator[None]:
    await bed.hosts.daemons[host].send_signal(signal.SIGSTOP)
    yield
    await bed.hosts.daemons[host].send_signal(signal.SIGCONT)


@asynccontextmanager
async def start_slots_taken(bed: Bed, host: HostName) -> AsyncIterator[None]:
    """Connections that never log in fill MaxStartups; the exporter's own was cut, and it comes too late for another."""
    to = bed.network.address(host)
    async with bed.network.forwarding(SITE_OF[host], f"ip saddr {address(WATCHERS)} ip daddr {to} drop"):
        await bed.hosts.start(host, max_startups=str(_MAX_STARTUPS))
        taken = [socket.create_connection((to, 22), 10) for _ in range(_MAX_STARTUPS)]
    try:
        yield
    finally:
        for each in taken:
            each.close()
    await bed.hosts.start(host)


@asynccontextmanager
async def new_address(bed: Bed, host: HostName) -> AsyncIterator[None]:
    await bed.hosts.kill(host)
    await bed.network.move(host)
    await bed.hosts.start(host)
    yield


@asynccontextmanager
async def other_host_key(bed: Bed, host: HostName) -> AsyncIterator[None]:
    await bed.hosts.start(host, other_key=True)
    yield
    await bed.hosts.start(host)


@asynccontextmanager
async def login_refused(bed: Bed, host: HostName) -> AsyncIterator[None]:
    with bed.hosts.first_key_removed(host):
        await bed.hosts.start(host)
        yield
        bed.attempts[host] = bed.hosts.refused(host)


@asynccontextmanager
async def host_disk_full(bed: Bed, host: HostName) -> AsyncIterator[None]:
    with _full(bed.hosts.tree.hosts[host].state):
        await bed.hosts.daemons[host].sever()
        yield


@asynccontextmanager
async def host_clock(bed: Bed, host: HostName) -> AsyncIterator[None]:
    bed.hosts.set_clock(host, _WRONG_SECONDS)
    yield
    bed.hosts.set_clock(host, 0)


@asynccontextmanager
async def names_silent(bed: Bed, host: HostName) -> AsyncIterator[None]:
    async with _answers(bed, host, Answers.NONE):
        yield


@asynccontextmanager
async def names_wrong(bed: Bed, host: HostName) -> AsyncIterator[None]:
    async with _answers(bed, host, Answers.WRONG):
        yield


@asynccontextmanager
async def _answers(bed: Bed, host: HostName, answers: Answers) -> AsyncIterator[None]:
    """Only the host whose connection is cut needs its name."""
    bed.names.answers = answers
    await bed.hosts.daemons[host].sever()
    yield
    bed.names.answers = Answers.RIGHT


@asynccontextmanager
async def exporter_disk_full(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    with _full(bed.exporter.disk):
        yield


@asynccontextmanager
async def exporter_descriptors(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    with bed.exporter.few_descriptors(2):
        yield


@asynccontextmanager
async def exporter_memory(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    bed.exporter.memory.set_limit(_MEMORY)
    yield
    bed.exporter.memory.set_limit(None)


@asynccontextmanager
async def exporter_clock_ahead(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    bed.exporter.set_clock(_WRONG_SECONDS)
    yield
    bed.exporter.set_clock(0)


@asynccontextmanager
async def exporter_frozen(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    bed.exporter.send_signal(signal.SIGSTOP)
    yield
    bed.exporter.send_signal(signal.SIGCONT)


@asynccontextmanager
async def exporter_killed(bed: Bed, _host: HostName) -> AsyncIterator[None]:
    """It starts again, as systemd would start it, and answers when the fault ends."""
    await bed.exporter.stop(signal.SIGKILL)
    yield
    await bed.start_exporter()


@contextmanager
def _full(directory: Path) -> Iterator[None]:
    """Fill a file system to its last byte."""
    ballast = directory / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        pass
    try:
        yield
    finally:
        ballast.unlink()
