"""A whole failover on simulated hosts behind SSH, by the real commands."""

import asyncio
import json
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from boks_exporter.app.options import ServeOptions
from boks_exporter.demo.demo_output import Guide
from boks_exporter.demo.failover_tour_environment import (
    AGE_SECONDS,
    MASTER,
    REPLICAS,
    TourError,
    check_final_state,
    tour_config,
    tour_layout,
)
from boks_exporter.loggers import structlog
from boks_exporter.model import HostName, Seconds, Timestamp
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.operator_gate import OperatorGates

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

_SPEED: Final = 20
"""Simulated seconds per second."""
_PATIENCE_SECONDS: Final[Seconds] = 90.0
_ROUNDS_SECONDS: Final[Seconds] = 4.0
"""Two rounds of the exporter."""
_UNPROVEN: Final = 11
"""The exit code of `candidates` while it is not proven that the old master is off."""
_BEST: Final = re.compile(r"^1\. ([A-Za-z0-9_.-]+)", re.MULTILINE)
_FINGERPRINT: Final = re.compile(r"^Fingerprint: ([0-9a-f]+)$", re.MULTILINE)
_INTRODUCTION: Final = f"""\
A simulated BoKS domain: the master {MASTER} and {len(REPLICAS)} replicas, each an SSH server on this machine with the
operator's gate, and the real exporter polling them. Its time runs {_SPEED} times faster. Every command below is the
real one, run as it is typed."""


def failover_tour() -> int:
    """Run the tour; returns 0 only if the simulated domain is healthy at the end. All its files are removed."""
    try:
        with asyncio.Runner() as runner:
            runner.run(_run())
    except TourError as error:
        _print(f"\nThe tour failed: {error}")
        return 1
    except asyncio.CancelledError:
        _print("\nThe tour was stopped before its end.")
        return 1
    return 0


async def _run() -> None:
    _end_on(signal.SIGTERM, signal.SIGINT)
    _print(_INTRODUCTION)
    domain = SimulatedDomain(tour_layout(), seed=1)
    with TemporaryDirectory(prefix="boks-exporter-demo-") as directory:
        async with _served(domain, Path(directory)) as tour:
            # The exporter reloads its configuration on SIGHUP; a tour whose terminal is closed must end.
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
    """The failover as the operator at the terminal runs it."""

    def __init__(self, servers: "SimulatedServers", config_file: Path) -> None:
        self.url = ""
        self._servers = servers
        self._domain = servers.domain
        self._observer = Observer(servers.domain)
        self._config_file = config_file
        self._guide = Guide(_print, time.monotonic)
        self._chapters = 0
        self._state: str | None = None
        self._changed = asyncio.Event()

    async def play(self) -> None:
        """Run every chapter."""
        await self._wait_for_state("ok", "the exporter reports the domain as ok")
        self._chapter("The master dies", "Its machine is switched off.")
        await self._servers.set_fault(MASTER, Fault.MASTER_DEAD)
        await self._wait_for_state("no_master", "the exporter reports that there is no master")
        self._chapter("Who can take over?")
        best = _found(_BEST, await self._command("candidates", expected=_UNPROVEN), "a candidate")
        self._chapter(
            f"{best} becomes master",
            f"No host reaches {MASTER}, which proves nothing. You saw that it is off, and accept that by name.\n"
            "First the plan is shown and nothing is changed; then it is applied.",
        )
        await self._apply("promote", best, "--accept", f"old_master_unproven={MASTER}", "--reason", "its power is off")
        self._chapter(f"{MASTER} returns", "It was repaired and runs again; BoKS is stopped on it.")
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
        await self._wait_for_state("ok", "the exporter reports the domain as ok")
        await self._run_program("status", "--url", self.url)
        self._conclude()

    def log_event(self, logger: object, method: str, event: Mapping[str, Any]) -> str:
        """Print and store the exporter's events; a processor of structlog."""
        if event["event"] == "domain_state_changed":
            self._state = str(event["state"])
            self._changed.set()
        return self._guide.log_event(logger, method, event)

    # -- changes of the hosts ------------------------------------------------------------------------------------------

    async def _return(self) -> None:
        """Switch the old master on, with BoKS stopped."""
        host = self._domain.hosts[MASTER]
        host.faults.pop(Fault.MASTER_DEAD)
        host.daemons_running = False
        self._domain.connect()
        await self._servers.update_listeners()

    def _register(self, host: HostName, *, on: HostName) -> None:
        """Change a host's type in the database, as an administrator does on the master."""
        argv = ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host)
        _print(f"{on}$ boksadm -S {' '.join(argv)}")
        self._domain.run(on, argv)

    def _conclude(self) -> None:
        check_final_state(self._domain, self._observer)
        _print(
            f"\nBy the simulator's own truth {MASTER} is the only master, and {len(REPLICAS)} replicas have "
            "all its updates.\nAt no time did two masters run, and no last copy was removed."
        )

    # -- commands ------------------------------------------------------------------------------------------------------

    async def _apply(self, procedure: str, host: HostName, *accepted: str) -> None:
        shown = await self._command(procedure, host, *accepted)
        await self._command(procedure, host, *accepted, "--apply", _found(_FINGERPRINT, shown, "a fingerprint"))

    async def _command(self, *words: str, expected: int = 0) -> str:
        return await self._run_program("failover", *words, expected=expected)

    async def _run_program(self, *words: str, expected: int = 0) -> str:
        """Run a command as a program of its own and print its lines; returns them."""
        _print(f"\n$ boks-exporter {shlex.join(words)}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "boks_exporter", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "BOKS_EXPORTER_CONFIG_FILE": str(self._config_file)},
        )
        try:
            output = [line async for line in _lines(process)]
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code != expected:
            message = f"boks-exporter {' '.join(words)} exited with {code} instead of {expected}; see its output above"
            raise TourError(message)
        return "\n".join(output)

    async def _wait_for_state(self, state: str, what: str) -> None:
        """Wait until the exporter reports a state."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._state != state:
                    self._changed.clear()
                    await self._changed.wait()
                await asyncio.sleep(_ROUNDS_SECONDS)
        except TimeoutError:
            message = f"timed out after {_PATIENCE_SECONDS:g} s waiting until {what}; it reports {self._state}"
            raise TourError(message) from None

    def _chapter(self, title: str, says: str = "") -> None:
        self._chapters += 1
        _print(f"\n== {self._chapters}. {title}")
        if says:
            _print(says)


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Print and yield each line of a program."""
    if process.stdout is None:
        return
    async for line in process.stdout:
        text = line.decode(errors="replace").rstrip("\n")
        _print(text)
        yield text


def _found(pattern: re.Pattern[str], text: str, what: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise TourError(f"expected {what} in the output, found none")
    return match[1]


def _print(line: str) -> None:
    """Print and flush a line; where the output was closed, the tour ends as by SIGTERM."""
    try:
        print(line, flush=True)  # noqa: T201 - the tour prints to its terminal
    except BrokenPipeError:
        # The rest of the buffer must not fail again when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        signal.raise_signal(signal.SIGTERM)
