"""Simulated operators on a twin: one runs the console script, one registers replicas."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.runner.console import confirmation_code
from boks_exporter.model import HostName, Seconds
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.invariants import running_masters

_WALK_SECONDS: Final[Seconds] = 60.0
_WAITS: Final = "wait-registered"


@dataclass
class SimulatedConsole:
    """Simulate the operator running the console script."""

    environment: TwinEnvironment
    report: Callable[[str], None]
    run: str | None = None
    host: HostName = ""
    is_done: bool = False

    async def code(self) -> str | None:
        """Return the code that the script prints, once."""
        if self.is_done or self.run is None:
            return None
        self.is_done = True
        await self.environment.time.sleep(_WALK_SECONDS)
        self.report(f"(at the console of {self.host}: the script is run, and the host is booted)")
        self._run_script()
        return confirmation_code(self.run, self.host)

    def _run_script(self) -> None:
        self.environment.catch_up()
        domain, host = self.environment.domain, self.environment.domain.hosts[self.host]
        if host.role is not Boksinit.CLIENT:
            domain.run(host.name, ("convert", "-v", "client"))
        domain.run(host.name, ("Boot", "-k"))
        if host.copy.database is not None:
            domain.move_data_aside(host.name, "console")
        host.faults.clear()
        domain.run(host.name, ("Boot",))


@dataclass
class SimulatedOperators:
    """Do the manual parts of a plan, each once and one minute after the step begins."""

    environment: TwinEnvironment
    plan: Plan
    report: Callable[[str], None]
    console: SimulatedConsole
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def on_step(self, step: LoggedStep) -> None:
        """Act on a step that is about to be sent."""
        key = self.plan.step(step.number).key
        if key == "console":
            self.console.run, self.console.host = step.step_id.partition(".")[0], step.host
        elif key == _WAITS and not self.environment.domain.hosts[step.host].is_registered:
            self.tasks.append(asyncio.create_task(self._register(step.host)))

    async def cancel(self) -> None:
        """Stop acting."""
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _register(self, host: HostName) -> None:
        await self.environment.time.sleep(_WALK_SECONDS)
        self.environment.catch_up()
        for master in running_masters(self.environment.domain)[:1]:
            self.report(f"(in the database of {master}: the type of {host} is changed to BOKSREPLICA)")
            self.environment.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
