"""One request and its complete reply on a channel of an open connection."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.error_mapping import end_of, lost_meanwhile

Channel: TypeAlias = asyncssh.SSHClientChannel[bytes]

_STDERR: Final = asyncssh.EXTENDED_DATA_STDERR


class Output(asyncssh.SSHClientSession[bytes]):
    """The output of one channel, limited in size; `ended` is done when the channel is closed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keep what a command writes; over the limit the exchange fails."""
        self.left -= len(data)
        if self.left < 0:
            self.fail(TransportError(FailureReason.TOO_LARGE, f"the reply is larger than {self.limit} bytes"))
        elif datatype == _STDERR:
            self.stderr += data
        else:
            self.stdout += data

    def connection_lost(self, exc: Exception | None) -> None:
        """End with the channel."""
        if (error := end_of(exc)) is not None:
            self.fail(error)
        elif not self.ended.done():
            self.ended.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the exchange with an error."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # it may come after the last reader


@dataclass(frozen=True, slots=True)
class Command:
    """A command that runs on a host."""

    channel: Channel
    output: Output

    async def complete(self, stdin: bytes = b"") -> RawReply:
        """Read the whole output; raises asyncssh's errors, and TransportError over the limit."""
        try:
            # A command that ends without reading its input is no failure: its output says why.
            with suppress(BrokenPipeError):
                if stdin:
                    self.channel.write(stdin)
                self.channel.write_eof()
            await self.output.ended
        finally:
            self.channel.abort()
        status = self.channel.get_exit_status()
        if status is None:
            raise TransportError(FailureReason.CHANNEL, "the connection ended before the command did")
        return RawReply(bytes(self.output.stdout), bytes(self.output.stderr), status)


async def start(connection: asyncssh.SSHClientConnection, command: str, max_reply_bytes: int) -> Command:
    """Start a command; an error here means that nothing has run yet, so another connection can be tried."""
    output = Output(max_reply_bytes)
    with lost_meanwhile(connection):
        channel, _ = await connection.create_session(lambda: output, command, encoding=None)
    return Command(channel, output)
