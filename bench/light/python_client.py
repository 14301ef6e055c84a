"""Poll all hosts once for each line on standard input, and answer each line when every host has replied.

All ways run on the event loop and with the garbage collector's settings of the daemon, that of the peer included.
Arguments: the way (`transport`, `exporter`, `every-section` or `conn_run`), the user, key, known_hosts and port, then
the addresses.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncssh
import structlog

from boks_exporter.app.event_loop import make_runner, spare_collections
from boks_exporter.config import DomainSettings
from boks_exporter.model import Host, HostName, Section
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh import SshTransport

_SECTIONS: Final = Request((Section.ROLE, Section.SEQUENCE, Section.LIST))
_TIMEOUT_SECONDS: Final = 60.0
_INTERVAL_SECONDS: Final = 30.0
_NEVER_AGAIN_SECONDS: Final = 1e9
"""The interval of the rare sections: they are polled in the warm-up, and their cost is measured by `every-section`."""
_AT_ONCE: Final = 50
_Round = Callable[[], Awaitable[None]]


async def transport(settings: SshSettings, hosts: tuple[Host, ...]) -> _Round:
    """The exporter's transport alone: replies are not parsed."""
    ways = SshTransport(settings, timeout_seconds=_TIMEOUT_SECONDS)
    ways.set_interval(_INTERVAL_SECONDS)

    async def round_of_polls() -> None:
        for reply in await asyncio.gather(*(ways.ask(host, _SECTIONS) for host in hosts)):
            assert b"T29 " in reply.stdout, reply

    return round_of_polls


async def exporter(settings: SshSettings, hosts: tuple[Host, ...], *, every_section: bool = False) -> _Round:
    """A whole round of a domain: poll, parse, compare, judge."""
    ways = SshTransport(settings, timeout_seconds=_TIMEOUT_SECONDS)
    ways.set_interval(_INTERVAL_SECONDS)
    watch = DomainWatch(DomainSettings(name="bench", transport=settings, hosts=hosts), ways, SystemClock())
    watch.rare.interval = 0.0 if every_section else _NEVER_AGAIN_SECONDS
    limiter = asyncio.Semaphore(_AT_ONCE)

    async def round_of_polls() -> None:
        view = await watch.run_round(limiter, _TIMEOUT_SECONDS)
        assert len(list(view.snapshot.observed())) == len(hosts), view.snapshot.outcomes

    return round_of_polls


async def conn_run(settings: SshSettings, hosts: tuple[Host, ...], boksadm: str) -> _Round:
    """Asyncssh as its documentation shows it, on kept connections."""
    connections = [
        await asyncssh.connect(
            host.address,
            host.port,
            username=settings.user,
            client_keys=[str(file) for file in settings.identity_files],
            known_hosts=str(settings.known_hosts),
            config=None,
        )
        for host in hosts
    ]

    async def round_of_polls() -> None:
        command = f"{boksadm} -S boksdiag list; {boksadm} -S boksdiag sequence"
        for result in await asyncio.gather(*(each.run(command) for each in connections)):
            assert "T29 " in str(result.stdout), result

    return round_of_polls


async def main() -> None:
    """Answer lines until standard input ends."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    way, user, key, known_hosts, port, boksadm, *addresses = sys.argv[1:]
    settings = SshSettings(user=user, identity_files=(Path(key),), known_hosts=Path(known_hosts))
    hosts = tuple(Host(HostName(f"HOST{number}"), address, int(port)) for number, address in enumerate(addresses, 1))
    if way == "conn_run":
        round_of_polls = await conn_run(settings, hosts, boksadm)
    elif way == "transport":
        round_of_polls = await transport(settings, hosts)
    else:
        round_of_polls = await exporter(settings, hosts, every_section=way == "every-section")
    while await asyncio.to_thread(sys.stdin.readline):
        await round_of_polls()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    spare_collections()
    with make_runner() as runner:
        runner.run(main())
