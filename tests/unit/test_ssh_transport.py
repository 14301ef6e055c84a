"""The SSH transport: exchanges, kept connections, deadlines and their end."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.settings import GateMode, RemotePaths
from boks_exporter.transport.base import RawReply
from tests.unit.ssh_servers import ROLE, Keys, asking, failure, ssh_server

PATIENT = 20.0
HELLO = RawReply(b"asked: boks-gate/1 role\n", b"", 0)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.make(tmp_path)


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
