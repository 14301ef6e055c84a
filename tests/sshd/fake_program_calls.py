"""The simulator's end of the fake programs: a FIFO on which they call, and a directory for each call."""

import asyncio
import math
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self, TypeAlias

from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Printed

Run: TypeAlias = Callable[[HostName, tuple[str, ...]], Printed]

_CHUNK: Final = 65536
_ANYBODY_MAY_CALL: Final = 0o622
_ANYBODY_MAY_MAKE_ONE: Final = 0o1777


class Calls:
    """Answer the fake programs of a tree for as long as the block runs.

    A call is a directory that the program made: `argv` in it is the program's; `stdout`, `stderr` and at last a line in
    the FIFO `status` are the simulator's. A program that was ended meanwhile left its directory behind, which goes
    with the others in the end.
    """

    def __init__(self, tree: Path, run: Run) -> None:
        self.directory = tree / "calls"
        self.requests = tree / "requests"
        self._run = run
        self._fifo = -1
        self._received = b""
        self._answers: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Calls {self.directory} {len(self._answers)} waiting>"

    async def __aenter__(self) -> Self:
        """Make the FIFO and listen on it; it is open for writing too, so that it never ends."""
        self.directory.mkdir()
        self.directory.chmod(_ANYBODY_MAY_MAKE_ONE)
        os.mkfifo(self.requests)
        self.requests.chmod(_ANYBODY_MAY_CALL)
        self._fifo = os.open(self.requests, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._fifo, self._receive)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop answering."""
        asyncio.get_running_loop().remove_reader(self._fifo)
        os.close(self._fifo)
        self.requests.unlink()
        for answer in self._answers:
            answer.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        shutil.rmtree(self.directory)

    def _receive(self) -> None:
        with suppress(BlockingIOError):
            self._received += os.read(self._fifo, _CHUNK)
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            host, _, name = line.decode().partition(" ")
            answer = asyncio.create_task(self._answer(host, self.directory / name))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)

    async def _answer(self, host: HostName, call: Path) -> None:
        """Run one command; one that never ends says nothing, and its program waits until somebody ends it."""
        printed = self._run(host, tuple((call / "argv").read_text(encoding="utf-8").splitlines()))
        if math.isinf(printed.delay_seconds):
            return
        await asyncio.sleep(printed.delay_seconds)
        with suppress(FileNotFoundError):
            (call / "stdout").write_bytes(printed.stdout)
            (call / "stderr").write_bytes(printed.stderr)
            _tell(call / "status", printed.exit_status)


def _tell(fifo: Path, exit_status: int) -> None:
    """Write the status; the program has its end open already, unless it was ended."""
    if not stat.S_ISFIFO(fifo.lstat().st_mode):
        return
    with suppress(OSError):
        descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, f"{exit_status}\n".encode())
        finally:
            os.close(descriptor)
