"""A rollback: which steps are undone, in which order and under which id, and when nothing is undone."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.journal import LoggedStep, StepOutcome, StepPhase
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Words, claim_after
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.proofs.proven import all_of
from boks_exporter.failover.runner.attempt import Attempt
from boks_exporter.failover.runner.resumed_run import adopt_records
from boks_exporter.failover.runner.rollback import Rollback, RollbackResult
from boks_exporter.failover.runner.send_once import StepResult
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from tests.unit.failover_claims import NO, UNKNOWN, YES
from tests.unit.runner_tools import DONE, LOST, NONE, RUNNING, VOID, Script, refused

WAS_DONE, FAILED, OPEN = StepOutcome.DONE, StepOutcome.FAILED, None
REPORTS, REPLICA = ClaimKind.REPORTS_MASTER, ClaimKind.IS_REPLICA
CLIENT, STARTED = ClaimKind.IS_CLIENT, ClaimKind.IS_STARTED


def step(number: int, words: tuple[str, ...], undo: tuple[str, ...] | None = None, **more: Any) -> ProcedureStep:
    proves = (claim_after(words, "A") if words else Claim(CLIENT, "A"),)
    known: dict[str, Any] = {
        "key": f"step-{number}",
        "purpose": "",
        "host": "A",
        "no_undo": "" if undo else "no way back",
    }
    return ProcedureStep(number=number, words=words, undo=undo, proves=proves, **{**known, **more})


PROMOTED = step(2, Words.CONVERT_MASTER, point_of_no_return=True)
RETIRED = step(2, Words.CONVERT_CLIENT, point_of_no_return=True)
AT_CONSOLE = step(2, (), kind=StepKind.CONSOLE, point_of_no_return=True)
STOPPED, SERVER = step(1, Words.BOOT_STOP, Words.BOOT_START), step(2, Words.CONVERT_SERVER, Words.CONVERT_CLIENT)
STOPPED_CLIENT = step(2, Words.BOOT_STOP, Words.BOOT_START, undo_needs=(Claim(CLIENT, "A"),))
MOVED, START = step(2, Words.REMOVE_DATABASE, Words.RESTORE_DATABASE), step(2, Words.BOOT_START)
SIZED = step(2, ("set-shm-size", "16000"), ("set-shm-size", "8000"))
SIZED_FOR_GOOD = step(2, ("set-shm-size", "16000"))
WAITED = step(2, (), kind=StepKind.WAIT)


def do(number: int, outcome: StepOutcome | None = WAS_DONE, attempt: int = 1, *, begun: bool = True) -> LoggedStep:
    return entry(number, StepPhase.DO, outcome, attempt, f"run.{number}", begun=begun)


def undo(number: int, outcome: StepOutcome | None = WAS_DONE, attempt: int = 1) -> LoggedStep:
    return entry(number, StepPhase.UNDO, outcome, attempt, f"run.{number}-undo")


def entry(
    number: int, phase: StepPhase, outcome: StepOutcome | None, attempt: int, step_id: str, *, begun: bool = True
) -> LoggedStep:
    return LoggedStep(
        number=number,
        phase=phase,
        attempt=attempt,
        step_id=step_id,
        host="A",
        request="",
        intended_at=0.0,
        outcome=outcome,
        begun=begun,
    )


class Case(NamedTuple):
    """A log of a run, what is observed, and the rollback: the undoings in their order, and their result."""

    steps: tuple[ProcedureStep, ...]
    log: tuple[LoggedStep, ...]
    undone: str = ""
    whole: bool = True
    passed: Certainty = NO
    is_unknown: bool = False
    seen: Mapping[ClaimKind, Certainty] = {}
    void: Any = DONE
    results: tuple[StepOutcome, ...] = (WAS_DONE,)
    asked: bool = False
    """Whether the host was asked for the id."""


LOST_POINT = (do(2, OPEN),)
SAME, IN_DOUBT = {REPLICA: YES}, {CLIENT: UNKNOWN, REPLICA: YES}
CASES = {
    "nothing begun": Case((STOPPED,), ()),
    "an attempt that began nothing": Case((STOPPED,), (do(1, FAILED, begun=False),)),
    "a poll": Case((WAITED,), (do(2),)),
    "promoted": Case((PROMOTED,), (do(2),), whole=False, passed=YES),
    "perhaps promoted, void": Case((PROMOTED,), LOST_POINT, void=VOID, asked=True),
    "perhaps promoted, it reports master": Case(
        (PROMOTED,), LOST_POINT, whole=False, passed=YES, seen={REPORTS: YES}, asked=True
    ),
    "perhaps promoted, it cannot be asked": Case(
        (PROMOTED,),
        LOST_POINT,
        whole=False,
        passed=UNKNOWN,
        is_unknown=True,
        seen=SAME,
        void=LOST,
        asked=True,
    ),
    "perhaps promoted, it still runs": Case(
        (PROMOTED,),
        LOST_POINT,
        whole=False,
        passed=UNKNOWN,
        is_unknown=True,
        seen=SAME,
        void=RUNNING,
        asked=True,
    ),
    "not promoted": Case((PROMOTED,), LOST_POINT, seen={REPLICA: YES, STARTED: YES}, asked=True),
    "not promoted, but stopped": Case((PROMOTED,), LOST_POINT, whole=False, seen=SAME, asked=True),
    "perhaps promoted, it is nothing": Case(
        (PROMOTED,), LOST_POINT, whole=False, passed=UNKNOWN, is_unknown=True, asked=True
    ),
    "its promotion failed": Case((PROMOTED,), (do(2, FAILED),), seen={REPLICA: YES, STARTED: YES}),
    "the result of its promotion is unknown": Case(
        (PROMOTED,), (do(2, StepOutcome.UNKNOWN),), seen={REPLICA: YES, STARTED: YES}, asked=True
    ),
    "not retired": Case((RETIRED,), LOST_POINT, seen={REPORTS: YES}, asked=True),
    "perhaps retired": Case(
        (RETIRED,),
        LOST_POINT,
        whole=False,
        passed=UNKNOWN,
        is_unknown=True,
        seen=IN_DOUBT,
        asked=True,
    ),
    "retired after all": Case((RETIRED,), LOST_POINT, whole=False, passed=YES, seen={CLIENT: YES}, asked=True),
    "not retired at the console": Case((AT_CONSOLE,), LOST_POINT),
    "perhaps retired at the console": Case(
        (AT_CONSOLE,), LOST_POINT, whole=False, passed=UNKNOWN, is_unknown=True, seen={CLIENT: UNKNOWN}
    ),
    "a point that is passed leaves what was before it": Case(
        (STOPPED, PROMOTED), (do(1), do(2)), whole=False, passed=YES
    ),
    "a point that is not passed": Case((STOPPED, PROMOTED), (do(1), do(2, OPEN)), "run.1-undo", void=VOID, asked=True),
    "two steps": Case((STOPPED, SERVER), (do(1), do(2)), "run.2-undo, run.1-undo"),
    "the first undoing fails": Case((STOPPED, SERVER), (do(1), do(2)), "run.2-undo", whole=False, results=(FAILED,)),
    "the second undoing fails": Case(
        (STOPPED, SERVER), (do(1), do(2)), "run.2-undo, run.1-undo", whole=False, results=(WAS_DONE, FAILED)
    ),
    "undone before": Case((SERVER,), (do(2), undo(2)), seen={CLIENT: YES}),
    "undone before, and no longer so": Case((SERVER,), (do(2), undo(2)), "run.2-undo2"),
    "another was undone before": Case((STOPPED, SERVER), (do(1), do(2), undo(2)), "run.1-undo", seen={CLIENT: YES}),
    "done again after it was undone": Case((SERVER,), (do(2), undo(2), do(2, attempt=2)), "run.2-undo2"),
    "an undoing that failed": Case((SERVER,), (do(2), undo(2, FAILED)), "run.2-undo2"),
    "an undoing whose end is not logged": Case((SERVER,), (do(2), undo(2, OPEN)), "run.2-undo again"),
    "an undoing whose end is unknown": Case(
        (SERVER,), (do(2), undo(2, StepOutcome.UNKNOWN)), "run.2-undo again", seen={CLIENT: YES}
    ),
    "begun perhaps, void": Case((SERVER,), (do(2, OPEN),), void=VOID, asked=True),
    "begun perhaps, it was begun": Case((SERVER,), (do(2, OPEN),), "run.2-undo", asked=True),
    "begun perhaps, it cannot be asked": Case(
        (STOPPED, SERVER), (do(1), do(2, OPEN)), whole=False, is_unknown=True, void=LOST, asked=True
    ),
    "started as it was before": Case((STOPPED,), (do(1),), seen={STARTED: YES}),
    "a client as it was before": Case((SERVER,), (do(2),), seen={CLIENT: YES}),
    "its files are back": Case((MOVED,), (do(2),), seen={ClaimKind.HAS_DATABASE: YES}),
    "moved aside": Case((MOVED,), (do(2),), "run.2-undo"),
    "its SHM_SIZE is as before": Case((SIZED,), (do(2),), seen={ClaimKind.HAS_SHM_SIZE: YES}),
    "it still runs, and looks as before": Case(
        (SERVER,), (do(2, OPEN),), "run.2-undo", seen={CLIENT: YES}, void=RUNNING, asked=True
    ),
    "stopped as a client that it is no longer": Case((STOPPED_CLIENT,), (do(2),)),
    "stopped as a client that it still is": Case((STOPPED_CLIENT,), (do(2),), "run.2-undo", seen={CLIENT: YES}),
    "stopped as a client that it may be": Case((STOPPED_CLIENT,), (do(2),), "run.2-undo", seen={CLIENT: UNKNOWN}),
    "not promoted, and no longer seen as a replica": Case((STOPPED, PROMOTED), (do(1),), "run.1-undo"),
    "promoted by hand": Case((STOPPED, PROMOTED), (do(1),), whole=False, passed=YES, seen={REPORTS: YES}),
    "promoted by hand, and nothing begun": Case((STOPPED, PROMOTED), (), seen={REPORTS: YES}),
    "its former SHM_SIZE is unknown": Case((STOPPED, SIZED_FOR_GOOD), (do(1), do(2)), whole=False),
    "a start needs none": Case((STOPPED, START), (do(1), do(2)), "run.1-undo"),
}


class Performer:
    """Show what is given, and keep which undoing was asked for, and how."""

    def __init__(self, case: Case) -> None:
        self.script = Script.of(perform=case.results, void=(case.void,), record=(case.void,))
        self.intended: list[str] = []
        self.concluded: list[tuple[str, StepOutcome | None, bool]] = []
        journal = SimpleNamespace(
            steps=lambda _run: case.log,
            intend=lambda _run, logged: self.intended.append(logged.step_id),
            conclude=lambda _run, logged: self.concluded.append((logged.step_id, logged.outcome, logged.begun)),
        )
        self.tools = self.script.tools(journal=journal)
        self.run, self.plan, self.seen = "run", SimpleNamespace(steps=case.steps), case.seen
        self.undone: list[str] = []
        self.polls = 0

    async def proven(self, claims: tuple[Claim, ...]) -> Proven:
        self.polls += 1
        return all_of(Proven(self.seen.get(claim.kind, NO), str(claim)) for claim in claims)

    async def perform(self, attempt: Attempt, *, begun: bool = False, logged: bool = False) -> StepResult:
        self.undone.append(f"{attempt.id}{' again' * (begun and logged)}")
        outcome = await self.script.answer("perform")
        return StepResult(outcome, "")


async def rolled_back(case: Case) -> tuple[Performer, RollbackResult]:
    performer = Performer(case)
    return performer, await Rollback(performer).undo()  # type: ignore[arg-type]  # a scripted performer


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_was_begun_is_undone_last_step_first_and_only_before_the_point_of_no_return(case: Case) -> None:
    performer, result = await rolled_back(case)
    assert ", ".join(performer.undone) == case.undone
    assert (result.whole, result.passed, result.is_unknown) == (case.whole, case.passed, case.is_unknown)
    assert ("void" in performer.script.asked) is case.asked


async def test_each_undoing_is_reported_and_so_is_that_there_was_none() -> None:
    for case, count in ((CASES["two steps"], 2), (CASES["nothing begun"], 1)):
        _, result = await rolled_back(case)
        assert len([line for line in result.sentences if line]) == count
    assert not any("run" in line for line in result.sentences)


async def test_only_what_a_replica_has_loaded_is_left_behind() -> None:
    for steps, left in (((SERVER,), ("A",)), ((MOVED,), ())):
        _, result = await rolled_back(Case(steps, (do(2),)))
        assert result.leftovers == left


CHANGED = {
    "nothing": ((), False),
    "nothing begun": ((do(1, FAILED, begun=False),), False),
    "done": ((do(1),), True),
    "perhaps begun": ((do(1, OPEN),), True),
    "done and undone": ((do(1), undo(1)), False),
    "its undoing failed": ((do(1), undo(1, FAILED)), True),
    "one of two undone": ((do(1), do(2), undo(2)), True),
    "done again": ((do(1), undo(1), do(1, attempt=2)), True),
}


@pytest.mark.parametrize(("log", "is_changed"), CHANGED.values(), ids=CHANGED)
def test_a_run_has_changed_something_until_every_step_that_began_is_undone(
    log: tuple[LoggedStep, ...], is_changed: bool
) -> None:
    performer: Any = Performer(Case((STOPPED, SERVER), log))
    assert Rollback(performer).changed() is is_changed


BUSY = refused("busy")
ADOPTED: dict[str, tuple[tuple[LoggedStep, ...], StepRecord | Exception, str]] = {
    "the host has no record": ((do(1),), NONE, ""),
    "the host refused it": ((do(1),), BUSY, ""),
    "the host has its id as void": ((do(1),), VOID, ""),
    "the host has done it": ((do(1),), DONE, "run.2"),
    "the host still runs it": ((do(1),), RUNNING, "run.2"),
    "the host was cut off": ((do(1),), StepRecord(RecordState.INTERRUPTED), "run.2"),
    "the host does not answer": ((do(1),), LOST, ""),
    "nothing is known": ((), DONE, "run.1, run.2"),
    "all is known": ((do(1), do(2, FAILED)), DONE, ""),
    "only its undoing is known": ((do(1), undo(2)), DONE, "run.2"),
}


@pytest.mark.parametrize("void", [False, True])
@pytest.mark.parametrize(("log", "record", "intended"), ADOPTED.values(), ids=ADOPTED)
async def test_what_a_host_has_begun_and_the_journal_does_not_know_is_journaled(
    log: tuple[LoggedStep, ...], record: StepRecord | Exception, intended: str, void: bool
) -> None:
    """Steps without words, and hosts that are in no configuration, are asked for nothing."""
    gone = step(4, Words.BOOT_STOP, Words.BOOT_START, host="gone")
    performer: Any = Performer(Case((STOPPED, SERVER, step(3, (), kind=StepKind.WAIT), gone), log, void=record))
    assert await adopt_records(performer, void=void) is bool(intended)
    assert ", ".join(performer.intended) == intended
    assert set(performer.script.asked) <= {"void" if void else "record"}


async def test_what_comes_before_a_step_of_which_a_host_has_a_record_was_done() -> None:
    """Of that step itself nothing is concluded, nor of one that the journal knows, nor of one without a record."""
    steps = (STOPPED, step(2, (), kind=StepKind.WAIT), step(3, Words.BOOT_STOP, host="gone"), step(4, Words.BOOT_START))
    performer: Any = Performer(Case(steps, (), void=DONE))
    assert await adopt_records(performer)
    assert performer.intended == ["run.1", "run.2", "run.4"]
    assert performer.concluded == [("run.1", WAS_DONE, True), ("run.2", WAS_DONE, False)]
    known: Any = Performer(Case(steps, (do(1, OPEN), do(2, FAILED)), void=DONE))
    assert await adopt_records(known)
    assert (known.intended, known.concluded) == (["run.4"], [("run.1", WAS_DONE, True)])
