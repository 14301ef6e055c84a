"""What a host can send before it has logged anybody in: bytes that are no SSH, and a name of its software."""

import asyncio
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asyncssh.packet import PacketDecodeError

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host
from boks_exporter.transport.ssh import SshTransport
from boks_exporter.transport.ssh.error_mapping import while_connecting
from boks_exporter.transport.ssh.peer import OpenConnection
from tests.unit.ssh_servers import ANSWER, ROLE, Keys, failure, open_transport, ssh_server

KEXINIT = b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14" + b"\0" * 200
DISCONNECT = b"SSH-2.0-x\r\n\0\0\0\x2c\x06\x01\0\0\0\x02\0\0\0\x0d\xff\xfe\x1b[2Jevil\xc2\x9b\0\0\0\x02en" + b"\0" * 40
GREETINGS = {
    "not ASCII": b"SSH-2.0-\xff\xfe\r\n",
    "long": b"SSH-2.0-" + b"A" * 400 + b"\r\n",
    "lines": b"hello\r\n" * 3000,
    "half a packet": KEXINIT,
    "rubbish": b"SSH-2.0-x\r\n" + b"\xff" * 200,
    "disconnect": DISCONNECT,
    "version 1": b"SSH-1.5-x\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("sent", GREETINGS.values(), ids=GREETINGS)
async def test_a_host_that_does_not_speak_ssh_is_no_fault_of_this_machine(tmp_path: Path, sent: bytes) -> None:
    """The failure is the host's, in one line of printable text."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        host = Host("h", "127.0.0.1", server.sockets[0].getsockname()[1])
        async with open_transport(
            Keys.make(tmp_path).settings(known_hosts=None, insecure_ignore_host_keys=True)
        ) as transport:
            failed = await failure(transport, host)
    assert failed.reason is FailureReason.CONNECT
    assert failed.detail.isprintable()


def test_a_packet_that_ends_too_early_is_no_fault_of_this_machine_either() -> None:
    """Though both are errors of a value for Python, as a user name is that cannot be sent."""
    assert while_connecting(PacketDecodeError("Incomplete packet"), "h").reason is FailureReason.CONNECT
    assert while_connecting(UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogate"), "h").reason is FailureReason.LOCAL


@pytest.mark.parametrize(
    "error", [PacketDecodeError("x"), KeyError(3), TypeError("x"), UnicodeDecodeError("ascii", b"x", 0, 1, "x")]
)
async def test_whatever_asyncssh_stumbles_over_is_a_failure_of_the_host(tmp_path: Path, error: Exception) -> None:
    keys = Keys.make(tmp_path)
    for is_loop in (True, False):
        settings = keys.settings()
        async with ssh_server(keys) as server:
            transport = SshTransport(settings, timeout_seconds=20, interval_seconds=30 if is_loop else None)
            await transport.ask(server.host, ROLE)
            asking = asyncio.create_task(transport.ask(server.host, ROLE))
            kept = transport._peers[server.host.name].kept
            assert kept is not None
            for _ in range(6):
                await asyncio.sleep(0)
            kept.connection.internal_error((type(error), error, None))
            with suppress(TransportError):  # where a channel could not be opened yet, another connection answers
                await asking
            assert (await transport.ask(server.host, ROLE)).stdout == ANSWER
            assert transport.reconnects(server.host.name) == 1
            await transport.aclose()


def test_the_name_of_a_hosts_software_is_cleaned() -> None:
    """Pages and the API show it."""
    told = {"server_version": "SSH-2.0-a\x1b[2J\u202eb"}
    connection = SimpleNamespace(get_extra_info=told.get, get_server_host_key=lambda: None)
    assert OpenConnection(cast("Any", connection), 0.0, 0.0).facts(1.0).software == "SSH-2.0-a?[2J?b"
