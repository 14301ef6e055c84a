"""Everything that can go wrong with a run, and how it is brought about."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from boks_exporter.failover.journal import LoggedStep
from boks_exporter.model import HostName
from boks_exporter.rehearsal.fault_injection import OF_REQUESTS as OF_REQUESTS_OF_STEPS
from boks_exporter.rehearsal.fault_injection import StepFault, StepInjection
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain import Connectivity, Fault
from boks_exporter.simulator.domain.invariants import running_masters
from boks_exporter.simulator.operator_records import Lock
from tests.faults.harness import THIRD, Program, World, run_console_script

FaultKind = StrEnum(
    "FaultKind",
    {
        "NOTHING": "nothing goes wrong",
        **{each.name: each.value for each in StepFault},
        "CONSOLE_NOBODY": "nothing is done at the console",
        "CONSOLE_HALF": "the script stops half-way at the console",
        "KILLED_WHILE_LOCKING": "killed while it locks",
        "LOCK_REPLY_LOST": "the reply to a lock is lost",
        "REPLICA_STOPS": "a replica stops between plan and apply",
        "TARGET_VANISHES": "the target vanishes between plan and apply",
        "MASTER_VANISHES": "the master vanishes between plan and apply",
        "SECOND_MASTER": "a second master appears between plan and apply",
        "SHM_SIZE_CHANGES": "SHM_SIZE changes between plan and apply",
        "REPLICA_STOPS_LATE": "a replica stops between the look and the lock",
        "MASTER_APPEARS": "another master appears before the step",
        "MASTER_APPEARS_LATE": "another master appears between re-check and request",
        "COPY_AHEAD": "another copy gets ahead before the step",
        "COPY_AHEAD_LATE": "another copy gets ahead between re-check and request",
        "LOCK_TAKEN": "another run takes the lock before the step",
        "LOCK_TAKEN_LATE": "another run takes the lock between re-check and request",
        "MASTER_UNREACHED": "the runner loses the connection to the master before the step",
        "PARTITION": "the step's host is cut off from the other hosts before the step",
    },
)
"""One way for a run to go wrong: what a rehearsal can inject at a step, and more."""

OF_REQUESTS = frozenset(FaultKind[each.name] for each in OF_REQUESTS_OF_STEPS) | {
    FaultKind.MASTER_APPEARS_LATE,
    FaultKind.COPY_AHEAD_LATE,
    FaultKind.LOCK_TAKEN_LATE,
}
"""What only a step that tells a host something can meet."""
AT_CONSOLE = frozenset({FaultKind.CONSOLE_NOBODY, FaultKind.CONSOLE_HALF})
WHILE_LOCKING = frozenset({FaultKind.KILLED_WHILE_LOCKING, FaultKind.LOCK_REPLY_LOST})

CHANGES: dict[FaultKind, Callable[[World, HostName], None]] = {
    FaultKind.REPLICA_STOPS: lambda world, _: world.domain.set_fault(THIRD, Fault.DOWN),
    FaultKind.TARGET_VANISHES: lambda world, target: world.domain.set_fault(target, Fault.UNREACHABLE),
    FaultKind.MASTER_VANISHES: lambda world, _: world.domain.set_fault(world.domain.masters()[0], Fault.MASTER_DEAD),
    FaultKind.SECOND_MASTER: lambda world, _: world.domain.set_fault(THIRD, Fault.TWO_MASTERS),
    FaultKind.SHM_SIZE_CHANGES: lambda world, _: _shm_size_changes(world),
    FaultKind.REPLICA_STOPS_LATE: lambda world, _: world.domain.set_fault(THIRD, Fault.DOWN),
}
"""What happens to the domain between the plan and its application."""


def _shm_size_changes(world: World) -> None:
    world.domain.run(THIRD, ("cadm", "-E", "SHM_SIZE=12345"))


OTHER_RUN: Final = "other-1"


def _another_master(world: World) -> None:
    world.domain.set_fault(THIRD, Fault.TWO_MASTERS)
    world.masters_from_outside, world.changed_at = frozenset(running_masters(world.domain)), world.domain.now
    world.changed_from_outside = frozenset({THIRD})


def _get_ahead(world: World) -> None:
    world.domain.set_fault(THIRD, Fault.AHEAD, by=3, tables=[1])
    world.changed_from_outside = frozenset({THIRD})


def _take_lock(world: World, host: HostName) -> None:
    world.gates.states[host].lock = Lock(OTHER_RUN, "bob", "2026-01-01T00:00:00")


def _lose_master(world: World) -> None:
    for master in world.domain.masters():
        world.domain.network.set_ssh(master, Connectivity.UNREACHABLE)


def _isolate(world: World, host: HostName) -> None:
    world.domain.network.partition([host], [name for name in world.domain.hosts if name != host])
    world.domain.connect()


OUTSIDE: dict[FaultKind, Callable[[World, HostName], None]] = {
    FaultKind.MASTER_APPEARS: lambda world, _: _another_master(world),
    FaultKind.COPY_AHEAD: lambda world, _: _get_ahead(world),
    FaultKind.LOCK_TAKEN: _take_lock,
    FaultKind.MASTER_UNREACHED: lambda world, _: _lose_master(world),
    FaultKind.PARTITION: _isolate,
}
"""What others do to the domain before a step."""
OUTSIDE_LATE = {
    FaultKind.MASTER_APPEARS_LATE: FaultKind.MASTER_APPEARS,
    FaultKind.COPY_AHEAD_LATE: FaultKind.COPY_AHEAD,
    FaultKind.LOCK_TAKEN_LATE: FaultKind.LOCK_TAKEN,
}
"""The same between the re-check and the request."""


@dataclass
class Injection:
    """One fault of a run, which happens once: to the first attempt that this program makes at it."""

    world: World
    kind: FaultKind
    number: int
    host: HostName
    other_operator: Callable[[], Any] | None = None
    step: StepInjection = field(init=False)
    own: bool = False
    """Whether what is no fault of a step has happened."""

    def __post_init__(self) -> None:
        """Leave what happens at a step to what rehearsals use."""
        fault = StepFault.__members__.get(self.kind.name)
        self.step = StepInjection(fault, self.number, self.host, self.world.gates, self.other_operator)

    @property
    def happened(self) -> bool:
        """Whether it has happened."""
        return self.own or self.step.happened

    @property
    def tasks(self) -> "list[asyncio.Task[None]]":
        """Return what others do meanwhile."""
        return self.step.tasks

    def into(self, program: Program) -> None:
        """Inject it into a program."""
        self.step.into(program.kill_switch, program.journal, program.way)
        program.way.before.append(lambda _host, line: self._before(line))
        program.way.after.append(lambda _host, line: self._after(program, line))
        at_outcome = program.journal.before_outcome

        def before_next_step(step: LoggedStep) -> None:
            at_outcome(step)
            if step.number == self.number - 1 and self.kind in OUTSIDE and self._once(self.kind):
                OUTSIDE[self.kind](self.world, self.host)

        program.journal.before_outcome = before_next_step
        self.world.operator.connection_fault = self._cut
        self.world.at_console = self.console

    def console(self) -> None:
        """Sit at the console: do what the script says, unless this is what goes wrong."""
        if self._once(FaultKind.CONSOLE_NOBODY):
            return
        run_console_script(self.world, whole=not self._once(FaultKind.CONSOLE_HALF))

    def out(self) -> None:
        """Remove it."""
        self.world.operator.connection_fault = lambda _host, _line: None
        self.step.out()

    def _once(self, kind: FaultKind) -> bool:
        if self.kind is not kind or self.own:
            return False
        self.own = True
        return True

    async def _before(self, line: str) -> None:
        if self.kind in OUTSIDE_LATE and self.step.is_request_of_step(line) and self._once(self.kind):
            OUTSIDE[OUTSIDE_LATE[self.kind]](self.world, self.host)

    async def _after(self, program: Program, line: str) -> None:
        if " op lock " in line and self._once(FaultKind.KILLED_WHILE_LOCKING):
            program.kill_switch.kill()

    def _cut(self, host: HostName, line: str) -> ConnectionFault | None:
        if " op lock " in line and self._once(FaultKind.LOCK_REPLY_LOST):
            return ConnectionFault.AFTER
        return self.step.cut(host, line)
