"""The SSH transport: exchanges and kept connections."""

import asyncio
from itertools import count

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.model import Host
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.request import request_line
from boks_exporter.remote.settings import GateMode, RemotePaths
from boks_exporter.transport.base import RawReply
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, echo_request, failure, open_transport, ssh_server

PATIENT = 20.0
REPLY = RawReply(ANSWER, b"", 0)


# -- an exchange ------------------------------------------------------------------------------------------------------


async def test_the_request_line_is_the_command(keys: Keys) -> None:
    """An installed gate receives the request as the command, and nothing on its standard input."""
    async with ssh_server(keys) as server, open_transport(keys.settings()) as transport:
        assert await transport.ask(server.host, ROLE) == REPLY


async def test_the_gate_is_sent_where_it_is_not_installed(keys: Keys) -> None:
    """With `gate: sent` the script is standard input of `sh -s`, with the paths of the settings."""

    async def echo(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(f"{process.command}\n".encode() + await process.stdin.read())
        process.exit(3)

    settings = keys.settings(gate=GateMode.SENT, paths=RemotePaths(boks_etc="/elsewhere"))
    async with ssh_server(keys, echo) as server, open_transport(settings) as transport:
        reply = await transport.ask(server.host, ROLE)
    # The script names the opening of a reply in a comment, which the client puts on a line of its own.
    assert reply.nonce is not None
    expected = b"sh -s\n" + sent_script(settings.paths, request_line(ROLE, reply.nonce))
    assert (reply.stdout.split(), reply.exit_status) == (expected.split(), 3)


async def test_a_failing_status_and_standard_error_are_a_reply(keys: Keys) -> None:
    """The output of a failing command is a reply, not a failure of the transport."""

    async def not_found(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stderr.write(b"sh: boks-gate/1: not found\n")
        process.exit(127)

    settings = keys.settings(gate=GateMode.SENT)
    async with ssh_server(keys, not_found) as server, open_transport(settings) as transport:
        reply = await transport.ask(server.host, ROLE)
    assert (reply.stdout, reply.stderr, reply.exit_status) == (b"", b"sh: boks-gate/1: not found\n", 127)


async def test_a_command_that_ends_without_a_status_is_a_failure_of_the_channel(keys: Keys) -> None:
    """A reply without an exit status is incomplete."""

    async def vanish(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"=boks-gate/1\n")
        process.close()

    async with ssh_server(keys, vanish) as server, open_transport(keys.settings()) as transport:
        assert (await failure(transport, server.host)).reason is FailureReason.CHANNEL


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_reply_is_bounded_and_the_host_stops_sending(keys: Keys, stream: str) -> None:
    """Ten megabytes are not read to the end: the exchange fails, and the connection is closed."""
    ended = asyncio.Event()

    async def flood(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        try:
            for _ in range(160):
                getattr(process, stream).write(b"x" * 65536)
                await getattr(process, stream).drain()
        except (BrokenPipeError, ConnectionError, asyncssh.Error):
            ended.set()

    settings = keys.settings(max_reply_bytes=1024 * 1024)
    async with ssh_server(keys, flood) as server, open_transport(settings) as transport:
        failed = await failure(transport, server.host)
        assert (failed.reason, failed.detail) == (FailureReason.TOO_LARGE, "the reply is larger than 1048576 bytes")
        assert repr(transport) == "<SshTransport boksmon@ 0/1 connected>"
        async with asyncio.timeout(PATIENT):
            await ended.wait()


async def test_a_reply_of_exactly_the_limit_is_accepted(keys: Keys) -> None:
    """The limit is the largest accepted size, standard output and error together."""

    async def exact(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"o" * 60)
        process.stderr.write(b"e" * 40)
        process.exit(0)

    async with ssh_server(keys, exact) as server, open_transport(keys.settings(max_reply_bytes=100)) as transport:
        assert await transport.ask(server.host, ROLE) == RawReply(b"o" * 60, b"e" * 40, 0)
    async with ssh_server(keys, exact) as server, open_transport(keys.settings(max_reply_bytes=99)) as transport:
        assert (await failure(transport, server.host)).reason is FailureReason.TOO_LARGE


# -- kept connections -------------------------------------------------------------------------------------------------


async def test_a_connection_is_kept_from_round_to_round(keys: Keys) -> None:
    """Ten exchanges are one login."""
    async with ssh_server(keys) as server, open_transport(keys.settings()) as transport:
        for _ in range(10):
            await transport.ask(server.host, ROLE)
        assert (server.logins, transport.reconnects(server.host.name)) == (1, 0)
        assert repr(transport) == "<SshTransport boksmon@ 1/1 connected>"


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed before", "noticed on use"])
async def test_a_connection_lost_while_idle_is_replaced_without_a_failure(keys: Keys, noticed: bool) -> None:
    """A restart of sshd between two rounds fails no round; only the count of reconnects shows it."""
    async with ssh_server(keys) as server, open_transport(keys.settings()) as transport:
        await transport.ask(server.host, ROLE)
        server.kill()
        if noticed:
            await asyncio.sleep(0.05)
        assert await transport.ask(server.host, ROLE) == REPLY
        assert (server.logins, transport.reconnects(server.host.name)) == (2, 1)


async def test_a_connection_lost_under_a_command_is_a_failure_of_the_channel(keys: Keys) -> None:
    """The lost reply is a failure; the next round connects again."""
    started = asyncio.Event()
    deaf = True

    async def interrupted(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(b"half an ans")
        if deaf:
            started.set()
            await asyncio.Event().wait()
        process.exit(0)

    async with ssh_server(keys, interrupted) as server, open_transport(keys.settings()) as transport:
        asked = asyncio.create_task(failure(transport, server.host))
        await started.wait()
        server.kill()
        assert (await asked).reason is FailureReason.CHANNEL
        deaf = False
        assert (await transport.ask(server.host, ROLE)).exit_status == 0
        assert transport.reconnects(server.host.name) == 1


async def test_a_host_that_opens_no_channel_is_a_failure_of_the_channel(keys: Keys) -> None:
    """A login without any session (MaxSessions 0) differs from a refused login."""
    async with ssh_server(keys, process_factory=None) as server, open_transport(keys.settings()) as transport:
        server.acceptor.update(process_factory=None)
        assert (await failure(transport, server.host)).reason is FailureReason.CHANNEL


async def test_keepalive_detects_a_dead_line(keys: Keys) -> None:
    """With a long deadline, keepalive ends an exchange whose peer disappeared."""
    started = asyncio.Event()

    async def quiet(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        started.set()
        await asyncio.Event().wait()

    async with ssh_server(keys, quiet) as server:
        relay = await _Relay.to(server.port)
        keys.knows(relay.port)
        settings = keys.settings(keepalive_interval_seconds=0.1, keepalive_count=2)
        async with open_transport(settings) as transport:
            asked = asyncio.create_task(failure(transport, Host("far", "127.0.0.1", relay.port)))
            await started.wait()
            relay.is_cut = True
            assert (await asked).reason is FailureReason.CHANNEL
        await relay.aclose()


class _Relay:
    """A relay that can drop all data while both connections stay open."""

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


# -- the connection as the pages show it ------------------------------------------------------------------------------


async def test_a_kept_connection_is_described(keys: Keys) -> None:
    """Address, host key, algorithms and age of a real connection; none before it is open and after it is closed."""
    async with ssh_server(keys) as server, open_transport(keys.settings()) as transport:
        assert transport.connection(server.host.name, 1000.0) is None
        await transport.ask(server.host, ROLE)
        facts = transport.connection(server.host.name, 1000.0)
        assert facts is not None
        assert (facts.address, facts.port) == ("127.0.0.1", server.host.port)
        kind, _, digest = facts.host_key.partition(" ")
        assert kind.startswith("ssh-")
        assert digest.startswith("SHA256:")
        assert facts.cipher
        assert facts.mac
        assert facts.software.startswith("SSH-2.0")
        assert 0 < facts.opened_at <= 1000.0
        later = transport.connection(server.host.name, 5000.0)
        assert later is not None
        assert later.opened_at == pytest.approx(facts.opened_at + 4000.0, abs=60)
    assert transport.connection(server.host.name, 1000.0) is None


async def test_a_session_that_fails_every_second_time_is_replaced(keys: Keys) -> None:
    """Its failures are never two in succession, and half of the readings would be lost for as long as it lives."""
    asked = count()

    async def program(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        is_first = process.get_extra_info("connection") is server.connections[0]
        if is_first and (process.command == "exit 97" or next(asked) % 2 == 0):
            process.exit(1)
        else:
            await echo_request(process)

    async with ssh_server(keys, program) as server, open_transport(keys.settings()) as transport:
        async with asyncio.timeout(20):
            while server.logins < 2:
                await transport.ask(server.host, ROLE)
                await asyncio.sleep(0)
