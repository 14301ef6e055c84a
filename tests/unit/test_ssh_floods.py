"""Hosts that flood a kept connection with packets that are no reply, between polls too."""

import asyncio
from pathlib import Path

import pytest
from asyncssh.packet import String

from boks_exporter.errors import FailureReason
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, failure, ssh_server

MSG_IGNORE = 2


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.make(tmp_path)


async def test_a_flood_between_two_polls_closes_the_connection_and_is_reported_once(keys: Keys) -> None:
    """Packets that asyncssh ignores are counted as well; the poll after the reported one connects again."""
    settings = keys.settings(max_reply_bytes=100_000)
    async with ssh_server(keys) as server:
        transport = SshTransport(settings, timeout_seconds=20, interval_seconds=30)
        await transport.ask(server.host, ROLE)
        (connection,) = server.connections
        async with asyncio.timeout(20):
            while not connection.is_closed():
                connection.send_packet(MSG_IGNORE, String(b"x" * 30_000))
                await asyncio.sleep(0.01)
        failed = await failure(transport, server.host)
        assert failed.reason is FailureReason.TOO_LARGE
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        assert transport.reconnects(server.host.name) == 1
        await transport.aclose()


async def test_replies_of_the_largest_size_are_no_flood(keys: Keys) -> None:
    """What the settings allow as a reply is within the budget."""

    async def large(process: object) -> None:
        process.stdout.write(b"=boks-gate/1 " + b"x" * 90_000 + b"\n")  # type: ignore[attr-defined]
        process.exit(0)  # type: ignore[attr-defined]

    async with ssh_server(keys, large) as server:
        transport = SshTransport(keys.settings(max_reply_bytes=100_000), timeout_seconds=20, interval_seconds=3)
        for _ in range(4):
            await transport.ask(server.host, ROLE)
            await asyncio.sleep(1.1)
        assert transport.reconnects(server.host.name) == 0
        await transport.aclose()
