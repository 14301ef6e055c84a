"""Views of a domain after rounds with changes, polled without a network."""

import asyncio
import logging
from typing import Final

import structlog

from bench.fleet.hosts import address, name, reply
from boks_exporter.config import DomainSettings
from boks_exporter.exposition import DomainView, ExporterInfo
from boks_exporter.model import Host
from boks_exporter.observe import SystemClock
from boks_exporter.poller import DomainWatch
from boks_exporter.remote.request import RequestLine, new_nonce, request_line
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.base import RawReply

INFO: Final = ExporterInfo(version="bench", revision="bench", python="bench")
_AT_ONCE: Final = 50


class _Canned:
    """Answers as the hosts of a fleet do; `written` is the number of updates so far."""

    def __init__(self, hosts: int) -> None:
        self.numbers = {name(number): number for number in range(hosts)}
        self.written = 0

    async def ask(self, host: Host, request: RequestLine) -> RawReply:
        """Answer at once."""
        nonce = new_nonce()
        line = request_line(request, nonce)
        return RawReply(reply(line, self.numbers[host.name], len(self.numbers), self.written), b"", None, nonce)


def views_of_rounds(hosts: int, rounds: int) -> list[DomainView]:
    """Run rounds; in each one table has another number than in the last."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    known = tuple(Host(name(number), address(number)) for number in range(hosts))
    transport = _Canned(hosts)
    domain = DomainSettings(name="bench", transport=SshSettings(user="bench"), hosts=known)
    watch = DomainWatch(domain, transport, SystemClock())

    async def run() -> list[DomainView]:
        views = []
        for transport.written in range(rounds):
            views.append(await watch.run_round(asyncio.Semaphore(_AT_ONCE), 30.0))
        return views

    return asyncio.run(run())
