"""The SSH transport: one deadline for everything, and an end that leaves nothing behind."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh import transport as transport_module
from tests.unit.ssh_servers import ROLE, Keys, asking, failure, hang, settled, ssh_server, trickle

PATIENT = 20.0
SHORT = 0.3
HELLO = RawReply(b"asked: boks-gate/1 role\n", b"", 0)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.make(tmp_path)


# -- the deadline -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["silent", "auth", "channel", "hang", "trickle"])
async def test_one_deadline_covers_every_stage(keys: Keys, stage: str) -> None:
    """Whoever accepts and says nothing, hangs in the login, opens no channel, or never ends: it is a time-out."""
    programs: dict[str, Any] = {"hang": hang, "trickle": trickle}
    servers: dict[str, Any] = {"auth": {"stops_at": "auth"}, "channel": {"stops_at": "channel"}}
    if stage == "silent":
        async with _silent_listener() as host, asking(keys.settings(), SHORT) as transport:
            failed = await failure(transport, host)
    else:
        server = ssh_server(keys, **servers[stage]) if stage in servers else ssh_server(keys, programs[stage])
        async with server as door, asking(keys.settings(), SHORT) as transport:
            failed = await failure(transport, door.host)
    assert (failed.reason, failed.detail) == (FailureReason.TIMEOUT, "no whole answer within 0.3 s")
    assert await settled() == []


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
    """A host that waits behind hanging log-ins ends in time, too, and its own login was never tried."""
    monkeypatch.setattr(transport_module, "DIALS_AT_ONCE", 1)
    servers = ssh_server(keys, stops_at="auth"), ssh_server(keys)
    async with servers[0] as slow, servers[1] as quick, asking(keys.settings(), SHORT) as transport:
        failed = await asyncio.gather(failure(transport, slow.host), failure(transport, quick.host))
    assert [error.reason for error in failed] == [FailureReason.TIMEOUT] * 2
    assert quick.attempts == 0


async def test_a_time_out_closes_the_connection_and_the_next_round_connects_anew(keys: Keys) -> None:
    """An answer that comes late is never taken for the answer to the next request."""
    async with ssh_server(keys, hang) as door, asking(keys.settings(), SHORT) as transport:
        await failure(transport, door.host)
        assert repr(transport) == "<SshTransport boksmon@ 0/1 connected>"
        await failure(transport, door.host)
        assert (door.logins, transport.reconnects(door.host.name)) == (2, 1)


async def test_a_hanging_host_costs_the_others_nothing(keys: Keys) -> None:
    """While one host hangs, another one is asked again and again."""
    async with ssh_server(keys, hang) as stuck, ssh_server(keys) as well, asking(keys.settings()) as transport:
        waiting = asyncio.create_task(transport.ask(stuck.host, ROLE))
        replies = [await transport.ask(well.host, ROLE) for _ in range(5)]
        assert replies == [HELLO] * 5
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_only_so_many_log_in_at_the_same_time(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round over many hosts does not knock at all doors at once."""
    monkeypatch.setattr(transport_module, "DIALS_AT_ONCE", 2)
    monkeypatch.setattr(transport_module, "_JITTER_SECONDS", 0.0)
    async with ssh_server(keys, stops_at="a moment") as door, asking(keys.settings()) as transport:
        hosts = [Host(f"h{number}", "127.0.0.1", door.port) for number in range(8)]
        replies = await asyncio.gather(*(transport.ask(host, ROLE) for host in hosts))
    assert replies == [HELLO] * 8
    assert (door.logins, door.busiest) == (8, 2)


# -- the end ----------------------------------------------------------------------------------------------------------


async def test_cancelling_leaves_no_task_and_no_connection(keys: Keys) -> None:
    """A round that is cut short in any stage leaves nothing behind."""
    for how in ({"stops_at": "auth"}, {"stops_at": "channel"}, {"program": hang}):
        async with ssh_server(keys, **how) as door, asking(keys.settings()) as transport:
            asked = asyncio.create_task(transport.ask(door.host, ROLE))
            while not (door.logins or (how.get("stops_at") == "auth" and door.attempts)):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            assert repr(transport) == "<SshTransport boksmon@ 0/1 connected>"
        assert await settled() == []
        gc.collect()


async def test_a_cancelled_wait_leaves_the_other_exchange_alone(keys: Keys) -> None:
    """Two requests to one host take turns; giving up the second does not cut the first."""
    release = asyncio.Event()

    async def slow(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        await release.wait()
        process.exit(0)

    async with ssh_server(keys, slow) as door, asking(keys.settings()) as transport:
        first = asyncio.create_task(transport.ask(door.host, ROLE))
        second = asyncio.create_task(transport.ask(door.host, ROLE))
        while not door.logins:
            await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.wait([second])
        release.set()
        assert (await first).exit_status == 0


async def test_reload_keeps_the_connections_of_unchanged_hosts_and_closes_the_others(keys: Keys) -> None:
    """`retain` says goodbye to hosts that left or moved, and counts their connections from the beginning."""
    async with ssh_server(keys) as stays, ssh_server(keys) as leaves, asking(keys.settings()) as transport:
        for door in (stays, leaves):
            await transport.ask(door.host, ROLE)
        await transport.retain([stays.host])
        assert repr(transport) == "<SshTransport boksmon@ 1/1 connected>"
        for door in (stays, leaves):
            await transport.ask(door.host, ROLE)
        assert (stays.logins, leaves.logins, transport.reconnects(leaves.host.name)) == (1, 2, 0)


@pytest.mark.parametrize("stage", ["login", "command"])
async def test_an_exchange_cut_by_a_reload_is_cancelled_and_no_failure_of_the_host(keys: Keys, stage: str) -> None:
    """A host that leaves the configuration in the middle of a round is not blamed for it."""
    reached = asyncio.Event()

    async def hold(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        reached.set()
        await asyncio.Event().wait()

    async with ssh_server(keys, hold) as door, asking(keys.settings()) as transport:
        asked = asyncio.create_task(failure(transport, door.host))
        if stage == "command":
            await reached.wait()
        else:
            await asyncio.sleep(0)
        await transport.retain([])
        assert (await asked).reason is FailureReason.CANCELLED
        assert repr(transport) == "<SshTransport boksmon@ 0/0 connected>"


async def test_closing_says_goodbye(keys: Keys) -> None:
    """The log of sshd on the hosts shows a client that disconnected, not a connection that was reset."""
    async with ssh_server(keys) as door:
        async with asking(keys.settings()) as transport:
            await transport.ask(door.host, ROLE)
            (connection,) = door.connections
            lost: list[Exception | None] = []
            connection.get_owner().connection_lost = lost.append
        async with asyncio.timeout(PATIENT):
            await connection.wait_closed()
    assert lost == [None]
    assert await settled() == []
