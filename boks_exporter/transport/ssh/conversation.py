"""Exchanges on an open connection: with a gate of protocol 2 in a loop, of protocol 1, or sent along."""

import asyncio
import math
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import HostName, Seconds
from boks_exporter.remote.gate import SENT_COMMAND, sent_script
from boks_exporter.remote.installation import DEFAULT_GATE_PATH, STDIN_WORD
from boks_exporter.remote.request import RequestLine, new_nonce, request_line
from boks_exporter.remote.settings import GateMode, SshSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.host_text import cleaned
from boks_exporter.transport.ssh.error_mapping import during_exchange, end_of, lost_meanwhile
from boks_exporter.transport.ssh.peer import OpenConnection
from boks_exporter.transport.ssh.request_loop import Loop, open_loop

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


IDLE_INTERVALS: Final = 3
"""After so many intervals without a request a gate ends its loop."""

_PROBE_STATUS: Final = 97
_PROBE: Final = f"exit {_PROBE_STATUS}"
"""Harmless: a shell ends with this status, also one that reads its input; a forced command refuses it."""
_PROBE_BYTES: Final = 4096
_OPENING: Final = re.compile(rb"=boks-gate/1 version=\w")
_ANSWER: Final = re.compile(rb"=boks-gate/|=[0-9a-f]{1,40} (?:boks-gate/2|refused)\s|^=refused ", re.MULTILINE)
"""A shell or menu that repeats the request does not repeat the `=` of a frame."""
_NO_SUCH_PROTOCOL: Final = b"=refused unknown_protocol"


class NotStartedError(Exception):
    """No channel could be opened, so nothing has run and another connection can be tried."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Conversation:
    """Send requests as the settings say. With an interval, a channel is kept from poll to poll."""

    def __init__(self, settings: SshSettings, interval_seconds: Seconds | None) -> None:
        self._settings = settings
        self._idle_seconds: int | None = None
        if interval_seconds is not None:
            self.set_interval(interval_seconds)

    def set_interval(self, seconds: Seconds) -> None:
        """Keep a channel from poll to poll; it applies to the channels that are opened from now on."""
        self._idle_seconds = max(1, math.ceil(IDLE_INTERVALS * seconds))

    async def exchange(self, kept: OpenConnection, request: RequestLine) -> RawReply:
        """Make one exchange; raises NotStartedError, or TransportError when the request has been sent."""
        now = asyncio.get_running_loop().time
        began = now()
        reply = await self._exchange(kept, request)
        kept.slowest = max(kept.slowest, now() - began)
        return reply

    async def _exchange(self, kept: OpenConnection, request: RequestLine) -> RawReply:
        if self._settings.gate is GateMode.SENT:
            nonce = new_nonce()
            script = sent_script(self._settings.paths, request_line(request, nonce))
            return replace(await self._run(kept, SENT_COMMAND, script), nonce=nonce)
        if not kept.speaks_protocol_1:
            reply = await self._in_loop(kept, request)
            if _NO_SUCH_PROTOCOL not in reply.stdout:
                return reply
            kept.speaks_protocol_1 = True
        return await self._run(kept, request.line(), b"")

    async def gives_a_shell(self, kept: OpenConnection) -> bool:
        """Find out whether the key of an installed gate runs any command, because its forced command is missing."""
        if self._settings.gate is GateMode.SENT:
            return False
        try:
            command = await start(kept.connection, _PROBE, _PROBE_BYTES)
            return (await command.complete(f"{_PROBE}\n".encode())).exit_status == _PROBE_STATUS
        except (asyncssh.Error, OSError, TransportError):
            return False

    async def _in_loop(self, kept: OpenConnection, request: RequestLine) -> RawReply:
        """Use the kept channel; one that ended between two requests is no failure."""
        await asyncio.sleep(0)  # an end that has arrived already is noticed before the request is written
        if kept.loop and kept.loop.is_open and (reply := await _asked(kept.loop, request)):
            return reply
        loop = await self._open_loop(kept)
        reply = await _asked(loop, request)
        if reply is None:
            raise TransportError(FailureReason.CHANNEL, "the gate ended without an answer")
        return reply

    async def _open_loop(self, kept: OpenConnection) -> Loop:
        kept.loop = None
        try:
            kept.loop = await open_loop(kept.connection, self._settings.max_reply_bytes, self._idle_seconds)
        except (asyncssh.Error, OSError) as error:
            raise NotStartedError(error) from error
        except BaseException:
            # Cut off while it opens: the channel may still open, and nothing else would close it.
            kept.abort()
            raise
        return kept.loop

    async def _run(self, kept: OpenConnection, command: str, stdin: bytes) -> RawReply:
        try:
            running = await start(kept.connection, command, self._settings.max_reply_bytes)
        except (asyncssh.Error, OSError) as error:
            raise NotStartedError(error) from error
        except BaseException:
            kept.abort()
            raise
        try:
            return _on_lines_of_its_own(await running.complete(stdin))
        except (asyncssh.Error, OSError) as error:
            raise during_exchange(error) from error


async def _asked(loop: Loop, request: RequestLine) -> RawReply | None:
    """Make one exchange; None from a loop that had answered before and ended with no byte of this answer.

    It ended between two requests, by its own limits or by a kill, of which the host reports only now.
    """
    has_answered = loop.replies > 0
    try:
        reply = await loop.exchange(request)
    except ConnectionError as error:
        # The host was rebooted, or forgot the connection: the request was lost.
        raise (NotStartedError(error) if has_answered else during_exchange(error)) from error
    except (asyncssh.Error, OSError) as error:
        raise during_exchange(error) from error
    if not loop.has_answered and not reply.stdout:
        if has_answered:
            return None
        if reply.exit_status is None:
            raise TransportError(FailureReason.CHANNEL, "the connection ended before the command did")
    return reply


def _on_lines_of_its_own(reply: RawReply) -> RawReply:
    """Put a reply of protocol 1 on a line of its own, where a login prints text without a line end before it."""
    opening = _OPENING.search(reply.stdout)
    at = opening.start() if opening else 0
    if not at or reply.stdout[at - 1 : at] == b"\n":
        return reply
    return replace(reply, stdout=reply.stdout[:at] + b"\n" + reply.stdout[at:])


def is_answer(reply: RawReply) -> bool:
    """Return whether the gate has answered at all, whatever its sections say."""
    return _ANSWER.search(reply.stdout) is not None


def is_whole(reply: RawReply) -> bool:
    """Return whether an answer has its last frame, or is a refusal, which has no other frame."""
    last = f"\n={reply.nonce} done " if reply.nonce else "\n=done "
    return last.encode() in reply.stdout or b"boks-gate/" not in reply.stdout


def unrestricted(host: HostName, user: str) -> TransportError:
    """Describe a key without a forced command."""
    return TransportError(
        FailureReason.EXIT_STATUS,
        f"SECURITY: the monitoring key gives a shell as {user} on {host}: its line in authorized_keys has no "
        'command="…", so the key can run anything there; put restrict,command="'
        f'{DEFAULT_GATE_PATH}" in front of it '
        "(boks-exporter gate install prints the line)",
    )


def sudo_refusal(reply: RawReply, host: HostName, user: str) -> TransportError | None:
    """Describe a gate that could not become root: the cause first, then the rule to add."""
    lines = [line.strip() for line in reply.stderr.decode(errors="replace").splitlines() if line.strip()]
    # An administrator's lecture may name sudo as well, in any language; sudo's own messages begin with its name, or
    # name the user and root. All of them are shown: the first may be a warning, or the last a consequence.
    refusal = re.compile(rf"\b{re.escape(user)}\b.*\broot\b")
    text = [line for line in lines if "sudo: " in line or refusal.search(line)] or [
        line for line in lines if "sudo" in line
    ][:1]
    if not text:
        return None
    cause = cleaned("; ".join(dict.fromkeys(line.rpartition("sudo: ")[2] for line in text)))
    return TransportError(
        FailureReason.EXIT_STATUS,
        f"sudo on {host}: {cause}; the gate's rule is missing or other: put into /etc/sudoers.d/boks-exporter there: "
        f"Defaults:{user} !requiretty and: {user} ALL=(root) NOPASSWD: {DEFAULT_GATE_PATH} {STDIN_WORD} "
        "(boks-exporter gate install prints both for another path)",
    )
