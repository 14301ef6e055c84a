"""The people beside the operator, on a twin: one at a host's console, and one who changes a host's type."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.runner.console import confirmation_code
from boks_exporter.model import HostName, Seconds
from boks_exporter.rehearsal.environment import Stage
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.invariants import running_masters

_WALK_SECONDS: Final[Seconds] = 60.0
_WAITS: Final = "wait-registered"


@dataclass
class TwinConsole:
    """Walk over there once, run the script, and come back with its code."""

    stage: Stage
    see: Callable[[str], None]
    run: str | None = None
    host: HostName = ""
    is_over: bool = False

    async def code(self) -> str | None:
        """Tell the code that the script printed; nobody types another."""
        if self.is_over or self.run is None:
            return None
        self.is_over = True
        await self.stage.time.sleep(_WALK_SECONDS)
        self.see(f"(at the console of {self.host}: somebody runs the script, and lets the host boot)")
        self._run_script()
        return confirmation_code(self.run, self.host)

    def _run_script(self) -> None:
        self.stage.catch_up()
        domain, host = self.stage.domain, self.stage.domain.hosts[self.host]
        if host.role is not Boksinit.CLIENT:
            domain.run(host.name, ("convert", "-v", "client"))
        domain.run(host.name, ("Boot", "-k"))
        if host.copy.database is not None:
            domain.move_data_aside(host.name, "console")
        host.faults.clear()
        domain.run(host.name, ("Boot",))


@dataclass
class People:
    """Whoever has a part in a plan beside the operator's; each does it once, a minute after it is asked for."""

    stage: Stage
    plan: Plan
    see: Callable[[str], None]
    console: TwinConsole
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def hear(self, step: LoggedStep) -> None:
        """Hear of a step that is about to be done."""
        key = self.plan.step(step.number).key
        if key == "console":
            self.console.run, self.console.host = step.step_id.partition(".")[0], step.host
        elif key == _WAITS and not self.stage.domain.hosts[step.host].is_registered:
            self.tasks.append(asyncio.create_task(self._register(step.host)))

    async def go_home(self) -> None:
        """Do nothing any more."""
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _register(self, host: HostName) -> None:
        await self.stage.time.sleep(_WALK_SECONDS)
        self.stage.catch_up()
        for master in running_masters(self.stage.domain)[:1]:
            self.see(f"(in the database of {master}: somebody changes the type of {host} to BOKSREPLICA)")
            self.stage.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
