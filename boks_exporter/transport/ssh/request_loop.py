"""A channel on which a gate of protocol 2 answers requests one after the other."""

import asyncio
from contextlib import suppress
from typing import Final, TypeAlias

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.request import PROTOCOL, Nonce, RequestLine, new_nonce, request_line
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.ssh.error_mapping import end_of, lost_meanwhile

Channel: TypeAlias = asyncssh.SSHClientChannel[bytes]

SHELL_SECONDS: Final = 2.0
"""After this time without a line of the gate, what a shell would have complained of has arrived."""

_STDERR: Final = asyncssh.EXTENDED_DATA_STDERR


class Answers(asyncssh.SSHClientSession[bytes]):
    """The output of the channel, request by request; a reply is complete at its last frame."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._mark = b""
        """The beginning of the frames that are expected."""
        self._left = limit
        self._searched = 0
        """How much of the output is known to have no last frame."""
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.has_last_frame = False
        self.is_ended = False
        self.error: Exception | None = None
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def expect(self, nonce: Nonce) -> None:
        """Wait for the reply to a request; what came between two requests belongs to none.

        Before the first one, a login's text or the refusal of an old gate may have come.
        """
        if self._mark:
            self.clear()
        self._searched = 0
        self._mark = f"={nonce} ".encode()
        self.turn = asyncio.get_running_loop().create_future()
        self.has_last_frame = bool(self.stdout) and self._ends()
        if self.is_ended or self.has_last_frame:
            self._finish()

    def clear(self) -> None:
        """Forget what was received."""
        self._left = self._limit
        self.stdout.clear()
        self.stderr.clear()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keep what the gate writes, up to the limit, and notice the last frame."""
        self._left -= len(data)
        if self._left < 0:
            self.error = TransportError(FailureReason.TOO_LARGE, f"the reply is larger than {self._limit} bytes")
            self._finish()
        elif datatype == _STDERR:
            self.stderr += data
        else:
            self.stdout += data
            if not self.has_last_frame and self._ends():
                self.has_last_frame = True
                self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with the channel."""
        self.is_ended = True
        self.error = self.error or end_of(exc)
        self._finish()

    def _ends(self) -> bool:
        """Return whether a line ends the reply: `done`, whatever is printed behind it, or a refusal as the last line.

        A refusal may follow a login's text, even on the same line. One without the nonce comes before the opening frame
        only: later it is a line of some output.
        """
        done = self._mark + b"done "
        at = self.stdout.find(done, max(0, self._searched - len(done)))
        if at < 0:
            self._searched = len(self.stdout)
        elif self.stdout.find(b"\n", at + 1) > 0:
            return True
        if not self.stdout.endswith(b"\n"):
            return False
        line = self.stdout[self.stdout.rfind(b"\n", 0, -1) + 1 :]
        if self._mark + b"refused " in line:
            return True
        return b"=refused " in line[:400] and self._mark + b"boks-gate/" not in self.stdout

    def _finish(self) -> None:
        if not self.turn.done():
            self.turn.set_result(None)


class Loop:
    """One channel to the gate. Without `idle_seconds` it answers one request and ends."""

    def __init__(self, channel: Channel, answers: Answers, idle_seconds: int | None) -> None:
        self._channel = channel
        self._answers = answers
        self._idle_seconds = idle_seconds
        self.replies = 0
        """Complete replies so far."""
        self.has_answered = False
        """Whether the last exchange ended with a complete reply."""

    @property
    def is_open(self) -> bool:
        """Return whether another request may be written."""
        return not self._answers.is_ended and (self._idle_seconds is not None or not self.replies)

    async def exchange(self, request: RequestLine) -> RawReply:
        """Write one request and return its reply, as one round trip.

        A channel that ended without a complete reply returns what came before its end, with its exit status.
        """
        answers, nonce = self._answers, new_nonce()
        answers.expect(nonce)
        loop_seconds = None if self.replies else self._idle_seconds
        try:
            with suppress(BrokenPipeError):  # the gate has ended already; its output says why
                self._channel.write(f"{request_line(request, nonce, loop_seconds=loop_seconds)}\n".encode())
                if self._idle_seconds is None:
                    self._channel.write_eof()
            if not self.replies:
                await self._notice_a_shell()
            await answers.turn
        except BaseException:
            self.close()  # a late reply must never be read as the next one
            raise
        return self._reply(nonce)

    async def _notice_a_shell(self) -> None:
        """End the input of a shell in the gate's place: it complains of the request, and waits for more lines."""
        answers = self._answers
        while not answers.turn.done():
            await asyncio.wait([answers.turn], timeout=SHELL_SECONDS)
            if not answers.turn.done() and answers.stderr and not answers.stdout:
                self._channel.write_eof()
                return

    def close(self) -> None:
        """End the channel; nothing that still comes is read."""
        self._answers.is_ended = True
        self._channel.abort()

    def _reply(self, nonce: Nonce) -> RawReply:
        answers = self._answers
        reply = RawReply(bytes(answers.stdout), bytes(answers.stderr), self._channel.get_exit_status(), nonce)
        self.has_answered = answers.has_last_frame
        if self.has_answered:
            answers.clear()
            self.replies += 1
            if self._idle_seconds is None:
                self.close()
            return reply
        if answers.error is not None:
            self.close()
            raise answers.error
        return reply


async def open_loop(connection: asyncssh.SSHClientConnection, max_reply_bytes: int, idle_seconds: int | None) -> Loop:
    """Open a channel to an installed gate; an error here means that nothing has run yet."""
    answers = Answers(max_reply_bytes)
    with lost_meanwhile(connection):
        channel, _ = await connection.create_session(lambda: answers, PROTOCOL, encoding=None)
    return Loop(channel, answers, idle_seconds)
