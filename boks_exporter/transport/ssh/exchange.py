"""One request and its complete reply on an open connection."""

import asyncio
from contextlib import suppress
from typing import TypeAlias

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.base import RawReply

_CHUNK = 65536

Process: TypeAlias = asyncssh.SSHClientProcess[bytes]


class _Budget:
    """Bytes left for a reply, standard output and standard error together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TransportError(FailureReason.TOO_LARGE, f"the reply is larger than {self.limit} bytes")


async def begin(connection: asyncssh.SSHClientConnection, command: str) -> Process:
    """Start a command; an error here means that nothing has run yet, so another connection can be tried."""
    return await connection.create_process(command, encoding=None)


async def complete(process: Process, stdin: bytes, max_reply_bytes: int) -> RawReply:
    """Read the whole output of a command; raises asyncssh's errors, and TransportError over the limit."""
    try:
        # A command that ends without reading its input is no failure: its output says why.
        with suppress(BrokenPipeError):
            if stdin:
                process.stdin.write(stdin)
            process.stdin.write_eof()
        budget = _Budget(max_reply_bytes)
        async with asyncio.TaskGroup() as group:
            stdout = group.create_task(_read(process.stdout, budget))
            stderr = group.create_task(_read(process.stderr, budget))
        await process.wait_closed()
    except BaseExceptionGroup as errors:
        # Both readers fail for the same cause.
        raise errors.exceptions[0] from errors
    finally:
        process.close()
    if process.exit_status is None:
        raise TransportError(FailureReason.CHANNEL, "the connection ended before the command did")
    return RawReply(stdout.result(), stderr.result(), process.exit_status)


async def _read(reader: asyncssh.SSHReader[bytes], budget: _Budget) -> bytes:
    chunks = []
    while chunk := await reader.read(_CHUNK):
        budget.spend(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)
