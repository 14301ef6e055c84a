"""The programs of the fourth site as processes in its namespace: the exporter within its limits, and its observers."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boks_exporter.model import Seconds
from tests.bed.layout import EXPORTER_PORT, WATCHERS, address
from tests.bed.memory_group import MemoryGroup
from tests.bed.network import enter, run

ROOT: Final = Path(__file__).parents[2]
_DISK: Final = "4m"
_START_SECONDS: Final[Seconds] = 180.0
_LOOK_SECONDS: Final[Seconds] = 0.05


class Program:
    """A program in the watchers' namespace, which can be frozen, killed and started again."""

    def __init__(self, name: str, directory: Path, command: tuple[str, ...], within: tuple[str, ...] = ()) -> None:
        self.name = name
        self.directory = directory
        self.log = directory / f"{name}.log"
        self._command = command
        self._within = within
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        if self._process is None or self._process.returncode is not None:
            message = f"{self.name} is not running: {self.last_lines()}"
            raise RuntimeError(message)
        return self._process.pid

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._within,
                *enter(WATCHERS),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the program, if it runs, and return its exit status."""
        if self._process is None:
            return 0
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
        try:
            async with asyncio.timeout(_START_SECONDS):
                status = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            status = await self._process.wait()
        self._process = None
        return status

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds."""

    memory_bytes: int
    descriptors: int
    threads: int
    tasks: int


class Exporter(Program):
    """`boks-exporter serve` on a small disk of its own and in a memory group of its own."""

    def __init__(self, name: str, directory: Path, port: int = EXPORTER_PORT) -> None:
        self.disk = directory / "disk"
        self.config = directory / "config.yaml"
        self.port = port
        self.memory = MemoryGroup(directory.parent.name, name)
        program = (sys.executable, str(Path(__file__).with_name("exporter_program.py")), str(directory), "serve")
        flags = (f"--config.file={self.config}", f"--web.listen-address={address(WATCHERS)}:{port}")
        super().__init__(name, directory, (*program, *flags, "--log.format=json"), self.memory.enter)

    async def prepare(self, config: str) -> None:
        self.disk.mkdir()
        await run("mount", "-t", "tmpfs", "-o", f"size={_DISK}", "disk", str(self.disk))
        self.config.write_text(config, encoding="utf-8")
        self.memory.create()

    def set_clock(self, wrong_by: float) -> None:
        new = self.directory / "clock.new"
        new.write_text(f"{wrong_by}\n", encoding="ascii")
        new.replace(self.directory / "clock")

    async def usage(self) -> Usage:
        """Measure what the process holds now; it counts its tasks itself."""
        (counted := self.directory / "tasks").unlink(missing_ok=True)
        self.send_signal(signal.SIGUSR1)
        await until(counted.exists, "the exporter's count of its tasks")
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        )
        return Usage(
            memory_bytes=int(status["VmRSS"].split()[0]) * 1024,
            descriptors=self.descriptors(),
            threads=int(status["Threads"]),
            tasks=int(counted.read_text(encoding="ascii")),
        )

    def descriptors(self) -> int:
        return len(self._open_descriptors())

    def _open_descriptors(self) -> list[int]:
        return [int(each.name) for each in Path(f"/proc/{self.pid}/fd").iterdir()]

    @contextmanager
    def few_descriptors(self, more: int) -> Iterator[None]:
        """Allow only so many descriptors more than are open now."""
        before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        limit = max(self._open_descriptors()) + 1 + more
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                resource.prlimit(self.pid, resource.RLIMIT_NOFILE, before)


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[None]:
    """Run a program until the block ends."""
    await program.start()
    try:
        yield
    finally:
        await program.stop()


async def until(is_so: Callable[[], object], what: str, seconds: Seconds = _START_SECONDS) -> None:
    """Wait for a condition; raises TimeoutError with its name."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        message = f"waited {seconds:g} s for {what}"
        raise TimeoutError(message) from None
