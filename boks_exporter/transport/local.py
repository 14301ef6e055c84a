"""Ask this machine: the same gate, run by `sh`, without SSH."""

import asyncio
import os
import signal
from contextlib import suppress

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.model import Host, Seconds
from boks_exporter.remote.gate import sent_script
from boks_exporter.remote.request import Request
from boks_exporter.remote.settings import LocalSettings
from boks_exporter.transport.base import RawReply

_CHUNK = 65536


class LocalTransport:
    """Run the gate here; every host of the domain is this machine."""

    def __init__(self, settings: LocalSettings, *, timeout_seconds: Seconds) -> None:
        """Take the settings."""
        self._settings = settings
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        """Tell which tree is read."""
        return f"<LocalTransport {self._settings.paths.boks_etc}>"

    async def ask(self, host: Host, request: Request) -> RawReply:  # noqa: ARG002 - there is only this one
        """Run the gate once; on time-out or too much output its whole process group is ended."""
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-s",
            "--",
            *request.line().split(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await self._reply(process)
        except TimeoutError as error:
            raise TransportError(FailureReason.TIMEOUT, f"no whole answer within {self._timeout:g} s") from error
        finally:
            await _end(process)

    async def _reply(self, process: asyncio.subprocess.Process) -> RawReply:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError  # all three were asked for as pipes
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(sent_script(self._settings.paths))
            process.stdin.close()
        stdout = bytearray()
        errors = asyncio.create_task(process.stderr.read(_CHUNK))
        while chunk := await process.stdout.read(_CHUNK):
            stdout += chunk
            if len(stdout) > self._settings.max_reply_bytes:
                errors.cancel()
                limit = self._settings.max_reply_bytes
                raise TransportError(FailureReason.TOO_LARGE, f"the reply is larger than {limit} bytes")
        return RawReply(bytes(stdout), await errors, await process.wait())


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind, whatever the gate had started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
