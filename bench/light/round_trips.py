"""Round trips of a poll on a kept connection: how often the client has to wait for the host, counted between both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bench.light.cpu_accounts import CpuAccount
from bench.light.hosts import Hosts
from bench.light.polling_methods import CONN_RUN, CONTROL_MASTER, TRANSPORT, polling_methods

_WARM_UP: Final = 2
_POLLS: Final = 10
_CLIENT, _HOST = "client", "host"


@dataclass
class _Relay:
    """Passes on what both sides send, and counts how often the client sends something after the host has."""

    address: str
    port: int
    turns: int = 0
    last: str = _HOST

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection to its end."""
        of_host = await asyncio.open_connection(self.address, self.port)
        await asyncio.gather(self._pass_on(reader, of_host[1], _CLIENT), self._pass_on(of_host[0], writer, _HOST))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, side: str) -> None:
        while data := await reader.read(65536):
            self.turns += side == _CLIENT and self.last == _HOST
            self.last = side
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def _relayed(hosts: Hosts) -> AsyncIterator[tuple[_Relay, Hosts]]:
    """Put a relay in front of one host; yield it with the host as its clients reach it."""
    relay = _Relay(hosts.addresses[-1], hosts.port)
    async with await asyncio.start_server(relay.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        key = hosts.known_hosts.read_text().splitlines()[0].partition(" ")[2]
        with hosts.known_hosts.open("a") as file:
            file.write(f"[127.0.0.1]:{port} {key}\n")
        yield relay, replace(hosts, addresses=["127.0.0.1"], port=port)


async def round_trips(hosts: Hosts, client: CpuAccount) -> dict[str, float]:
    """Return the round trips of a poll in each way that keeps a connection."""
    found = {}
    async with _relayed(hosts) as (relay, behind):
        for name in (TRANSPORT, CONN_RUN, CONTROL_MASTER):
            async with polling_methods(behind, client)[name]() as way:
                for _ in range(_WARM_UP):
                    await way.round_of_polls()
                before = relay.turns
                for _ in range(_POLLS):
                    await way.round_of_polls()
                found[name] = (relay.turns - before) / _POLLS
    return found
