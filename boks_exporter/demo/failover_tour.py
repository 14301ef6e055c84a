"""A failover from the death of the master to all green again, by the very commands, on simulated hosts behind SSH."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import structlog

from boks_exporter.app.options import ServeOptions
from boks_exporter.demo.demo_output import Guide
from boks_exporter.demo.failover_tour_environment import (
    AGE_SECONDS,
    MASTER,
    REPLICAS,
    TourError,
    insist_on_soundness,
    tour_config,
    tour_layout,
)
from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.operator_gate import OperatorGates

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

_SPEED: Final = 20
"""So many seconds pass in the simulated domain while one passes here: hearts beat and copies load in no time."""
_PATIENCE_SECONDS: Final[Seconds] = 90.0
_ROUNDS_SECONDS: Final[Seconds] = 4.0
"""Two rounds of the exporter."""
_BEST: Final = re.compile(r"^1\. ([A-Za-z0-9_.-]+)", re.MULTILINE)
_FINGERPRINT: Final = re.compile(r"^Fingerprint: ([0-9a-f]+)$", re.MULTILINE)
_INTRODUCTION: Final = f"""\
A simulated BoKS domain: the master {MASTER} and {len(REPLICAS)} replicas, each an SSH server on this machine with the
operator's gate, and the real exporter looking at them. Time passes {_SPEED} times faster in it. Every command below is
the real one, run as it is typed."""


def failover_tour() -> int:
    """Play it to its end; returns 0 only if the simulated domain is really sound then. Nothing stays behind."""
    try:
        with asyncio.Runner() as runner:
            runner.run(_play())
    except TourError as error:
        _tell(f"\nThe tour failed: {error}")
        return 1
    except asyncio.CancelledError:
        _tell("\nThe tour was stopped before its end.")
        return 1
    return 0


async def _play() -> None:
    _end_on(signal.SIGTERM, signal.SIGINT)
    _tell(_INTRODUCTION)
    domain = SimulatedDomain(tour_layout(), seed=1)
    with TemporaryDirectory(prefix="boks-exporter-demo-") as directory:
        async with _served(domain, Path(directory)) as tour:
            # The exporter reads its configuration anew on SIGHUP; a tour whose terminal is closed has to end.
            _end_on(signal.SIGHUP)
            await tour.play()


def _end_on(*signals: signal.Signals) -> None:
    task = asyncio.current_task()
    if task is not None:
        for ending in signals:
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)


@asynccontextmanager
async def _served(domain: SimulatedDomain, directory: Path) -> AsyncIterator["_Tour"]:
    """Serve the hosts, and run the exporter on them."""
    from boks_exporter.app.serve import run_until
    from boks_exporter.config import load
    from boks_exporter.observe import SystemClock
    from boks_exporter.simulator.server import SimulatedServers

    began, file, stop = time.monotonic(), directory / "boks-exporter.yaml", asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def now() -> Timestamp:
        return domain.epoch + AGE_SECONDS + (time.monotonic() - began) * _SPEED

    def started(addresses: tuple[str, ...]) -> None:
        listening.set_result(addresses[0])

    async with SimulatedServers(domain, directory, now, OperatorGates(domain)) as servers:
        file.write_text(json.dumps(tour_config(servers, directory)), encoding="utf-8")
        tour = _Tour(servers, file)
        structlog.configure(processors=[tour.log_event], cache_logger_on_first_use=False)
        options = ServeOptions(config_file=file, listen_addresses=("127.0.0.1:0",))
        running = run_until(stop, options, load(file), SystemClock(), lambda: load(file), started)
        exporter = asyncio.create_task(running, name="exporter")
        try:
            first: tuple[asyncio.Future[Any], ...] = (exporter, listening)
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                tour.url = listening.result()
                yield tour
        finally:
            stop.set()
            await exporter


class _Tour:
    """The night, as one at the terminal lives it."""

    def __init__(self, servers: "SimulatedServers", config_file: Path) -> None:
        self.url = ""
        self._servers = servers
        self._domain = servers.domain
        self._observer = Observer(servers.domain)
        self._config_file = config_file
        self._guide = Guide(_tell, time.monotonic)
        self._chapters = 0
        self._state: str | None = None
        self._changed = asyncio.Event()

    async def play(self) -> None:
        """Go from all green through the night to all green."""
        await self._is_seen_as("ok", "the exporter sees the domain sound")
        self._chapter("The master dies", "Its machine is switched off.")
        await self._servers.set_fault(MASTER, Fault.MASTER_DEAD)
        await self._is_seen_as("no_master", "the exporter finds that there is no master")
        self._chapter("Who can take over?")
        best = _found(_BEST, await self._command("candidates"), "a candidate")
        self._chapter(f"{best} becomes master", "First the plan is shown, and nothing is changed; then it is applied.")
        await self._apply("promote", best)
        self._chapter(f"{MASTER} returns", "It is repaired, in single-user mode: BoKS is stopped on it.")
        await self._return()
        await self._apply("retire", MASTER)
        self._chapter(f"{MASTER} becomes a replica", f"It is registered as BOKSREPLICA on {best} first.")
        self._register(MASTER, on=best)
        await self._apply("add-replica", MASTER)
        self._chapter("Failback", f"{MASTER} takes over again, and {best} becomes its replica.")
        self._register(best, on=best)
        await self._apply("failback", MASTER)
        self._chapter("All green")
        await self._command("verify")
        await self._command("history")
        await self._is_seen_as("ok", "the exporter sees the domain sound")
        await self._run("status", "--url", self.url)
        self._conclude()

    def log_event(self, logger: object, method: str, event: Mapping[str, Any]) -> str:
        """Tell what the exporter sees, and keep it; a processor of structlog."""
        if event["event"] == "domain_state_changed":
            self._state = str(event["state"])
            self._changed.set()
        return self._guide.log_event(logger, method, event)

    # -- what happens to the hosts -----------------------------------------------------------------------------------

    async def _return(self) -> None:
        """Switch the old master on; its BoKS does not start by itself."""
        host = self._domain.hosts[MASTER]
        host.faults.pop(Fault.MASTER_DEAD)
        host.daemons_running = False
        self._domain.connect()
        await self._servers.update_listeners()

    def _register(self, host: HostName, *, on: HostName) -> None:
        """Change a host's type in the database, as an administrator does on the master."""
        argv = ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host)
        _tell(f"{on}$ boksadm -S {' '.join(argv)}")
        self._domain.run(on, argv)

    def _conclude(self) -> None:
        insist_on_soundness(self._domain, self._observer)
        _tell(
            f"\nAll green by the simulator's own truth: {MASTER} is the only master, and {len(REPLICAS)} replicas "
            "have all that it has.\nAt no instant did two masters run, and no last copy was removed."
        )

    # -- what is typed -----------------------------------------------------------------------------------------------

    async def _apply(self, procedure: str, host: HostName) -> None:
        shown = await self._command(procedure, host)
        await self._command(procedure, host, "--apply", _found(_FINGERPRINT, shown, "a fingerprint"))

    async def _command(self, *words: str) -> str:
        return await self._run("failover", *words)

    async def _run(self, *words: str) -> str:
        """Run a command as a program of its own, telling its lines as they come; returns them."""
        _tell(f"\n$ boks-exporter {' '.join(words)}")
        options = ("--config.file", str(self._config_file)) if words[0] == "failover" else ()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "boks_exporter", *words, *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            told = [line async for line in _lines(process)]
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code:
            message = f"boks-exporter {' '.join(words)} ended with {code}, which should have been 0; it says above why"
            raise TourError(message)
        return "\n".join(told)

    async def _is_seen_as(self, state: str, what: str) -> None:
        """Wait until the exporter says so."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._state != state:
                    self._changed.clear()
                    await self._changed.wait()
                await asyncio.sleep(_ROUNDS_SECONDS)
        except TimeoutError:
            message = f"within {_PATIENCE_SECONDS:g} s it did not come to pass that {what}; it says {self._state}"
            raise TourError(message) from None

    def _chapter(self, title: str, says: str = "") -> None:
        self._chapters += 1
        _tell(f"\n== {self._chapters}. {title}")
        if says:
            _tell(says)


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Tell each line of a program, and give it."""
    if process.stdout is None:
        return
    async for line in process.stdout:
        text = line.decode(errors="replace").rstrip("\n")
        _tell(text)
        yield text


def _found(pattern: re.Pattern[str], text: str, what: str) -> str:
    match = pattern.search(text)
    if match is None:
        message = f"expected {what} in what was printed, found none"
        raise TourError(message)
    return match[1]


def _tell(line: str) -> None:
    """Tell at once, also where the output is a pipe; when nobody listens any more, the tour ends as by SIGTERM."""
    try:
        print(line, flush=True)  # noqa: T201 - the tour talks to whoever started it
    except BrokenPipeError:
        # What is left in the buffer must not fail once more when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        signal.raise_signal(signal.SIGTERM)
