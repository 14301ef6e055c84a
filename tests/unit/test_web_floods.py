"""Floods of connections at the port: a client that comes after a thousand others is answered soon."""

import asyncio
import socket
from contextlib import ExitStack
from typing import Any

from boks_exporter.web.acceptor import Acceptor, ConnectionLimits
from boks_exporter.web.guarded_connection import GuardedConnection
from boks_exporter.web.listen import sockets_for
from boks_exporter.web.rate_limit import client_key
from boks_exporter.web.request_head import Refusals

FEW = ConnectionLimits(total=8, per_address=8)


async def test_a_client_costs_nothing_before_it_has_sent_something() -> None:
    """A thousand silent connections are accepted within milliseconds, before the scrape that comes after them."""
    made: list[asyncio.Protocol] = []

    def make() -> asyncio.Protocol:
        made.append(asyncio.Protocol())
        return made[-1]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = [socket.create_connection(listening.getsockname()) for _ in range(3)]
        acceptor = Acceptor(make, Refusals(dict), FEW, None)
        acceptor.listen(listening)
        async with asyncio.timeout(20):
            while len(acceptor._open) < len(silent):
                await asyncio.sleep(0)
            assert made == []
            silent[1].send(b"GET")
            while not made:
                await asyncio.sleep(0)
        await acceptor.close()
        for each in silent:
            each.close()
    assert len(made) == 1


async def test_a_flood_from_one_address_delays_no_other() -> None:
    """The newest client of each address is served first, before older ones of an address with many."""
    served: list[str] = []

    class Noting(Acceptor):
        async def _serve(self, entry: Any) -> None:
            served.append(entry.key)
            await super()._serve(entry)

    limits = ConnectionLimits(total=100, per_address=100)
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
        port = listening.getsockname()[1]
        waiting = [socket.create_connection((place, port)) for place in (*["127.0.0.1"] * 60, "::1")]
        for each in waiting:
            each.send(b"GET")
        acceptor = Noting(asyncio.Protocol, Refusals(dict), limits, None)
        acceptor.listen(listening)
        async with asyncio.timeout(20):
            while len(served) < len(waiting):
                await asyncio.sleep(0)
        await acceptor.close()
        for each in waiting:
            each.close()
    assert served.index(client_key("::1")) < len(waiting) // 2


def test_more_clients_than_a_flood_has_wait_to_be_accepted() -> None:
    """Where no place is left the kernel ignores a client, which tries again a second later."""
    (listening,) = sockets_for(["127.0.0.1:0"])
    with listening, ExitStack() as opened:
        for _ in range(400):
            opened.enter_context(socket.create_connection(listening.getsockname(), timeout=20))


async def test_a_client_that_is_late_and_gone_is_no_error() -> None:
    """A transport of uvloop raises on a connection that the client has just closed."""

    class Gone(asyncio.Transport):
        def is_closing(self) -> bool:
            return False

        def write(self, data: object) -> None:
            raise RuntimeError(data)

        def close(self) -> None:
            closed.append(self)

    closed: list[Gone] = []
    guarded = GuardedConnection(asyncio.Protocol(), Refusals(dict), lambda: None, "192.0.2.1", (0.0, 0.0))
    guarded.connection_made(Gone())
    async with asyncio.timeout(20):
        while not closed:
            await asyncio.sleep(0)
    guarded.connection_lost(None)
