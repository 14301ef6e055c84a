"""The local transport: the same gate on this machine, run by `sh`, without SSH."""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Final, cast

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Seconds
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.request import Request, new_nonce, request_line
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.transport.base import RawReply
from boks_exporter.transport.host_text import cleaned_reply

_CHUNK: Final = 65536
_ENVIRONMENT: Final = {"PATH": "/usr/xpg4/bin:/usr/bin:/bin"}
"""The whole environment of the gate: the exporter's own may hold secrets."""


class LocalTransport:
    """Run the gate on this machine, which is the only host of the domain."""

    def __init__(self, settings: LocalSettings, *, timeout_seconds: Seconds) -> None:
        self._settings = settings
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return f"<LocalTransport {self._settings.paths.boks_etc}>"

    async def ask(self, host: Host, request: Request) -> RawReply:  # noqa: ARG002 - the only host is this machine
        """Run the gate once; on any failure its whole process group is killed."""
        nonce = new_nonce()
        transport, answer = await _start(self._settings.max_reply_bytes)
        try:
            _feed(transport, sent_script(self._settings.paths, request_line(request, nonce)))
            async with asyncio.timeout(self._timeout):
                await answer.whole
        except TimeoutError as error:
            raise TransportError(FailureReason.TIMEOUT, f"no complete reply within {self._timeout:g} s") from error
        finally:
            await _end(transport, answer)
        raw = RawReply(bytes(answer.read[1]), bytes(answer.read[2]), transport.get_returncode(), nonce)
        return cleaned_reply(raw)


class _Answer(asyncio.SubprocessProtocol):
    """The gate's output so far; `whole` is done when the gate has ended and both its outputs are read."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.read = {1: bytearray(), 2: bytearray()}
        self.open = {1, 2}
        self.exited = asyncio.Event()
        self.whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.read[fd] += data
        if len(self.read[fd]) > self.limit and not self.whole.done():
            self.whole.set_exception(
                TransportError(FailureReason.TOO_LARGE, f"the reply is larger than {self.limit} bytes")
            )

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - any end is the end
        self.open.discard(fd)
        self._finish()

    def process_exited(self) -> None:
        self.exited.set()
        self._finish()

    def _finish(self) -> None:
        if self.exited.is_set() and not self.open and not self.whole.done():
            self.whole.set_result(None)


async def _start(limit: int) -> tuple[asyncio.SubprocessTransport, _Answer]:
    try:
        return await asyncio.get_running_loop().subprocess_exec(
            lambda: _Answer(limit),
            "/bin/sh",
            "-s",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
    except OSError as error:
        raise TransportError(FailureReason.CHANNEL, f"/bin/sh cannot be started: {error.strerror}") from error


def _feed(transport: asyncio.SubprocessTransport, script: bytes) -> None:
    stdin = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))  # requested as a pipe
    stdin.write(script)
    stdin.close()  # once it has been written


async def _end(transport: asyncio.SubprocessTransport, answer: _Answer) -> None:
    """Kill everything that the gate has started, and close the pipes."""
    if transport.get_returncode() is None:
        with suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        await answer.exited.wait()
    transport.close()
