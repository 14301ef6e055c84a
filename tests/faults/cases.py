"""The cells of the matrix: each fault at each step of each procedure, and second faults after some."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from tests.faults.commands import planned
from tests.faults.faults import AT_CONSOLE, CHANGES, OF_REQUESTS, OUTSIDE, OUTSIDE_LATE, WHILE_LOCKING, FaultKind
from tests.faults.harness import World, prepare, scratch
from tests.virtual.virtual_time import run_virtually


@dataclass(frozen=True, order=True)
class Case:
    """One cell of the matrix; `second` is a fault of the first resume."""

    procedure: Procedure
    step: int
    key: str
    fault: FaultKind
    second: FaultKind | None = None
    at_console: bool = False

    def __str__(self) -> str:
        then = f", then {self.second}" if self.second else ""
        where = " at the console" if self.at_console else ""
        return f"{self.procedure}{where} step {self.step} ({self.key}): {self.fault}{then}"


def plan_of(procedure: Procedure, *, at_console: bool = False) -> Plan:
    """Make the plan that a procedure begins with."""

    async def made(world: World) -> Plan:
        target = await prepare(world, procedure, at_console=at_console)
        return await planned(world, procedure, target)

    with scratch() as directory:
        return run_virtually(made(World(Path(directory))))


_OF_OTHERS: Final = OUTSIDE.keys() | OUTSIDE_LATE.keys() | {FaultKind.ARRIVES_LATE, FaultKind.ARRIVES_TWICE}
_OF_STEPS: Final = {*FaultKind} - CHANGES.keys() - AT_CONSOLE - WHILE_LOCKING - _OF_OTHERS
_AT_CONSOLE: Final = {*FaultKind} - CHANGES.keys() - OF_REQUESTS - WHILE_LOCKING - OUTSIDE.keys() - {FaultKind.REBOOTS}
SECONDS: Final = (
    FaultKind.KILLED_AFTER_REQUEST,
    FaultKind.CUT_DURING,
    FaultKind.FAILS_IN_THE_MIDDLE,
    FaultKind.HANGS,
    FaultKind.REBOOTS,
)


def cases(procedure: Procedure) -> Iterator[Case]:
    """List a procedure's cases: each fault at each step, and second faults after a program that was killed."""
    yield from _before_the_first_step(procedure)
    if procedure is Procedure.RETIRE:
        for fault in sorted(_AT_CONSOLE):
            yield Case(procedure, 1, "console", fault, at_console=True)
    for step in plan_of(procedure).steps:
        for fault in FaultKind:
            if fault in _OF_STEPS and (step.is_sent or fault not in OF_REQUESTS):
                yield Case(procedure, step.number, step.key, fault)
        for second in SECONDS if step.is_sent else ():
            yield Case(procedure, step.number, step.key, FaultKind.KILLED_BEFORE_OUTCOME, second)
            yield Case(procedure, step.number, step.key, FaultKind.FAILS_IN_THE_MIDDLE, second)


def cases_of_others(procedure: Procedure) -> Iterator[Case]:
    """List what others and the network do at each step; before the first one is before the plan is applied."""
    for step in plan_of(procedure).steps:
        for fault in FaultKind:
            is_possible = step.is_sent or fault not in OF_REQUESTS
            if fault in _OF_OTHERS and is_possible and not (fault in OUTSIDE and step.number == 1):
                yield Case(procedure, step.number, step.key, fault)


def _before_the_first_step(procedure: Procedure) -> Iterator[Case]:
    for change in CHANGES:
        # A promotion begins where the master has vanished already.
        if (procedure, change) != (Procedure.PROMOTE, FaultKind.MASTER_VANISHES):
            yield Case(procedure, 0, "before the first step", change)
    yield from (Case(procedure, 0, "the locks", fault) for fault in sorted(WHILE_LOCKING))
