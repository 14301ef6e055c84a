"""The SSH transport: exchanges, kept connections, deadlines and their end."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.settings import GateMode, RemotePaths, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh import transport as transport_module
from tests.unit.ssh_servers import ROLE, Keys, hang, ssh_server, trickle

PATIENT = 20.0
SHORT = 0.3
HELLO = RawReply(b"asked: boks-gate/1 role\n", b"", 0)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.make(tmp_path)


@asynccontextmanager
async def asking(settings: SshSettings, timeout_seconds: float = PATIENT) -> AsyncIterator[SshTransport]:
    transport = SshTransport(settings, timeout_seconds=timeout_seconds)
    try:
        yield transport
    finally:
        await transport.aclose()


async def failure(transport: SshTransport, host: Host) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await transport.ask(host, ROLE)
    return failed.value


async def settled() -> list[str]:
    """Let what was cancelled or closed end, and name the tasks that are left beside this one."""
    for _ in range(50):
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if not others:
            return []
        await asyncio.sleep(0.01)
    return [repr(task) for task in others]


# -- an exchange ------------------------------------------------------------------------------------------------------


async def test_the_request_line_is_the_command(keys: Keys) -> None:
    """An installed gate gets the request as the command, and nothing on its standard input."""
    async with ssh_server(keys) as door, asking(keys.settings()) as transport:
        assert await transport.ask(door.host, ROLE) == HELLO


async def test_the_gate_is_sent_along_where_it_is_not_installed(keys: Keys) -> None:
    """With `gate: sent` the script is standard input of `sh -s`, with the paths of the settings."""

    async def echo(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(f"{process.command}\n".encode() + await process.stdin.read())
        process.exit(3)

    settings = keys.settings(gate=GateMode.SENT, paths=RemotePaths(boks_etc="/elsewhere"))
    async with ssh_server(keys, echo) as door, asking(settings) as transport:
        reply = await transport.ask(door.host, ROLE)
    assert reply == RawReply(b"sh -s -- boks-gate/1 role\n" + sent_script(settings.paths), b"", 3)


async def test_a_failing_status_and_standard_error_are_a_reply(keys: Keys) -> None:
    """What a command says when it fails is for the reader of the reply, not a failure of the transport."""

    async def not_found(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stderr.write(b"sh: boks-gate/1: not found\n")
        process.exit(127)

    settings = keys.settings(gate=GateMode.SENT)
    async with ssh_server(keys, not_found) as door, asking(settings) as transport:
        assert await transport.ask(door.host, ROLE) == RawReply(b"", b"sh: boks-gate/1: not found\n", 127)


async def test_a_command_that_ends_without_a_status_is_a_failure_of_the_channel(keys: Keys) -> None:
    """A reply whose end nobody vouches for is not a reply."""

    async def vanish(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"=boks-gate/1\n")
        process.close()

    async with ssh_server(keys, vanish) as door, asking(keys.settings()) as transport:
        assert (await failure(transport, door.host)).reason is FailureReason.CHANNEL


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_reply_is_bounded_and_the_host_stops_sending(keys: Keys, stream: str) -> None:
    """Ten megabytes are not read to their end: the exchange fails, and the connection is closed."""
    ended = asyncio.Event()

    async def flood(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        try:
            for _ in range(160):
                getattr(process, stream).write(b"x" * 65536)
                await getattr(process, stream).drain()
        except (BrokenPipeError, ConnectionError, asyncssh.Error):
            ended.set()

    settings = keys.settings(max_reply_bytes=1024 * 1024)
    async with ssh_server(keys, flood) as door, asking(settings) as transport:
        failed = await failure(transport, door.host)
        assert (failed.reason, failed.detail) == (FailureReason.TOO_LARGE, "the reply is larger than 1048576 bytes")
        assert repr(transport) == "<SshTransport boksmon@ 0/1 connected>"
        async with asyncio.timeout(PATIENT):
            await ended.wait()


async def test_a_reply_of_exactly_the_limit_is_taken(keys: Keys) -> None:
    """The limit is the largest size that is still good, standard output and error together."""

    async def exact(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"o" * 60)
        process.stderr.write(b"e" * 40)
        process.exit(0)

    async with ssh_server(keys, exact) as door, asking(keys.settings(max_reply_bytes=100)) as transport:
        assert await transport.ask(door.host, ROLE) == RawReply(b"o" * 60, b"e" * 40, 0)
    async with ssh_server(keys, exact) as door, asking(keys.settings(max_reply_bytes=99)) as transport:
        assert (await failure(transport, door.host)).reason is FailureReason.TOO_LARGE


# -- kept connections -------------------------------------------------------------------------------------------------


async def test_a_connection_is_kept_from_round_to_round(keys: Keys) -> None:
    """Ten exchanges are one login."""
    async with ssh_server(keys) as door, asking(keys.settings()) as transport:
        for _ in range(10):
            await transport.ask(door.host, ROLE)
        assert (door.logins, transport.reconnects(door.host.name)) == (1, 0)
        assert repr(transport) == "<SshTransport boksmon@ 1/1 connected>"


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed before", "noticed on use"])
async def test_a_connection_lost_while_idle_is_replaced_unseen(keys: Keys, noticed: bool) -> None:
    """A restart of sshd between two rounds costs no round; it shows in the count of reconnects only."""
    async with ssh_server(keys) as door, asking(keys.settings()) as transport:
        await transport.ask(door.host, ROLE)
        door.kill()
        if noticed:
            await asyncio.sleep(0.05)
        assert await transport.ask(door.host, ROLE) == HELLO
        assert (door.logins, transport.reconnects(door.host.name)) == (2, 1)


async def test_a_connection_lost_under_a_command_is_a_failure_of_the_channel(keys: Keys) -> None:
    """An answer that was under way is lost, and says so; the next round connects anew."""
    started = asyncio.Event()
    deaf = True

    async def interrupted(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"half an ans")
        if deaf:
            started.set()
            await asyncio.Event().wait()
        process.exit(0)

    async with ssh_server(keys, interrupted) as door, asking(keys.settings()) as transport:
        asked = asyncio.create_task(failure(transport, door.host))
        await started.wait()
        door.kill()
        assert (await asked).reason is FailureReason.CHANNEL
        deaf = False
        assert (await transport.ask(door.host, ROLE)).exit_status == 0
        assert transport.reconnects(door.host.name) == 1


async def test_a_host_that_opens_no_channel_is_a_failure_of_the_channel(keys: Keys) -> None:
    """A login that may do nothing (MaxSessions 0, no shell) is told apart from one that is refused."""
    async with ssh_server(keys, process_factory=None) as door, asking(keys.settings()) as transport:
        door.acceptor.update(process_factory=None)
        assert (await failure(transport, door.host)).reason is FailureReason.CHANNEL


async def test_a_dead_line_is_noticed_by_keepalive(keys: Keys) -> None:
    """Where the deadline is long, keepalive ends an exchange whose other side is gone without a word."""
    started = asyncio.Event()

    async def quiet(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        started.set()
        await asyncio.Event().wait()

    async with ssh_server(keys, quiet) as door:
        relay = await _Relay.to(door.port)
        keys.knows(relay.port)
        settings = keys.settings(keepalive_interval_seconds=0.1, keepalive_count=2)
        async with asking(settings) as transport:
            asked = asyncio.create_task(failure(transport, Host("far", "127.0.0.1", relay.port)))
            await started.wait()
            relay.is_cut = True
            assert (await asked).reason is FailureReason.CHANNEL
        await relay.aclose()


class _Relay:
    """A line that can be cut so that both ends believe it is still there."""

    def __init__(self) -> None:
        self.is_cut = False
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    @classmethod
    async def to(cls, port: int) -> "_Relay":
        relay = cls()

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                if not relay.is_cut:
                    writer.write(data)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            relay._writers += [writer, far_writer]
            await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)

        relay._server = await asyncio.start_server(serve, "127.0.0.1", 0)
        relay.port = relay._server.sockets[0].getsockname()[1]
        return relay

    async def aclose(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()


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
