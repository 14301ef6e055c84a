"""The SSH transport: one deadline for the whole exchange, and no leftovers at its end."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh import connect as connect_module
from boks_exporter.transport.ssh import transport as transport_module
from tests.unit.ssh_servers import (
    ANSWER,
    ROLE,
    Keys,
    echo_request,
    failure,
    hang,
    open_transport,
    remaining_tasks,
    ssh_server,
    trickle,
)

PATIENT = 20.0
SHORT = 0.3
REPLY = RawReply(ANSWER, b"", 0)


# -- the deadline -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["silent", "auth", "channel", "hang", "trickle"])
async def test_one_deadline_covers_every_stage(keys: Keys, stage: str) -> None:
    """A server that is silent, hangs in the login, opens no channel or never ends is a time-out."""
    programs: dict[str, Any] = {"hang": hang, "trickle": trickle}
    servers: dict[str, Any] = {"auth": {"stops_at": "auth"}, "channel": {"stops_at": "channel"}}
    if stage == "silent":
        async with _silent_listener() as host, open_transport(keys.settings(), SHORT) as transport:
            keys.knows(host.port)
            failed = await failure(transport, host)
    else:
        running = ssh_server(keys, **servers[stage]) if stage in servers else ssh_server(keys, programs[stage])
        async with running as server, open_transport(keys.settings(), SHORT) as transport:
            failed = await failure(transport, server.host)
    assert (failed.reason, failed.detail) == (FailureReason.TIMEOUT, "no complete reply within 0.3 s")
    assert await remaining_tasks() == []


@asynccontextmanager
async def _silent_listener() -> AsyncIterator[Host]:
    writers = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.read()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield Host("silent", "127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


async def test_the_deadline_covers_waiting_for_a_place_to_log_in(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that waits behind hanging logins also ends in time, and its own login was never tried."""
    monkeypatch.setattr(transport_module, "CONCURRENT_LOGINS", 1)
    servers = ssh_server(keys, stops_at="auth"), ssh_server(keys)
    async with servers[0] as slow, servers[1] as quick, open_transport(keys.settings(), SHORT) as transport:
        failed = await asyncio.gather(failure(transport, slow.host), failure(transport, quick.host))
    assert [error.reason for error in failed] == [FailureReason.TIMEOUT] * 2
    assert quick.attempts == 0


async def test_after_a_time_out_another_connection_is_tried_and_the_kept_one_stays(keys: Keys) -> None:
    """The host may refuse new logins: a connection is closed only when another one has answered."""
    is_stuck = True

    async def sometimes(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        await (hang if is_stuck else echo_request)(process)

    async with ssh_server(keys, sometimes) as server, open_transport(keys.settings(), 2.0) as transport:
        assert (await failure(transport, server.host)).reason is FailureReason.TIMEOUT
        assert repr(transport) == "<SshTransport boksmon@ 1/1 connected>"
        async with asyncio.timeout(PATIENT):
            while server.logins < 2:
                await asyncio.sleep(0.01)
        is_stuck = False
        assert await transport.ask(server.host, ROLE) == REPLY
        assert transport.reconnects(server.host.name) == 1
        async with asyncio.timeout(PATIENT):
            await server.connections[0].wait_closed()
        assert await transport.ask(server.host, ROLE) == REPLY
        assert server.logins == 2


async def test_a_hanging_host_does_not_delay_the_others(keys: Keys) -> None:
    """While one host hangs, another host is polled several times."""
    async with ssh_server(keys, hang) as stuck, ssh_server(keys) as well, open_transport(keys.settings()) as transport:
        waiting = asyncio.create_task(transport.ask(stuck.host, ROLE))
        replies = [await transport.ask(well.host, ROLE) for _ in range(5)]
        assert replies == [REPLY] * 5
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_the_number_of_simultaneous_logins_is_limited(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round over many hosts starts only a few logins at the same time."""
    monkeypatch.setattr(transport_module, "CONCURRENT_LOGINS", 2)
    monkeypatch.setattr(connect_module, "_JITTER_SECONDS", 0.0)
    async with ssh_server(keys, stops_at="a moment") as server, open_transport(keys.settings()) as transport:
        hosts = [Host(f"h{number}", "127.0.0.1", server.port) for number in range(8)]
        replies = await asyncio.gather(*(transport.ask(host, ROLE) for host in hosts))
    assert replies == [REPLY] * 8
    assert (server.logins, server.busiest) == (8, 2)


# -- the end ----------------------------------------------------------------------------------------------------------


async def test_cancelling_leaves_no_task_and_no_channel(keys: Keys) -> None:
    """A round that is cancelled at any stage leaves no task; only a connection that had answered is kept."""
    for how in ({"stops_at": "auth"}, {"stops_at": "channel"}, {"program": hang}):
        async with ssh_server(keys, **how) as server, open_transport(keys.settings()) as transport:
            asked = asyncio.create_task(transport.ask(server.host, ROLE))
            while not (server.logins or (how.get("stops_at") == "auth" and server.attempts)):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            kept = "1" if how.get("program") else "0"
            assert repr(transport) == f"<SshTransport boksmon@ {kept}/1 connected>"
        assert await remaining_tasks() == []
        gc.collect()


async def test_a_cancelled_wait_leaves_the_other_exchange_alone(keys: Keys) -> None:
    """Two requests to one host are serialised; cancelling the second does not stop the first."""
    release = asyncio.Event()

    async def slow(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        await release.wait()
        process.exit(0)

    async with ssh_server(keys, slow) as server, open_transport(keys.settings()) as transport:
        first = asyncio.create_task(transport.ask(server.host, ROLE))
        second = asyncio.create_task(transport.ask(server.host, ROLE))
        while not server.logins:
            await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.wait([second])
        release.set()
        assert (await first).exit_status == 0


async def test_reload_keeps_the_connections_of_unchanged_hosts_and_closes_the_others(keys: Keys) -> None:
    """`retain` disconnects hosts that were removed or moved, and restarts the count of their connections."""
    async with ssh_server(keys) as stays, ssh_server(keys) as leaves, open_transport(keys.settings()) as transport:
        for server in (stays, leaves):
            await transport.ask(server.host, ROLE)
        await transport.retain([stays.host])
        assert repr(transport) == "<SshTransport boksmon@ 1/1 connected>"
        for server in (stays, leaves):
            await transport.ask(server.host, ROLE)
        assert (stays.logins, leaves.logins, transport.reconnects(leaves.host.name)) == (1, 2, 0)


@pytest.mark.parametrize("stage", ["login", "command"])
async def test_an_exchange_cut_by_a_reload_is_cancelled_and_no_failure_of_the_host(keys: Keys, stage: str) -> None:
    """Removing a host from the configuration during its exchange is no failure of the host."""
    reached = asyncio.Event()

    async def hold(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        reached.set()
        await asyncio.Event().wait()

    async with ssh_server(keys, hold) as server, open_transport(keys.settings()) as transport:
        asked = asyncio.create_task(failure(transport, server.host))
        if stage == "command":
            await reached.wait()
        else:
            await asyncio.sleep(0)
        await transport.retain([])
        assert (await asked).reason is FailureReason.CANCELLED
        assert repr(transport) == "<SshTransport boksmon@ 0/0 connected>"


async def test_closing_disconnects_properly(keys: Keys) -> None:
    """The log of sshd on the hosts shows a client that disconnected, not a reset connection."""
    async with ssh_server(keys) as server:
        async with open_transport(keys.settings()) as transport:
            await transport.ask(server.host, ROLE)
            (connection,) = server.connections
            lost: list[Exception | None] = []
            connection.get_owner().connection_lost = lost.append
        async with asyncio.timeout(PATIENT):
            await connection.wait_closed()
    assert lost == [None]
    assert await remaining_tasks() == []
