"""The demo: a simulated domain behind SSH, temporary faults, and the real exporter polling it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from boks_exporter.app.options import ServeOptions
from boks_exporter.demo.demo_output import Guide
from boks_exporter.demo.options import DemoOptions
from boks_exporter.errors import ConfigError, ListenError, Problem
from boks_exporter.loggers import structlog
from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain import Boksinit, Layout, SimulatedDomain, published_layout
from boks_exporter.simulator.scenarios import SCENARIOS
from boks_exporter.simulator.timeline import Scenario, ScenarioHosts

if TYPE_CHECKING:
    from boks_exporter.simulator.server import SimulatedServers

_WRITES_PER_SECOND: Final = 2.0
_LOADING_SECONDS: Final[Seconds] = 10.0
_AGE_SECONDS: Final[Seconds] = 3600.0


def demo(options: DemoOptions) -> int:
    """Run the demo until it is interrupted or its time is over.

    Raises ListenError if the exporter's address is in use, ConfigError for an unknown scenario. All its files are
    removed at the end.
    """
    scenario = _scenario(options.scenario)
    layout = _layout()
    with asyncio.Runner() as runner:
        failure = runner.run(_Demo(options, scenario, _cast(layout)).run(layout))
    if failure:
        raise ListenError(failure.address, f"{failure.reason}. For any free port: --listen 127.0.0.1:0") from failure
    return 0


def _scenario(name: str) -> Scenario:
    scenario = SCENARIOS.get(name)
    if scenario is None:
        message = f"expected one of {', '.join(SCENARIOS)}, found {name!r}"
        raise ConfigError((Problem(file="--scenario", line=None, path="", message=message),))
    return scenario


def _layout() -> Layout:
    """Lay out the documented site, an hour old and busy enough that every fault shows within two rounds."""
    layout = published_layout(writes_per_second=_WRITES_PER_SECOND)
    return replace(layout, loading_seconds=_LOADING_SECONDS, epoch=time.time() - _AGE_SECONDS)


def _cast(layout: Layout) -> ScenarioHosts:
    sites: dict[str, tuple[HostName, ...]] = {}
    for host in layout.hosts:
        sites[host.site] = (*sites.get(host.site, ()), host.name)
    masters = [host.name for host in layout.hosts if host.role is Boksinit.MASTER]
    return ScenarioHosts(masters[0], tuple(host.name for host in layout.hosts if host.role is Boksinit.SERVER), sites)


class _Demo:
    """One run of the demo."""

    def __init__(self, options: DemoOptions, scenario: Scenario, cast: ScenarioHosts) -> None:
        self._options = options
        self._scenario = scenario
        self._cast = cast
        self._guide = Guide(self._print, time.monotonic)
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()

    async def run(self, layout: Layout) -> ListenError | None:
        """Serve the domain and the exporter; all files are in a directory that is removed at the end."""
        self._end_on(signal.SIGTERM, signal.SIGINT)
        self._guide.welcome(self._options, self._scenario, self._cast)
        structlog.configure(processors=[self._guide.log_event], cache_logger_on_first_use=False)
        with TemporaryDirectory(prefix="boks-exporter-demo-") as directory:
            return await self._serve(SimulatedDomain(layout, seed=self._options.seed), Path(directory))

    async def _serve(self, domain: SimulatedDomain, directory: Path) -> ListenError | None:
        # These import asyncssh, aiohttp and pydantic, after the guide's first lines are printed.
        from boks_exporter.app.serve import run_until
        from boks_exporter.config import load
        from boks_exporter.demo.demo_config import can_have_gates, config_text
        from boks_exporter.observe import SystemClock
        from boks_exporter.simulator.operator_gate import OperatorGates
        from boks_exporter.simulator.server import SimulatedServers

        file = directory / "boks-exporter.yaml"
        options = ServeOptions(config_file=file, listen_addresses=(self._options.listen,))
        gates = OperatorGates(domain) if can_have_gates(domain) else None
        async with SimulatedServers(domain, directory, operators=gates) as servers, asyncio.TaskGroup() as group:
            file.write_text(config_text(servers), encoding="utf-8")
            playing = group.create_task(self._play(servers), name="scenario")
            try:
                await run_until(
                    self._stop, options, load(file), SystemClock(), lambda: load(file), self._started(servers, file)
                )
            except ListenError as error:
                return error
            finally:
                playing.cancel()
        return None

    def _started(self, servers: "SimulatedServers", file: Path) -> Callable[[tuple[str, ...]], None]:
        def started(addresses: tuple[str, ...]) -> None:
            self._guide.ready(addresses, file, self._cast if servers.operators else None)
            self._ready.set()
            if self._options.duration_seconds is not None:
                asyncio.get_running_loop().call_later(self._options.duration_seconds, self._stop.set)

        return started

    async def _play(self, servers: "SimulatedServers") -> None:
        """Run every step of the scenario at its time."""
        await self._ready.wait()
        # The daemon reloads its configuration on SIGHUP; a demo whose terminal is closed must end.
        self._end_on(signal.SIGHUP)
        now = asyncio.get_running_loop().time
        begun = now()
        for step in self._scenario.steps(self._cast, self._options.seed):
            await asyncio.sleep(begun + step.at - now())
            self._guide.step(step)
            for trouble in step.begins:
                if trouble.removes_data:
                    servers.remove_data(trouble.host)
                await servers.set_fault(trouble.host, trouble.fault, **trouble.parameters)
            for trouble in step.ends:
                await servers.clear_fault(trouble.host, trouble.fault)

    def _end_on(self, *signals: signal.Signals) -> None:
        for ending in signals:
            asyncio.get_running_loop().add_signal_handler(ending, self._stop.set)

    def _print(self, line: str) -> None:
        """Print and flush a line; where the output was closed, the demo ends."""
        try:
            print(line, flush=True)  # noqa: T201 - the demo prints to its terminal
        except OSError:
            # The rest of the buffer must not fail again when the program ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._stop.set()
