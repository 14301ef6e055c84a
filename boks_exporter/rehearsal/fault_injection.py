"""Everything that can go wrong at a step, and how it is brought about in a program that works on simulated hosts."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from boks_exporter.failover.journal import LoggedStep, StepPhase
from boks_exporter.failover.procedures.step import ProcedureStep
from boks_exporter.model import HostName
from boks_exporter.rehearsal.killable import Life, MortalJournal, MortalWay
from boks_exporter.simulator.connection_faults import Cut
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import REBOOT_SECONDS, Spoil


class StepFault(StrEnum):
    """One way for a step to go wrong."""

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

    @property
    def word(self) -> str:
        """Tell how it is typed."""
        return self.name.lower().replace("_", "-")


SPOILS: Final = {
    StepFault.FAILS_AT_ONCE: Spoil.FAILS_AT_ONCE,
    StepFault.FAILS_IN_THE_MIDDLE: Spoil.FAILS_IN_THE_MIDDLE,
    StepFault.FAILS_AT_THE_END: Spoil.FAILS_AT_THE_END,
    StepFault.HANGS: Spoil.HANGS,
    StepFault.GARBLED_OUTPUT: Spoil.PRINTS_RUBBISH,
    StepFault.REBOOTS: Spoil.REBOOTS,
}
CUTS: Final = {
    StepFault.CUT_BEFORE: Cut.BEFORE,
    StepFault.CUT_DURING: Cut.DURING,
    StepFault.CUT_AFTER: Cut.AFTER,
    StepFault.GARBLED_REPLY: Cut.GARBLED,
}
OF_REQUESTS: Final = frozenset({*SPOILS, *CUTS, StepFault.KILLED_AFTER_REQUEST}) - {StepFault.REBOOTS}
"""What only a step that tells a host something can meet."""

_DO: Final = re.compile(r"boks-gate/1 op do \S+?\.(?P<number>[0-9]+)(-[0-9]+)? ")
_FULL: Final = frozenset({StepFault.DISK_FULL_BEFORE, StepFault.DISK_FULL_AFTER})


def can_meet(step: ProcedureStep, fault: StepFault) -> bool:
    """Tell whether a fault can happen at a step at all."""
    return bool(step.words) or fault not in OF_REQUESTS


def disk_full() -> sqlite3.OperationalError:
    """Make the error that SQLite raises then."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@dataclass
class StepInjection:
    """One fault at one step, which happens once: to the first attempt that a program makes at it.

    `host` is the one that reboots under a step that only waits.
    """

    kind: StepFault | None
    number: int
    host: HostName
    gates: OperatorGates
    other_operator: Callable[[], Coroutine[Any, Any, None]] | None = None
    happened: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def into(self, life: Life, journal: MortalJournal, way: MortalWay) -> None:
        """Let it happen in a program; what breaks on the way is asked for by `cut`."""
        journal.before_intent = lambda step: self._at_intent(life, step)
        journal.before_outcome = lambda step: self._at_outcome(life, step)
        journal.before_write = self._at_write
        way.before.append(lambda _host, line: self._before(life, line))
        way.after.append(lambda _host, line: self._after(life, line))
        self.gates.spoil = self._spoil

    def out(self) -> None:
        """Let nothing of the kind happen any more."""
        self.gates.spoil = lambda _host, _request: None

    def cut(self, _: HostName, line: str) -> Cut | None:
        """Tell whether this exchange breaks."""
        cut = CUTS.get(self.kind) if self.kind else None
        return cut if cut and self._is_mine(line) and self._once(self.kind) else None

    def _once(self, kind: StepFault | None) -> bool:
        if self.kind is not kind or self.happened:
            return False
        self.happened = True
        return True

    def _is_mine(self, line: str) -> bool:
        match = _DO.match(line)
        return match is not None and int(match["number"]) == self.number

    async def _before(self, life: Life, line: str) -> None:
        if self._is_mine(line) and self._once(StepFault.KILLED_BEFORE_REQUEST):
            life.end()

    async def _after(self, life: Life, line: str) -> None:
        if self._is_mine(line) and self._once(StepFault.KILLED_AFTER_REQUEST):
            life.end()

    def _spoil(self, _: HostName, request: str) -> Spoil | None:
        spoil = SPOILS.get(self.kind) if self.kind else None
        return spoil if spoil and self._is_mine(f"boks-gate/1 op do {request} ") and self._once(self.kind) else None

    def _is_step(self, entry: LoggedStep) -> bool:
        return (entry.number, entry.phase) == (self.number, StepPhase.DO)

    def _at_write(self) -> None:
        """Keep the disk full once it is."""
        if self.happened and self.kind in _FULL:
            raise disk_full()

    def _at_outcome(self, life: Life, entry: LoggedStep) -> None:
        if self._is_step(entry):
            if self._once(StepFault.KILLED_BEFORE_OUTCOME):
                life.end()
            self._fill_disk(StepFault.DISK_FULL_AFTER)

    def _at_intent(self, life: Life, entry: LoggedStep) -> None:
        if not self._is_step(entry):
            return
        is_waiting = not entry.request
        self._fill_disk(StepFault.DISK_FULL_BEFORE)
        if self.other_operator and self._once(StepFault.OTHER_OPERATOR):
            self.tasks.append(asyncio.get_running_loop().create_task(self.other_operator()))
        if is_waiting and self._once(StepFault.KILLED_BEFORE_REQUEST):
            life.end()
        if is_waiting and self._once(StepFault.REBOOTS):
            self.gates.reboot(self.host, REBOOT_SECONDS)

    def _fill_disk(self, kind: StepFault) -> None:
        if self._once(kind):
            raise disk_full()
