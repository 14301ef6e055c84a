"""Simulated operators on a twin: one runs the console script, one registers replicas."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.plan import Plan
from boks_exporter.model import HostName, Seconds
from boks_exporter.rehearsal.environment import TwinEnvironment
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.invariants import running_masters

_WALK_SECONDS: Final[Seconds] = 60.0
_WAITS: Final = "wait-registered"


@dataclass
class SimulatedOperators:
    """Do the manual parts of a plan, each once and one minute after the step begins."""

    environment: TwinEnvironment
    plan: Plan
    report: Callable[[str], None]
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def on_step(self, step: LoggedStep) -> None:
        """Act on a step that is about to be sent."""
        key = self.plan.step(step.number).key
        if key == "console":
            self.tasks.append(asyncio.create_task(self._run_script(step.host)))
        elif key == _WAITS and not self.environment.domain.hosts[step.host].is_registered:
            self.tasks.append(asyncio.create_task(self._register(step.host)))

    async def cancel(self) -> None:
        """Stop acting."""
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run_script(self, name: HostName) -> None:
        await self.environment.time.sleep(_WALK_SECONDS)
        self.environment.catch_up()
        self.report(f"(at the console of {name}: the script is run, and the host is booted)")
        domain, host = self.environment.domain, self.environment.domain.hosts[name]
        if host.role is not Boksinit.CLIENT:
            domain.run(name, ("convert", "-v", "client"))
        domain.run(name, ("Boot", "-k"))
        if host.copy.database is not None:
            domain.move_data_aside(name, "console")
        host.faults.clear()
        domain.run(name, ("Boot",))

    async def _register(self, host: HostName) -> None:
        await self.environment.time.sleep(_WALK_SECONDS)
        self.environment.catch_up()
        for master in running_masters(self.environment.domain)[:1]:
            self.report(f"(in the database of {master}: the type of {host} is changed to BOKSREPLICA)")
            self.environment.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
