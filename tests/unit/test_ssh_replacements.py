"""Make before break: a new connection that logs in and then does not answer costs no reading."""

import asyncio
from typing import TypeAlias

import asyncssh
import pytest
from structlog.testing import capture_logs

from boks_exporter.errors import FailureReason
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ROLE, Keys, Program, SshServer, failure, ssh_server
from tests.unit.test_ssh_loop import answer_all, reply_to

Process: TypeAlias = "asyncssh.SSHServerProcess[bytes]"


async def hang(process: Process) -> None:
    await process.stdin.readline()
    await asyncio.Event().wait()


async def end_in_the_middle(process: Process) -> None:
    process.stdout.write(reply_to(await process.stdin.readline())[:60])
    process.exit(0)


async def flood(process: Process) -> None:
    await process.stdin.readline()
    process.stdout.write(b"x" * 3_000_000)


async def drop_the_connection(process: Process) -> None:
    await process.stdin.readline()
    process.get_extra_info("connection").abort()


async def refuse_sudo(process: Process) -> None:
    await process.stdin.readline()
    process.stderr.write(b"sudo: a password is required\n")
    process.exit(1)


def aged(keys: Keys, seconds: float = 20.0) -> SshTransport:
    """Return a transport whose connections are to be replaced at once."""
    return SshTransport(keys.settings(connection_age_seconds=0.0), timeout_seconds=seconds, interval_seconds=30)


async def a_replacement_waits(server: SshServer, transport: SshTransport) -> None:
    assert b"done sections=1" in (await transport.ask(server.host, ROLE)).stdout
    async with asyncio.timeout(20):
        while not transport.reconnects(server.host.name):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("fault", "reason", "seconds"),
    [
        (hang, FailureReason.TIMEOUT, 4.0),
        (end_in_the_middle, FailureReason.PARSE, 20.0),
        (flood, FailureReason.TOO_LARGE, 20.0),
        (drop_the_connection, FailureReason.CHANNEL, 20.0),
    ],
)
async def test_the_kept_connection_answers_where_its_replacement_does_not(
    keys: Keys, fault: Program, reason: FailureReason, seconds: float
) -> None:
    """Every poll is answered, the log names the fault once, and another replacement is not tried in each poll."""

    async def program(process: Process) -> None:
        is_first = process.get_extra_info("connection") is server.connections[0]
        await (answer_all if is_first else fault)(process)

    async with ssh_server(keys, program, speaks_protocol_2=True) as server:
        transport = aged(keys, seconds)
        await a_replacement_waits(server, transport)
        with capture_logs() as logs:
            replies = [await transport.ask(server.host, ROLE) for _ in range(4)]
        await transport.aclose()
    assert [b"done sections=1" in reply.stdout for reply in replies] == [True] * 4
    assert [(log["event"], log["reason"]) for log in logs] == [("connection_not_replaced", str(reason))]
    assert server.logins == 2


async def test_a_new_connection_without_root_is_reported(keys: Keys) -> None:
    """A removed sudo rule takes effect when the loop begins again, whatever the kept connection could still do."""

    async def program(process: Process) -> None:
        is_first = process.get_extra_info("connection") is server.connections[0]
        await (answer_all if is_first else refuse_sudo)(process)

    async with ssh_server(keys, program, speaks_protocol_2=True) as server:
        transport = aged(keys)
        await a_replacement_waits(server, transport)
        assert (await failure(transport, server.host)).reason is FailureReason.EXIT_STATUS
        await transport.aclose()


async def test_a_replacement_has_the_whole_time_where_a_second_exchange_would_not_fit(keys: Keys) -> None:
    """A reply of a slow host must not be cut off in its middle, or each replacement would cost a poll."""
    async with ssh_server(keys, answer_all, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20.0, interval_seconds=30)
        await transport.ask(server.host, ROLE)
        peer = transport._peers[server.host.name]
        assert peer.kept is not None
        measured = peer.kept.slowest
        await transport.aclose()
    assert 0.0 < measured < 20.0
    peer.kept.slowest = 8.0
    assert peer.time_of_replacement(20.0) == 10.0
    peer.kept.slowest = 8.1
    assert peer.time_of_replacement(20.0) is None
    peer.kept.slowest, peer.kept.failures = 0.0, 2.0
    assert peer.time_of_replacement(20.0) is None


async def test_another_replacement_waits_after_one_that_took_the_whole_time(keys: Keys) -> None:
    """Otherwise each poll of a slow host would be lost to a replacement that hangs."""
    async with ssh_server(keys, answer_all, speaks_protocol_2=True) as server:
        transport = aged(keys)
        await a_replacement_waits(server, transport)
        peer, now = transport._peers[server.host.name], asyncio.get_running_loop().time()
        peer.interrupted = peer.candidate
        peer.timed_out()
        assert peer.candidate is None
        assert not peer.needs_another(now + 100.0)
        assert peer.needs_another(now + 200.0)
        await transport.aclose()
