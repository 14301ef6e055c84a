"""Histories that no table foresaw: operators, faults and accidents in any order, drawn and shrunk by hypothesis."""

import asyncio
import itertools
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.rehearsal.killable import Killed
from boks_exporter.simulator.domain import Boksinit, Fault
from boks_exporter.simulator.domain.invariants import running_masters
from tests.faults.commands import Work, apply_plan, go_on, open_run
from tests.faults.faults import AT_CONSOLE, CHANGES, FaultKind, Injection
from tests.faults.harness import CANDIDATE, CLIENT, MASTER, OTHER, THIRD, World, scratch
from tests.virtual.virtual_time import VirtualTimeLoop

HARMLESS = frozenset(Guard) - {
    Guard.UPDATES_ONLY_HERE,
    Guard.STALE_DATABASE,
    Guard.BEHIND_BEST,
    Guard.BEHIND_LAST_MASTER,
    Guard.HOSTS_NOT_ASKED,
    Guard.OLD_MASTER_UNPROVEN,
    Guard.UNSOUND_COPY,
}
"""Findings that an operator accepts here; the others need an inspection, which is not simulated."""

HOSTS = st.sampled_from([MASTER, CANDIDATE, OTHER, THIRD, CLIENT])
PROCEDURES = st.sampled_from(Procedure)
FAULTS = st.sampled_from(sorted({*FaultKind} - CHANGES.keys() - AT_CONSOLE - {FaultKind.OTHER_OPERATOR}))
HALTS = st.none() | st.integers(1, 120)
"""After how many requests an operator presses Ctrl-C, if at all."""
ACCIDENTS = st.sampled_from([Fault.DOWN, Fault.UNREACHABLE, Fault.REFUSED, Fault.DIVERGED, Fault.AHEAD, Fault.SLOW])


class History(RuleBasedStateMachine):
    """A domain with random faults; the program must not break an invariant."""

    @initialize()
    def begin(self) -> None:
        self.directory = scratch()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.world = World(Path(self.directory.name))
        self.world.domain.run(MASTER, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", CLIENT))
        self.world.domain.run(MASTER, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", MASTER))
        self.runner.run(self.world.pass_time(120.0))
        self.runner.run(self.world.learn())

    @rule(procedure=PROCEDURES, host=HOSTS, fault=FAULTS, step=st.integers(1, 17), halt=HALTS)
    def apply(self, procedure: Procedure, host: str, fault: FaultKind, step: int, halt: int | None) -> None:
        """An operator who finds an open run continues it with the printed command."""
        injection = Injection(self.world, fault, step, host)
        if (run := open_run(self.world)) is not None:
            self._program(injection, lambda program: go_on(program, "resume", run.name), halt)
            return
        self._program(injection, lambda program: apply_plan(program, procedure, host, accepted=HARMLESS), halt)

    @rule(command=st.sampled_from(["resume", "abort"]), fault=FAULTS, step=st.integers(1, 17), halt=HALTS)
    def go_on(self, command: str, fault: FaultKind, step: int, halt: int | None) -> None:
        run = open_run(self.world)
        if run is not None:
            injection = Injection(self.world, fault, step, run.plan.target)
            self._program(injection, lambda program: go_on(program, command, run.name), halt)

    @rule(host=HOSTS, accident=ACCIDENTS)
    def something_happens(self, host: str, accident: Fault) -> None:
        self._befall(host, accident)

    @rule(host=HOSTS)
    def a_machine_dies(self, host: str) -> None:
        self.world.gates.states[host].go_down()
        self._befall(host, Fault.MASTER_DEAD)

    def _befall(self, host: str, fault: Fault) -> None:
        """Inject it once: a fault that is set again is cleared first, which would start a dead machine."""
        if fault not in self.world.domain.hosts[host].faults:
            self.world.domain.set_fault(host, fault)

    @rule(host=HOSTS)
    def everything_is_mended(self, host: str) -> None:
        """A machine that comes back as a second master is kept from starting, as the console's script demands."""
        domain = self.world.domain
        simulated = domain.hosts[host]
        is_second = simulated.role is Boksinit.MASTER and set(running_masters(domain)) - {host}
        for fault in tuple(simulated.faults):
            if is_second and fault in {Fault.DOWN, Fault.MASTER_DEAD}:
                simulated.faults.pop(fault)
            else:
                domain.clear_fault(host, fault)

    @rule(seconds=st.sampled_from([1.0, 60.0, 1800.0]))
    def time_passes(self, seconds: float) -> None:
        self.runner.run(self.world.pass_time(seconds))
        for state in self.world.gates.states.values():
            for record in state.records.values():
                if record.state == "running":
                    record.interrupt()

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "world"):
            assert self.world.observer.breaches == [], self.world.said[-40:]

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.runner.close()
            self.directory.cleanup()

    def _program(self, injection: Injection, work: Work, halt: int | None) -> None:
        self.runner.run(self._lived(injection, work, halt))

    async def _lived(self, injection: Injection, work: Work, halt: int | None) -> None:
        with self.world.program() as program:
            injection.into(program)
            requests = itertools.count(1)

            async def press(_host: str, _line: str) -> None:
                if next(requests) == halt:
                    program.tools.halt.ask("SIGINT was received")

            program.way.after.append(press)
            try:
                await work(program)
            except (Killed, BoksExporterError):
                self.world.said.append("(the program ended here)")
            finally:
                injection.out()
        await self.world.pass_time(1.0)


TestHistories = History.TestCase
TestHistories.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
