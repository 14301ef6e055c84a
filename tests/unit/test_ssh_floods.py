"""Hosts that flood a kept connection with packets that are no reply, between polls too."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from asyncssh.packet import Boolean, String

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, failure, ssh_server

FLOODS = {"ignored": (2, String(b"x" * 30_000)), "request": (80, String("x@x"), Boolean(False), b"x" * 30_000)}
"""MSG_IGNORE, and a global request that wants no answer."""
IGNORED = b"\0\0\0\x0c\x06\x02\0\0\0\0" + b"\0" * 6
"""The smallest MSG_IGNORE, as it is sent before the keys are exchanged."""


@pytest.mark.parametrize("packet", FLOODS.values(), ids=FLOODS)
async def test_a_flood_between_two_polls_closes_the_connection_and_is_reported_once(
    keys: Keys, packet: tuple[Any, ...]
) -> None:
    """Packets that asyncssh ignores are counted as well; the poll after the reported one connects again."""
    settings = keys.settings(max_reply_bytes=100_000)
    async with ssh_server(keys) as server:
        transport = SshTransport(settings, timeout_seconds=20, interval_seconds=30)
        await transport.ask(server.host, ROLE)
        (connection,) = server.connections
        async with asyncio.timeout(20):
            while not connection.is_closed():
                connection.send_packet(*packet)
                await asyncio.sleep(0.01)
        failed = await failure(transport, server.host)
        assert failed.reason is FailureReason.TOO_LARGE
        assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
        assert transport.reconnects(server.host.name) == 1
        await transport.aclose()


async def test_a_flood_from_behind_a_jump_host_closes_the_connection_of_its_host_alone(keys: Keys) -> None:
    packet = FLOODS["ignored"]
    async with ssh_server(keys) as jump, ssh_server(keys) as server, ssh_server(keys) as other:
        settings = keys.settings(max_reply_bytes=100_000, jump_host=f"127.0.0.1:{jump.port}")
        transport = SshTransport(settings, timeout_seconds=20, interval_seconds=30)
        for each in (server, other):
            await transport.ask(each.host, ROLE)
        (connection,) = server.connections
        async with asyncio.timeout(20):
            while not connection.is_closed():
                connection.send_packet(*packet)
                await asyncio.sleep(0.01)
        assert (await failure(transport, server.host)).reason is FailureReason.TOO_LARGE
        assert (await transport.ask(other.host, ROLE)).stdout == ANSWER
        assert (jump.logins, transport.reconnects(other.host.name)) == (1, 0)
        await transport.aclose()


async def test_a_flood_before_the_login_ends_it(keys: Keys) -> None:
    """Of small packets, which cost the most; a poll of six seconds took fifteen, and all others waited for it."""

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(IGNORED * 1000)
                await writer.drain()

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        keys.knows(port)
        transport = SshTransport(keys.settings(), timeout_seconds=60)
        failed = await failure(transport, Host("h", "127.0.0.1", port))
        await transport.aclose()
    assert failed.reason is FailureReason.TOO_LARGE


async def test_replies_of_the_largest_size_are_no_flood(keys: Keys) -> None:
    """What the settings allow as a reply is within the budget."""

    async def large(process: Any) -> None:
        process.stdout.write(b"=boks-gate/1 " + b"x" * 90_000 + b"\n")
        process.exit(0)

    async with ssh_server(keys, large) as server:
        transport = SshTransport(keys.settings(max_reply_bytes=100_000), timeout_seconds=20, interval_seconds=3)
        for _ in range(4):
            await transport.ask(server.host, ROLE)
            await asyncio.sleep(1.1)
        assert transport.reconnects(server.host.name) == 0
        await transport.aclose()


async def test_a_host_that_only_compresses_is_refused_before_any_login(keys: Keys) -> None:
    """A packet of 30 kB could otherwise expand to 31 MB."""
    async with ssh_server(keys, compression_algs=["zlib@openssh.com"]) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        failed = await failure(transport, server.host)
        await transport.aclose()
    assert failed.reason is FailureReason.CONNECT
    assert server.logins == 0


@pytest.mark.parametrize("others", [[], ["diffie-hellman-group14-sha1"]])
async def test_no_host_chooses_the_group_of_the_key_exchange(keys: Keys, others: list[str]) -> None:
    """To check an unknown group of 8192 bits takes half a minute, in which not even a scrape is answered."""
    chosen = "diffie-hellman-group-exchange-sha256"
    async with ssh_server(keys, kex_algs=[chosen, *others]) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        failed = await failure(transport, server.host)
        await transport.aclose()
    assert failed.reason is FailureReason.CONNECT
    assert f"kex: [+{(others or [chosen])[0]}]" in failed.detail


async def test_an_openssh_configuration_does_not_switch_compression_on(keys: Keys) -> None:
    """Nor does a host that would compress and need not."""
    config = keys.directory / "ssh_config"
    config.write_text("Compression yes\n")
    async with ssh_server(keys, compression_algs=["zlib@openssh.com", "none"]) as server:
        transport = SshTransport(keys.settings(openssh_config=config), timeout_seconds=20)
        await transport.ask(server.host, ROLE)
        (connection,) = server.connections
        assert connection.get_extra_info("send_compression") == "none"
        await transport.aclose()
