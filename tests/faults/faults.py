"""Everything that can go wrong at a step, and how it is brought about."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from boks_exporter.failover.runner.console import confirmation_code
from boks_exporter.model import HostName
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.operator_cuts import Cut
from boks_exporter.simulator.operator_records import REBOOT_SECONDS, Spoil
from tests.faults.world import MASTER, THIRD, Program, World, run_console_script


class FaultKind(StrEnum):
    """One way for a step to go wrong."""

    NOTHING = "nothing goes wrong"
    KILLED_BEFORE_REQUEST = "killed before the request"
    KILLED_AFTER_REQUEST = "killed after the request"
    KILLED_BEFORE_OUTCOME = "killed before the outcome is journaled"
    CUT_BEFORE = "connection cut before the request arrives"
    CUT_DURING = "connection cut while the command runs"
    CUT_AFTER = "connection cut before the reply arrives"
    FAILS_AT_ONCE = "command fails and has done nothing"
    FAILS_IN_THE_MIDDLE = "command fails and has done half"
    FAILS_AT_THE_END = "command fails and has done everything"
    HANGS = "command hangs"
    GARBLED_OUTPUT = "command succeeds and prints rubbish"
    GARBLED_REPLY = "reply is rubbish"
    REBOOTS = "host reboots"
    OTHER_OPERATOR = "another operator starts"
    DISK_FULL_BEFORE = "journal's disk full before the step"
    DISK_FULL_AFTER = "journal's disk full after the step"
    CONSOLE_NOBODY = "nobody types a code at the console"
    CONSOLE_WRONG_CODE = "a wrong code is typed at the console"
    CONSOLE_HALF = "the script stops half-way at the console"
    CONSOLE_RUMOUR = "the right code is typed, and nothing was done"
    KILLED_WHILE_LOCKING = "killed while it locks"
    LOCK_REPLY_LOST = "the reply to a lock is lost"
    REPLICA_STOPS = "a replica stops between plan and apply"
    TARGET_VANISHES = "the target vanishes between plan and apply"
    MASTER_VANISHES = "the master vanishes between plan and apply"
    SECOND_MASTER = "a second master appears between plan and apply"
    SHM_SIZE_CHANGES = "SHM_SIZE changes between plan and apply"
    REPLICA_STOPS_LATE = "a replica stops between the look and the lock"


SPOILS = {
    FaultKind.FAILS_AT_ONCE: Spoil.FAILS_AT_ONCE,
    FaultKind.FAILS_IN_THE_MIDDLE: Spoil.FAILS_IN_THE_MIDDLE,
    FaultKind.FAILS_AT_THE_END: Spoil.FAILS_AT_THE_END,
    FaultKind.HANGS: Spoil.HANGS,
    FaultKind.GARBLED_OUTPUT: Spoil.PRINTS_RUBBISH,
    FaultKind.REBOOTS: Spoil.REBOOTS,
}
CUTS = {
    FaultKind.CUT_BEFORE: Cut.BEFORE,
    FaultKind.CUT_DURING: Cut.DURING,
    FaultKind.CUT_AFTER: Cut.AFTER,
    FaultKind.GARBLED_REPLY: Cut.GARBLED,
}
OF_REQUESTS = frozenset({*SPOILS, *CUTS, FaultKind.KILLED_AFTER_REQUEST}) - {FaultKind.REBOOTS}
"""What only a step that tells a host something can meet."""
AT_CONSOLE = frozenset(
    {
        FaultKind.CONSOLE_NOBODY,
        FaultKind.CONSOLE_WRONG_CODE,
        FaultKind.CONSOLE_HALF,
        FaultKind.CONSOLE_RUMOUR,
    }
)
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


_DO = re.compile(r"boks-gate/1 op do \S+?\.(?P<number>[0-9]+)(-[0-9]+)? ")


def disk_full() -> sqlite3.OperationalError:
    """Make the error that SQLite raises then."""
    message = "database or disk is full"
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@dataclass
class Injection:
    """One fault at one step, which happens once: to the first attempt that this program makes at it."""

    world: World
    kind: FaultKind
    number: int
    host: HostName
    other_operator: Callable[[], Any] | None = None
    happened: bool = False
    tasks: list["asyncio.Task[Any]"] = field(default_factory=list)

    def into(self, program: Program) -> None:
        """Let it happen in a program."""
        program.journal.before_write = lambda statement, values: self._at_write(program, statement, values)
        program.way.before.append(lambda _host, line: self._before(program, line))
        program.way.after.append(lambda _host, line: self._after(program, line))
        self.world.operator.cuts = self._cut
        self.world.gates.spoil = self._spoil
        self.world.at_console = self.console

    def console(self) -> str | None:
        """Sit at the console: do what the script says, unless this is what goes wrong."""
        code = self.code()
        if self._once(FaultKind.CONSOLE_NOBODY):
            return None
        if self._once(FaultKind.CONSOLE_WRONG_CODE):
            return "1234567890"
        if self._once(FaultKind.CONSOLE_HALF):
            run_console_script(self.world, whole=False)
            return None
        if not self._once(FaultKind.CONSOLE_RUMOUR):
            run_console_script(self.world)
        return code

    def code(self) -> str:
        """Read the run off the script that was printed, and work out its code."""
        script = next(text for text in reversed(self.world.said) if "# On the console of" in text)
        run = re.search(r"boks retired \S+ in (\S+?)'", script)
        assert run
        return confirmation_code(run[1], MASTER)

    def out(self) -> None:
        """Let nothing of the kind happen any more."""
        self.world.operator.cuts = lambda _host, _line: None
        self.world.gates.spoil = lambda _host, _request: None

    def _once(self, kind: FaultKind) -> bool:
        if self.kind is not kind or self.happened:
            return False
        self.happened = True
        return True

    def _is_mine(self, line: str) -> bool:
        match = _DO.match(line)
        return match is not None and int(match["number"]) == self.number

    async def _before(self, program: Program, line: str) -> None:
        if self._is_mine(line) and self._once(FaultKind.KILLED_BEFORE_REQUEST):
            program.life.end()

    async def _after(self, program: Program, line: str) -> None:
        if " op lock " in line and self._once(FaultKind.KILLED_WHILE_LOCKING):
            program.life.end()
        if self._is_mine(line) and self._once(FaultKind.KILLED_AFTER_REQUEST):
            program.life.end()

    def _cut(self, _: HostName, line: str) -> Cut | None:
        if " op lock " in line and self._once(FaultKind.LOCK_REPLY_LOST):
            return Cut.AFTER
        cut = CUTS.get(self.kind)
        return cut if cut and self._is_mine(line) and self._once(self.kind) else None

    def _spoil(self, _: HostName, request: str) -> Spoil | None:
        spoil = SPOILS.get(self.kind)
        return spoil if spoil and self._is_mine(f"boks-gate/1 op do {request} ") and self._once(self.kind) else None

    def _at_write(self, program: Program, statement: str, values: tuple[Any, ...]) -> None:
        if statement == "INSERT INTO steps" and values[1:3] == (self.number, "do"):
            self._at_intent(program, is_waiting=not values[6])
        elif statement.startswith("UPDATE steps") and values[-3:-1] == (self.number, "do"):
            if self._once(FaultKind.KILLED_BEFORE_OUTCOME):
                program.life.end()
            self._fill_disk(FaultKind.DISK_FULL_AFTER)
        if self.happened and self.kind in {FaultKind.DISK_FULL_BEFORE, FaultKind.DISK_FULL_AFTER}:
            raise disk_full()

    def _at_intent(self, program: Program, *, is_waiting: bool) -> None:
        self._fill_disk(FaultKind.DISK_FULL_BEFORE)
        if self.other_operator and self._once(FaultKind.OTHER_OPERATOR):
            self.tasks.append(asyncio.get_running_loop().create_task(self.other_operator()))
        if is_waiting and self._once(FaultKind.KILLED_BEFORE_REQUEST):
            program.life.end()
        if is_waiting and self._once(FaultKind.REBOOTS):
            self.world.gates.reboot(self.host, REBOOT_SECONDS)

    def _fill_disk(self, kind: FaultKind) -> None:
        if self._once(kind):
            raise disk_full()
