"""Which step is begun, continued, retried or left: by what the journal has of it, and by a request to stop."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.journal import LoggedStep, StepOutcome, StepPhase
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Stretch
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.runner.attempt import Attempt, attempt_at
from boks_exporter.failover.runner.send_once import SendResult, StepResult, judge
from boks_exporter.failover.runner.step_loop import StepLoop, StepsEnd
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from tests.unit.runner_tools import Script

DONE, FAILED, UNKNOWN = StepOutcome.DONE, StepOutcome.FAILED, StepOutcome.UNKNOWN


def step(number: int, stretch: Stretch = Stretch.NONE, kind: StepKind = StepKind.CHANGE) -> ProcedureStep:
    return ProcedureStep(
        key=f"step-{number}",
        purpose="",
        host="A",
        proves=(),
        number=number,
        words=("boot-stop",),
        stretch=stretch,
        kind=kind,
    )


def logged(number: int, outcome: StepOutcome | None, attempt: int = 1, phase: StepPhase = StepPhase.DO) -> LoggedStep:
    return LoggedStep(
        number=number,
        phase=phase,
        attempt=attempt,
        step_id=f"run.{number}-{attempt}",
        host="A",
        request="",
        intended_at=0.0,
        outcome=outcome,
    )


class Performer:
    """Carry out nothing; keep which attempt was asked for, and how."""

    def __init__(self, steps: Sequence[ProcedureStep], results: Sequence[StepResult], stop_at: int | None) -> None:
        self.script = Script.of(perform=results)
        self.halt = SimpleNamespace(is_asked=lambda: stop_at is not None and len(self.script.asked) >= stop_at)
        self.tools: Any = self.script.tools(halt=self.halt)
        self.plan, self.run, self.finishes = SimpleNamespace(steps=tuple(steps)), "run", False
        self.finished: list[bool] = []

    async def perform(self, attempt: Attempt, *, begun: bool = False, logged: bool = False) -> StepResult:
        self.finished.append(self.finishes)
        result = await self.script.answer("perform")
        self.script.asked[-1] = f"{attempt.step.number}#{attempt.number}{' begun' * begun}{' logged' * logged}"
        return result


async def run(
    *results: StepResult,
    log: Sequence[LoggedStep] = (),
    steps: Sequence[ProcedureStep] = (step(1), step(2)),
    stop_at: int | None = None,
) -> tuple[Performer, StepsEnd]:
    performer = Performer(steps, results or (StepResult(DONE, ""),), stop_at)
    return performer, await StepLoop(performer).run_steps(tuple(log))  # type: ignore[arg-type]  # a scripted performer


def cut_off() -> StepResult:
    record = StepRecord(RecordState.INTERRUPTED)
    return StepResult(UNKNOWN, "", send_result=SendResult(record))


class Case(NamedTuple):
    """The attempts that must be asked for, and what leads to them."""

    asked: str
    log: tuple[LoggedStep, ...] = ()
    results: tuple[StepResult, ...] = (StepResult(DONE, ""),)
    kind: StepKind = StepKind.CHANGE


CASES = {
    "nothing is logged": Case("1#1, 2#1"),
    "done before": Case("2#1", (logged(1, DONE),)),
    "all done": Case("", (logged(1, DONE), logged(2, DONE))),
    "done, and undone": Case("1#2, 2#1", (logged(1, DONE), logged(1, DONE, phase=StepPhase.UNDO))),
    "undone, and done again": Case("2#1", (logged(1, DONE), logged(1, DONE, phase=StepPhase.UNDO), logged(1, DONE, 2))),
    "another was undone": Case("2#1", (logged(1, DONE), logged(2, DONE, phase=StepPhase.UNDO))),
    "its end is not logged": Case("1#1 begun logged, 2#1", (logged(1, None),)),
    "its end is unknown": Case("1#1 begun logged, 2#1", (logged(1, UNKNOWN),)),
    "failed": Case("1#2, 2#1", (logged(1, FAILED),)),
    "failed twice": Case("1#3, 2#1", (logged(1, FAILED), logged(1, FAILED, 2))),
    "its end is unknown, and it failed": Case(
        "1#1 begun logged, 1#2, 2#1", (logged(1, None),), (StepResult(FAILED, ""), StepResult(DONE, ""))
    ),
    "its end is unknown, and it was cut off": Case(
        "1#1 begun logged, 1#2, 2#1", (logged(1, None),), (cut_off(), StepResult(DONE, ""))
    ),
    "its end is unknown, it was cut off, and it is done": Case(
        "1#1 begun logged, 2#1",
        (logged(1, None),),
        (StepResult(DONE, "", send_result=SendResult(StepRecord(RecordState.INTERRUPTED))), StepResult(DONE, "")),
    ),
    "a master that was quiesced too early": Case(
        "1#1 begun logged, 2#1", (logged(1, StepOutcome.NOT_CONVERGED),), kind=StepKind.QUIESCE
    ),
    "a master that was quiesced too early, and runs again": Case(
        "1#2, 2#1",
        (logged(1, StepOutcome.NOT_CONVERGED), logged(1, DONE, phase=StepPhase.UNDO)),
        kind=StepKind.QUIESCE,
    ),
    "it may still run": Case("1#1 begun logged", (logged(1, None),), (StepResult(UNKNOWN, ""),)),
    "nothing was begun": Case("1#1 begun logged", (logged(1, None),), (StepResult(FAILED, "", begun=False),)),
    "a poll whose end is not logged": Case("1#1 logged, 2#1", (logged(1, None),), kind=StepKind.WAIT),
    "a console whose end is not logged": Case("1#1 begun logged, 2#1", (logged(1, None),), kind=StepKind.CONSOLE),
    "a poll that timed out": Case("1#2, 2#1", (logged(1, UNKNOWN),), kind=StepKind.WAIT),
    "the first fails": Case("1#1", (), (StepResult(FAILED, ""),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_step_goes_on_under_its_id_until_its_end_is_known_and_only_a_failed_one_gets_another(
    case: Case,
) -> None:
    performer, _ = await run(*case.results, log=case.log, steps=(step(1, kind=case.kind), step(2)))
    assert ", ".join(performer.script.asked) == case.asked


HALTS = {
    "before the first": (Stretch.NONE, 0, "", True, False),
    "between two": (Stretch.NONE, 1, "1#1", True, False),
    "in a stretch that is undone": (Stretch.UNDO, 1, "1#1", True, True),
    "in a stretch that is finished": (Stretch.FINISH, 1, "1#1, 2#1", False, False),
}


@pytest.mark.parametrize(("stretch", "stop_at", "asked", "is_halted", "must_undo"), HALTS.values(), ids=HALTS)
async def test_a_request_to_stop_waits_for_the_end_of_a_stretch(
    stretch: Stretch, stop_at: int, asked: str, is_halted: bool, must_undo: bool
) -> None:
    """A master that is stopped is started again, or the stop is rolled back."""
    performer, end = await run(steps=(step(1, stretch), step(2)), stop_at=stop_at)
    assert ", ".join(performer.script.asked) == asked
    assert (end.step is not None and end.ending is None, end.must_undo) == (is_halted, must_undo)
    assert performer.finished[1:] == [True] * (stretch is Stretch.FINISH)


@pytest.mark.parametrize("begun", [True, False])
async def test_a_step_that_was_given_up_for_a_request_to_stop_is_halted_only_if_it_began_nothing(begun: bool) -> None:
    _, end = await run(StepResult(FAILED, "", begun=begun), steps=(step(1, Stretch.UNDO),), stop_at=1)
    assert (end.ending is None, end.step is not None) == (not begun, True)
    _, failed = await run(StepResult(FAILED, "", begun=begun), steps=(step(1, Stretch.UNDO),))
    assert failed.ending is not None


@pytest.mark.parametrize(
    ("stretch", "begun", "must_undo"),
    [
        (Stretch.UNDO, True, True),
        (Stretch.UNDO, False, False),
        (Stretch.NONE, True, False),
        (Stretch.FINISH, True, False),
    ],
)
async def test_a_step_that_began_a_stretch_and_failed_is_not_left_half_done(
    stretch: Stretch, begun: bool, must_undo: bool
) -> None:
    _, end = await run(StepResult(StepOutcome.NOT_CONVERGED, "", begun=begun), steps=(step(1, stretch), step(2)))
    assert end.must_undo is must_undo
    failed = (StepResult(DONE, ""), StepResult(StepOutcome.NOT_CONVERGED, "", begun=False))
    _, later = await run(*failed, steps=(step(1, stretch), step(2, kind=StepKind.WAIT)))
    assert later.must_undo is (stretch is Stretch.UNDO)


JUDGED: dict[str, tuple[StepRecord | None, bool, Certainty, bool, StepOutcome]] = {
    "done and proven": (StepRecord(RecordState.DONE, 0), False, Certainty.YES, False, DONE),
    "failed and proven": (StepRecord(RecordState.DONE, 1), False, Certainty.YES, False, DONE),
    "done and refuted": (StepRecord(RecordState.DONE, 0), False, Certainty.NO, False, FAILED),
    "done and refuted, though its exit is trusted": (
        StepRecord(RecordState.DONE, 0),
        False,
        Certainty.NO,
        True,
        FAILED,
    ),
    "done, not proven": (StepRecord(RecordState.DONE, 0), False, Certainty.UNKNOWN, False, UNKNOWN),
    "done, not proven, its exit is trusted": (StepRecord(RecordState.DONE, 0), False, Certainty.UNKNOWN, True, DONE),
    "failed, not proven, its exit is trusted": (
        StepRecord(RecordState.DONE, 1),
        False,
        Certainty.UNKNOWN,
        True,
        UNKNOWN,
    ),
    "runs, and proven": (StepRecord(RecordState.RUNNING), False, Certainty.YES, False, UNKNOWN),
    "no record, and proven": (None, False, Certainty.YES, False, UNKNOWN),
    "garbled, and proven": (None, True, Certainty.YES, False, DONE),
    "garbled, and refuted": (None, True, Certainty.NO, False, UNKNOWN),
    "garbled, not proven, its exit is trusted": (None, True, Certainty.UNKNOWN, True, UNKNOWN),
}


@pytest.mark.parametrize(("record", "garbled", "truth", "trusts", "outcome"), JUDGED.values(), ids=JUDGED)
def test_an_attempt_is_judged_by_what_is_observed_and_never_while_it_may_run(
    record: StepRecord | None, garbled: bool, truth: Certainty, trusts: bool, outcome: StepOutcome
) -> None:
    trusted = ProcedureStep(
        key="k", purpose="", host="A", proves=(), number=1, words=("boot-stop",), trusts_exit=trusts
    )
    send_result = SendResult(record, garbled=garbled, sentence="said")
    assert judge(attempt_at(trusted, "run", 1), send_result, Proven(truth, "seen")).outcome is outcome


async def test_what_fails_right_after_a_stretch_that_is_undone_is_undone_with_it() -> None:
    """Whether or not it began."""
    for begun in (False, True):
        _, end = await run(
            StepResult(DONE, ""), StepResult(FAILED, "", begun=begun), steps=(step(1, Stretch.UNDO), step(2))
        )
        assert end.must_undo
