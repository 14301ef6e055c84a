"""The loop of protocol 2: one channel, one reply for each request, and gates that do not keep to it."""

import asyncio
from typing import TypeAlias

import asyncssh
import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.transport.ssh import SshTransport
from tests.unit.ssh_servers import ROLE, Keys, failure, ssh_server

Process: TypeAlias = "asyncssh.SSHServerProcess[bytes]"


def reply_to(line: bytes, text: bytes = b"BOKSINIT=server") -> bytes:
    nonce = line.split()[1]
    frames = (b"boks-gate/2 version=2.0.0", b"section role", b"end role exit=0", b"done sections=1")
    first, second, third, last = (b"=" + nonce + b" " + frame + b"\n" for frame in frames)
    return first + second + text + b"\n" + third + last


async def answer_all(process: Process) -> None:
    """Answer each line, as a gate in its loop does."""
    while line := await process.stdin.readline():
        process.stdout.write(reply_to(line))
    process.exit(0)


async def answer_one(process: Process) -> None:
    """End after one reply, though a loop was asked for."""
    process.stdout.write(reply_to(await process.stdin.readline()))
    process.exit(0)


async def test_one_channel_serves_all_polls(keys: Keys) -> None:
    """The first request begins the loop for three intervals; each has a nonce of its own."""
    lines: list[bytes] = []

    async def record(process: Process) -> None:
        while line := await process.stdin.readline():
            lines.append(line)
            process.stdout.write(reply_to(line))

    async with ssh_server(keys, record, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        replies = [await transport.ask(server.host, ROLE) for _ in range(3)]
        await transport.aclose()
    assert server.commands == ["boks-gate/2"]
    assert [line.split()[2:] for line in lines] == [[b"loop", b"90", b"role"], [b"role"], [b"role"]]
    assert [line.split()[1].decode() for line in lines] == [reply.nonce for reply in replies]
    assert len({reply.nonce for reply in replies}) == 3


async def test_without_an_interval_each_exchange_has_a_channel_of_its_own(keys: Keys) -> None:
    """A single poll leaves no loop on the host."""
    async with ssh_server(keys, answer_all, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        for _ in range(2):
            await transport.ask(server.host, ROLE)
        await transport.aclose()
    assert server.commands == ["boks-gate/2"] * 2


async def test_a_loop_that_ends_early_is_begun_again(keys: Keys) -> None:
    """After its number of requests a gate ends; no poll fails for it."""
    async with ssh_server(keys, answer_one, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        replies = [await transport.ask(server.host, ROLE) for _ in range(3)]
        await transport.aclose()
    assert [b"done sections=1" in reply.stdout for reply in replies] == [True] * 3
    assert (server.logins, len(server.commands)) == (1, 3)


@pytest.mark.parametrize("end", ["exit", "kill", "close"])
async def test_a_loop_whose_end_is_reported_after_the_next_request_is_begun_again(keys: Keys, end: str) -> None:
    """A gate that was killed between two polls; the host says so only after the request was written."""

    async def end_late(process: Process) -> None:
        process.stdout.write(reply_to(await process.stdin.readline()))
        await process.stdin.readline()
        match end:
            case "exit":
                process.exit(137)
            case "kill":
                process.exit_with_signal("KILL")
            case _:
                process.close()

    async with ssh_server(keys, end_late, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        replies = [await transport.ask(server.host, ROLE) for _ in range(3)]
        await transport.aclose()
    assert [b"done sections=1" in reply.stdout for reply in replies] == [True] * 3
    assert (server.logins, len(server.commands)) == (1, 3)


async def test_a_late_reply_is_never_the_reply_to_another_request(keys: Keys) -> None:
    """The channel of a request that timed out is closed, and what it still writes is not read."""
    released = asyncio.Event()

    async def late(process: Process) -> None:
        line = await process.stdin.readline()
        if not released.is_set():
            await released.wait()
        process.stdout.write(reply_to(line))
        await answer_all(process)

    async with ssh_server(keys, late, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=1.0, interval_seconds=30)
        assert (await failure(transport, server.host)).reason is FailureReason.TIMEOUT
        released.set()
        reply = await transport.ask(server.host, ROLE)
        assert reply.nonce is not None
        assert (
            reply.stdout.count(b"boks-gate/2 version")
            == reply.stdout.count(reply.nonce.encode() + b" boks-gate/2")
            == 1
        )
        await transport.aclose()


async def test_a_reply_without_an_end_is_too_large(keys: Keys) -> None:
    """The limit is per reply, not per channel."""

    async def flood(process: Process) -> None:
        line = await process.stdin.readline()
        process.stdout.write(reply_to(line, b"x" * 60_000))
        line = await process.stdin.readline()
        process.stdout.write(reply_to(line, b"x" * 60_000))
        await process.stdin.readline()
        while True:
            process.stdout.write(b"x" * 60_000)
            await process.stdout.drain()

    async with ssh_server(keys, flood, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(max_reply_bytes=100_000), timeout_seconds=20, interval_seconds=30)
        for _ in range(2):
            await transport.ask(server.host, ROLE)
        assert (await failure(transport, server.host)).reason is FailureReason.TOO_LARGE
        await transport.aclose()


@pytest.mark.parametrize("ending", ["status", "no status"])
async def test_a_gate_that_ends_without_an_answer_is_a_failure(keys: Keys, ending: str) -> None:
    """With an exit status it is a reply that is not the gate's; without one the channel broke."""

    async def silent(process: Process) -> None:
        await process.stdin.readline()
        if ending == "status":
            process.exit(5)
        process.close()

    async with ssh_server(keys, silent, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        if ending == "status":
            assert (await transport.ask(server.host, ROLE)).exit_status == 5
        else:
            assert (await failure(transport, server.host)).reason is FailureReason.CHANNEL
        await transport.aclose()


async def test_a_request_that_is_refused_keeps_the_loop(keys: Keys) -> None:
    """`busy` is the whole reply to one request; the next one is answered on the same channel."""

    async def busy(process: Process) -> None:
        nonce = (await process.stdin.readline()).split()[1]
        process.stdout.write(b"=" + nonce + b" refused busy\n")
        await answer_all(process)

    async with ssh_server(keys, busy, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        assert b"refused busy" in (await transport.ask(server.host, ROLE)).stdout
        assert b"done sections=1" in (await transport.ask(server.host, ROLE)).stdout
        await transport.aclose()
    assert server.commands == ["boks-gate/2"]


async def test_a_hostile_disconnect_message_is_cleaned_and_cut(keys: Keys) -> None:
    """It reaches the log, the page and the terminal as one short line of printable characters."""
    async with ssh_server(keys, stops_at="insult") as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20)
        failed = await failure(transport, server.host)
        await transport.aclose()
    assert failed.detail.isprintable()
    assert len(failed.detail) < 1000


async def test_a_kept_loop_is_known_to_closer_polls(keys: Keys) -> None:
    """Before the first poll there is none, and afterwards the channel is open."""
    async with ssh_server(keys, answer_all, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        name = server.host.name
        assert not transport.keeps_loop(name)
        await transport.ask(server.host, ROLE)
        assert transport.keeps_loop(name)
        await transport.aclose()


async def test_a_shell_that_reads_its_input_is_recognised(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forced command that is a shell complains of the request and waits for more; so does a gate, which is none."""
    monkeypatch.setattr("boks_exporter.transport.ssh.request_loop.SHELL_SECONDS", 0.01)

    async def shell(process: Process) -> None:
        while line := await process.stdin.readline():
            if line == b"exit 97\n":
                process.exit(97)
                return
            process.stderr.write(b"sh: not found\n")
        process.exit(127)

    async with ssh_server(keys, shell, speaks_protocol_2=True) as server:
        transport = SshTransport(keys.settings(), timeout_seconds=20, interval_seconds=30)
        assert (await failure(transport, server.host)).reason is FailureReason.EXIT_STATUS
        assert transport.is_unrestricted(server.host.name)
        await transport.aclose()
