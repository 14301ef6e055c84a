"""The journal and the state file, each as a series of numbered writes that can be read back and checked."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.journal import Journal, JournalError, LoggedStep, Run, RunOwner, StepOutcome, StepPhase
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.poller.state_database import PersistedState, load_states, machine_clock, save_states
from boks_exporter.replication import History
from tests.unit.failover_facts import dead_master

_DOMAINS = ("bank", "shop")
_NAMES = 300
_FINDINGS = 20


class Store(Protocol):
    """A file to which numbered writes are made, each confirmed by its return."""

    expected: tuple[type[Exception], ...]
    """What a write may raise."""

    def write(self, number: int) -> None:
        """Make one write; raises what its callers expect where it cannot."""

    def read(self) -> int:
        """Open the file again; return the newest write, 0 for none. Raises TornError where a write is there in part."""


class TornError(Exception):
    """A write is there in part."""

    def __init__(self, found: object) -> None:
        """Name what was found."""
        super().__init__(f"expected whole writes, found {found}")


class State:
    """Each write replaces the state of two domains."""

    expected: tuple[type[Exception], ...] = (OSError, sqlite3.Error)

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, number: int) -> None:
        names = {f"replica{name}": float(number) for name in range(_NAMES)}
        kept = PersistedState(replace(History(), begun_at=float(number), unresolved=names), f"master{number}")
        save_states(self._path, dict.fromkeys(_DOMAINS, kept), machine_clock)

    def read(self) -> int:
        states = load_states(self._path, machine_clock) if self._path.exists() else {}
        if not states:
            return 0
        numbers = {float(str(kept.last_known_master).removeprefix("master")) for kept in states.values()}
        for kept in states.values():
            numbers |= {kept.history.begun_at or 0.0, *kept.history.unresolved.values()}
        if len(numbers) != 1 or set(states) != set(_DOMAINS):
            raise TornError((sorted(states), sorted(numbers)))
        return int(numbers.pop())


class Runs:
    """Each four writes begin a run with findings, intend a step, conclude it, and end the run."""

    expected: tuple[type[Exception], ...] = (JournalError,)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plan = make_plan(Procedure.PROMOTE, "R1", dead_master())

    def write(self, number: int) -> None:
        run, stage = divmod(number - 1, 4)
        with Journal(self._path) as journal:
            self._stage(journal, f"r{run}", stage)

    def _stage(self, journal: Journal, run: str, stage: int) -> None:
        match stage:
            case 0:
                findings = [Finding(Guard.HOST_BUSY, Level.NOTE, f"finding {each}") for each in range(_FINDINGS)]
                journal.begin(self._run(run), findings, [])
            case 1:
                journal.intend(run, _step(run))
            case 2:
                journal.conclude(run, replace(_step(run), ended_at=2.0, outcome=StepOutcome.DONE, exit_status=0))
            case _:
                journal.end(run, Outcome.DONE, "", 3.0, is_open=False, code=0)

    def _run(self, name: str) -> Run:
        who = RunOwner(user="root", sudo_user="", terminal="", host="ops", pid=1)
        return Run(
            name=name,
            plan=self._plan,
            who=who,
            reason="why",
            fingerprint="0123456789abcdef",
            outcome=Outcome.OPEN,
            is_open=True,
            started_at=1.0,
            ended_at=None,
        )

    def read(self) -> int:
        if not self._path.exists():
            return 0
        with Journal(self._path) as journal:
            runs = journal.runs(limit=100_000)
            if {run.name for run in runs} != {f"r{number}" for number in range(len(runs))}:
                raise TornError([run.name for run in runs])
            stages = [self._stages(journal, run) for run in runs]
        if any(stage != 4 for stage in stages[1:]):
            raise TornError(stages)
        return 4 * max(0, len(runs) - 1) + (stages[0] if runs else 0)

    def _stages(self, journal: Journal, run: Run) -> int:
        """How many of its writes are there."""
        if len(journal.findings(run.name)) != _FINDINGS:
            raise TornError((run.name, journal.findings(run.name)))
        steps = journal.steps(run.name)
        if not run.is_open:
            if run.outcome is not Outcome.DONE or journal.exit_code(run.name) != 0:
                raise TornError((run, journal.exit_code(run.name)))
            return 4
        return 1 + sum(1 + (step.outcome is not None) for step in steps)


def _step(run: str) -> LoggedStep:
    return LoggedStep(
        number=1, phase=StepPhase.DO, attempt=1, step_id=f"{run}.1", host="R1", request="op do", intended_at=1.5
    )


STORES: Final[Mapping[str, type[State | Runs]]] = {"state file": State, "journal": Runs}
