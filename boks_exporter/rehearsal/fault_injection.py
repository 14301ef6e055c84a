"""The faults of a step, and their injection into a program that works on simulated hosts."""

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
from boks_exporter.rehearsal.killable import KillableJournal, KillableTransport, KillSwitch
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import REBOOT_SECONDS, Defect


class StepFault(StrEnum):
    """A fault at a step."""

    KILLED_BEFORE_REQUEST = "killed before the request"
    KILLED_AFTER_REQUEST = "killed after the request"
    KILLED_BEFORE_OUTCOME = "killed before the outcome is journaled"
    CUT_BEFORE = "connection cut before the request arrives"
    CUT_DURING = "connection cut while the command runs"
    CUT_AFTER = "connection cut before the reply arrives"
    ARRIVES_LATE = "request arrives after the connection broke"
    ARRIVES_TWICE = "request arrives twice"
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
        """The name on the command line."""
        return self.name.lower().replace("_", "-")


SPOILS: Final = {
    StepFault.FAILS_AT_ONCE: Defect.FAILS_AT_ONCE,
    StepFault.FAILS_IN_THE_MIDDLE: Defect.FAILS_IN_THE_MIDDLE,
    StepFault.FAILS_AT_THE_END: Defect.FAILS_AT_THE_END,
    StepFault.HANGS: Defect.HANGS,
    StepFault.GARBLED_OUTPUT: Defect.PRINTS_RUBBISH,
    StepFault.REBOOTS: Defect.REBOOTS,
}
CUTS: Final = {
    StepFault.CUT_BEFORE: ConnectionFault.BEFORE,
    StepFault.CUT_DURING: ConnectionFault.DURING,
    StepFault.CUT_AFTER: ConnectionFault.AFTER,
    StepFault.ARRIVES_LATE: ConnectionFault.LATE,
    StepFault.ARRIVES_TWICE: ConnectionFault.TWICE,
    StepFault.GARBLED_REPLY: ConnectionFault.GARBLED,
}
OF_REQUESTS: Final = frozenset({*SPOILS, *CUTS, StepFault.KILLED_AFTER_REQUEST}) - {StepFault.REBOOTS}
"""Faults that only a step with a request can have."""

_DO: Final = re.compile(r"boks-gate/1 op do \S+?\.(?P<number>[0-9]+)(-[0-9]+)? ")
_FULL: Final = frozenset({StepFault.DISK_FULL_BEFORE, StepFault.DISK_FULL_AFTER})


def can_meet(step: ProcedureStep, fault: StepFault) -> bool:
    """Return whether a fault can happen at a step."""
    return step.is_sent or fault not in OF_REQUESTS


def disk_full() -> sqlite3.OperationalError:
    """Make the error that SQLite raises on a full disk."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@dataclass
class StepInjection:
    """One fault at one step, which happens once, at the first attempt of a program.

    `host` is the host that reboots at a step that only waits.
    """

    kind: StepFault | None
    number: int
    host: HostName
    gates: OperatorGates
    other_operator: Callable[[], Coroutine[Any, Any, None]] | None = None
    happened: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def into(self, kill_switch: KillSwitch, journal: KillableJournal, way: KillableTransport) -> None:
        """Inject it into a program; the connection faults are returned by `cut`."""
        journal.before_intent = lambda step: self._at_intent(kill_switch, step)
        journal.before_outcome = lambda step: self._at_outcome(kill_switch, step)
        journal.before_write = self._at_write
        way.before.append(lambda _host, line: self._before(kill_switch, line))
        way.after.append(lambda _host, line: self._after(kill_switch, line))
        self.gates.spoil = self._spoil

    def out(self) -> None:
        """Remove it from the gates."""
        self.gates.spoil = lambda _host, _request: None

    def cut(self, _: HostName, line: str) -> ConnectionFault | None:
        """Return the connection fault of an exchange, if it has one."""
        cut = CUTS.get(self.kind) if self.kind else None
        return cut if cut and self.is_request_of_step(line) and self._once(self.kind) else None

    def _once(self, kind: StepFault | None) -> bool:
        if self.kind is not kind or self.happened:
            return False
        self.happened = True
        return True

    def is_request_of_step(self, line: str) -> bool:
        """Return whether a request is this step's."""
        match = _DO.match(line)
        return match is not None and int(match["number"]) == self.number

    async def _before(self, kill_switch: KillSwitch, line: str) -> None:
        if self.is_request_of_step(line) and self._once(StepFault.KILLED_BEFORE_REQUEST):
            kill_switch.kill()

    async def _after(self, kill_switch: KillSwitch, line: str) -> None:
        if self.is_request_of_step(line) and self._once(StepFault.KILLED_AFTER_REQUEST):
            kill_switch.kill()

    def _spoil(self, _: HostName, request: str) -> Defect | None:
        spoil = SPOILS.get(self.kind) if self.kind else None
        return (
            spoil
            if spoil and self.is_request_of_step(f"boks-gate/1 op do {request} ") and self._once(self.kind)
            else None
        )

    def _is_step(self, entry: LoggedStep) -> bool:
        return (entry.number, entry.phase) == (self.number, StepPhase.DO)

    def _at_write(self) -> None:
        """Keep the disk full once it is."""
        if self.happened and self.kind in _FULL:
            raise disk_full()

    def _at_outcome(self, kill_switch: KillSwitch, entry: LoggedStep) -> None:
        if self._is_step(entry):
            if self._once(StepFault.KILLED_BEFORE_OUTCOME):
                kill_switch.kill()
            self._fill_disk(StepFault.DISK_FULL_AFTER)

    def _at_intent(self, kill_switch: KillSwitch, entry: LoggedStep) -> None:
        if not self._is_step(entry):
            return
        is_waiting = not entry.request
        self._fill_disk(StepFault.DISK_FULL_BEFORE)
        if self.other_operator and self._once(StepFault.OTHER_OPERATOR):
            self.tasks.append(asyncio.get_running_loop().create_task(self.other_operator()))
        if is_waiting and self._once(StepFault.KILLED_BEFORE_REQUEST):
            kill_switch.kill()
        if is_waiting and self._once(StepFault.REBOOTS):
            self.gates.reboot(self.host, REBOOT_SECONDS)

    def _fill_disk(self, kind: StepFault) -> None:
        if self._once(kind):
            raise disk_full()
