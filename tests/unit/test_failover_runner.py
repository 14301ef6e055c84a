"""What a runner makes of what is found under the locks, of how the steps end, and of an open run."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.journal import LoggedStep, Run, StepOutcome
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.proofs import Certainty
from boks_exporter.failover.runner import Order, Runner, RunResult
from boks_exporter.failover.runner import runner as module
from boks_exporter.failover.runner.locking import Refusal
from boks_exporter.failover.runner.proposal import Proposal, proposal_of
from boks_exporter.failover.runner.rollback import RollbackResult
from boks_exporter.failover.runner.send_once import StepResult
from boks_exporter.failover.runner.step_loop import StepsEnd
from tests.unit.failover_claims import HEALTHY
from tests.unit.failover_judged import REBUILD
from tests.unit.runner_tools import Script
from tests.unit.test_failover_rollback import do, undo

LIMITS = FailoverLimits()
PLANNED = proposal_of(HEALTHY, REBUILD, "R1", LIMITS)
PLAN, STEP = PLANNED.plan, PLANNED.plan.steps[0]
CHANGED = replace(PLANNED, basis=(*PLANNED.basis, ("of a host", "another")))
FOUND = replace(PLANNED, findings=(Finding(Guard.SHM_SIZE, Level.REFUSE, "so", "R1"),))
RUN = Run(
    name="r",
    plan=PLAN,
    who=Script.of().tools().who,
    reason="",
    fingerprint="f",
    outcome=Outcome.OPEN,
    is_open=True,
    started_at=0.0,
    ended_at=None,
)
DONE, FAILED = StepOutcome.DONE, StepOutcome.FAILED
UNKNOWN, NOT_CONVERGED = StepOutcome.UNKNOWN, StepOutcome.NOT_CONVERGED
WHOLE, PARTIAL = RollbackResult(whole=True, sentences=()), RollbackResult(whole=False, sentences=())
IN_DOUBT = replace(PARTIAL, is_unknown=True)
PASSED = replace(PARTIAL, passed=Certainty.YES)


class Scene:
    """A runner whose rounds, locks, steps and rollbacks are given; what it did is kept in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
        known: dict[str, Any] = {
            "again": PLANNED,
            "run": RUN,
            "log": (),
            "ends": [StepsEnd()],
            "begun": True,
            "undone": WHOLE,
            "conflict": False,
            "objects": "",
            "locked": None,
            "why": (),
        }
        self.given = SimpleNamespace(**known | given)
        self.did: list[str] = []
        self.proposals = [PLANNED, self.given.again]
        self.runner = Runner(self._tools())
        self.runner.end = self._end()
        for name in ("lock_all", "open_windows", "observe_again", "objection", "adopt_records", "propose"):
            monkeypatch.setattr(module, name, getattr(self, name))
        for name in ("undo_and_void", "start_stopped", "ways_out", "held_by_copies"):
            monkeypatch.setattr(module, name, getattr(self, name))
        monkeypatch.setattr(module, "StepLoop", lambda performer: SimpleNamespace(run_steps=self._steps(performer)))
        monkeypatch.setattr(module, "Rollback", lambda _: self._rollback())
        monkeypatch.setattr(module, "is_past_return", lambda *_: self.given.conflict == "past")

    def note(self, what: str) -> Any:
        return lambda *_, **__: self.did.append(what)

    def _tools(self) -> Any:
        journal = SimpleNamespace(
            at_work_on=lambda _: nullcontext(),
            view=lambda _: JournalView(),
            shown=lambda _: None,
            begin=self.note("begin"),
            steps=lambda _: self.given.log,
            run=lambda _: self.given.run,
            accept=self.note("accept"),
            acceptances=lambda _: (),
            locks=lambda _: (),
            reopen=self.note("reopen"),
            path="journal",
        )
        hooks = SimpleNamespace(call=self._hook)
        tools = Script.of().tools(journal=journal, limits=LIMITS, hooks=hooks, token=lambda: "abc")
        tools.survey.domain = SimpleNamespace(name=PLAN.domain)
        tools.survey.observe = self._observe
        tools.who.pid, tools.halt = 7, SimpleNamespace(reason="")
        return tools

    def _end(self) -> Any:
        async def close(_run: str, outcome: Outcome, code: Exit, *_: Any, **__: Any) -> RunResult:
            self.did.append(f"close {outcome}")
            return RunResult(code, ())

        async def stay_open(_run: str, code: Exit, *_: Any) -> RunResult:
            self.did.append("stay open")
            return RunResult(code, ())

        return SimpleNamespace(close=close, undone=close, stay_open=stay_open)

    async def _hook(self, *_: object) -> str:
        return self.given.objects

    async def _observe(self, _: object) -> Any:
        return HEALTHY

    def _steps(self, performer: Any) -> Any:
        async def run_steps(_log: object) -> StepsEnd:
            self.did.append("steps")
            performer.conflict = ("M", "R1") if self.given.conflict else ()
            return self.given.ends.pop(0)

        return run_steps

    def _rollback(self) -> Any:
        async def undone() -> RollbackResult:
            self.did.append("undo")
            return self.given.undone

        return SimpleNamespace(
            begun=lambda: [STEP] if self.given.begun else [], changed=lambda: self.given.begun, undo=undone
        )

    async def propose(self, *_: object) -> Proposal:
        return self.proposals.pop(0)

    async def lock_all(self, *_: object) -> Refusal | None:
        self.did.append("lock")
        return self.given.locked

    def open_windows(self, *_: object) -> None:
        self.did.append("windows")

    async def observe_again(self, *_: object) -> Any:
        self.did.append("observe")
        return HEALTHY

    def objection(self, *_: object) -> tuple[str, ...]:
        return self.given.why

    async def adopt_records(self, *_: object) -> None:
        self.did.append("adopt")

    async def undo_and_void(self, *_: object) -> RollbackResult:
        self.did.append("undo and void")
        return self.given.undone

    async def start_stopped(self, *_: object) -> tuple[str, ...]:
        self.did.append("start")
        return ()

    def ways_out(self, *_: object) -> tuple[tuple[()], tuple[()]]:
        return (), ()

    def held_by_copies(self, *_: object) -> None:
        """None is held."""

    async def applied(self) -> RunResult:
        return await self.runner.apply(Order(procedure=REBUILD, target="R1"), PLANNED.fingerprint)


class Case(NamedTuple):
    """What is given, and what comes of it."""

    given: dict[str, Any]
    exit: Exit
    did: str


def ended(outcome: StepOutcome, **more: Any) -> dict[str, Any]:
    is_missed = more.pop("is_missed", False)
    must_undo = more.pop("must_undo", False)
    end = StepsEnd(STEP, StepResult(outcome, "so", is_missed=is_missed), must_undo=must_undo)
    return {"ends": [end] * 4, **more}


def of_missed(tries: int) -> dict[str, Any]:
    return ended(NOT_CONVERGED, is_missed=True, must_undo=True, log=tuple(do(1, attempt=each) for each in range(tries)))


BUSY = Refusal(Exit.LOCKED, "it is locked")
STEPS = "begin, lock, windows, steps"
APPLIED = {
    "all is as shown": Case({}, Exit.DONE, f"{STEPS}, close done"),
    "it cannot be locked": Case({"locked": BUSY}, Exit.LOCKED, "begin, lock, close aborted"),
    "the facts changed": Case({"again": CHANGED}, Exit.REFUSED, "begin, lock, close aborted"),
    "more is found": Case({"again": FOUND}, Exit.REFUSED, "begin, lock, close aborted"),
    "a hook objects": Case({"objects": "no"}, Exit.UNCHANGED, "begin, lock, close aborted"),
    "a step fails": Case(ended(FAILED), Exit.UNCHANGED, f"{STEPS}, undo, close failed"),
    "a step fails and stays": Case(ended(FAILED, undone=PARTIAL), Exit.CHANGED, f"{STEPS}, undo, stay open"),
    "its undoing is in doubt": Case(ended(FAILED, undone=IN_DOUBT), Exit.RESULT_UNKNOWN, f"{STEPS}, undo, stay open"),
    "its result is unknown": Case(ended(UNKNOWN), Exit.RESULT_UNKNOWN, f"{STEPS}, stay open"),
    "it did not converge": Case(ended(NOT_CONVERGED), Exit.NOT_CONVERGED, f"{STEPS}, stay open"),
    "nothing was begun": Case(ended(NOT_CONVERGED, begun=False), Exit.UNCHANGED, f"{STEPS}, undo, close failed"),
    "no master is left": Case(ended(NOT_CONVERGED, must_undo=True), Exit.UNCHANGED, f"{STEPS}, undo, close failed"),
    "two masters, past the return": Case(ended(FAILED, conflict="past"), Exit.CHANGED, f"{STEPS}, stay open"),
    "two masters, before it": Case(ended(FAILED, conflict="before"), Exit.UNCHANGED, f"{STEPS}, undo, close failed"),
    "the moment was missed thrice": Case(of_missed(3), Exit.UNCHANGED, f"{STEPS}, undo, close failed"),
    "a stop was asked for": Case({"ends": [StepsEnd(STEP)]}, Exit.CHANGED, f"{STEPS}, stay open"),
    "a stop, nothing begun": Case(
        {"ends": [StepsEnd(STEP)], "begun": False}, Exit.UNCHANGED, f"{STEPS}, close aborted"
    ),
    "a stop without a master": Case(
        {"ends": [StepsEnd(STEP, must_undo=True)]}, Exit.UNCHANGED, f"{STEPS}, undo, close failed"
    ),
}


@pytest.mark.parametrize("case", APPLIED.values(), ids=APPLIED)
async def test_a_run_ends_by_what_it_finds(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """Under the locks what was shown must still hold; a step that does not succeed is undone, or waits for a person."""
    scene = Scene(monkeypatch, **case.given)
    result = await scene.applied()
    assert (result.exit, ", ".join(scene.did)) == (case.exit, case.did)
    assert scene.runner.at_work_on is not None


async def test_a_missed_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given = of_missed(1)
    scene = Scene(monkeypatch, **{**given, "ends": [given["ends"][0], StepsEnd()]})
    assert (await scene.applied()).exit is Exit.DONE
    assert scene.did == [*STEPS.split(", "), "undo", "steps", "close done"]


GO_ON = "observe, accept, lock, windows, adopt"
OTHER = replace(RUN, plan=replace(PLAN, domain="other"))
UNDOING: tuple[LoggedStep, ...] = (do(1), undo(1))
RESUMED = {
    "there is none": Case({"run": None}, Exit.USAGE, ""),
    "it is of another domain": Case({"run": OTHER}, Exit.USAGE, ""),
    "it is closed": Case({"run": replace(RUN, is_open=False)}, Exit.USAGE, ""),
    "it leads to other machines": Case({"why": ("so",)}, Exit.FACTS_UNKNOWN, "observe"),
    "it cannot be locked": Case({"locked": BUSY}, Exit.LOCKED, "observe, accept, lock"),
}
ONLY_RESUMED = {
    "it goes on": Case({}, Exit.DONE, f"{GO_ON}, reopen, steps, close done"),
    "its rollback has begun": Case({"log": UNDOING}, Exit.CHANGED, GO_ON),
}
ABORTED = f"{GO_ON}, reopen, undo and void"
ONLY_ABORTED = {
    "it is undone": Case({}, Exit.DONE, f"{ABORTED}, close aborted"),
    "it is not": Case({"undone": PARTIAL}, Exit.CHANGED, f"{ABORTED}, stay open"),
    "that is unknown": Case({"undone": IN_DOUBT}, Exit.RESULT_UNKNOWN, f"{ABORTED}, stay open"),
    "it is past the return": Case({"undone": PASSED}, Exit.WORK_LEFT, f"{ABORTED}, start, close aborted"),
}


@pytest.mark.parametrize("case", (RESUMED | ONLY_RESUMED).values(), ids=RESUMED | ONLY_RESUMED)
async def test_an_open_run_is_resumed_with_the_machines_and_locks_that_it_began_with(
    monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    scene = Scene(monkeypatch, **case.given)
    result = await scene.runner.resume("r")
    assert (result.exit, ", ".join(scene.did)) == (case.exit, case.did)
    assert scene.runner.at_work_on == (None if case.exit is Exit.USAGE else "r")


@pytest.mark.parametrize("case", (RESUMED | ONLY_ABORTED).values(), ids=RESUMED | ONLY_ABORTED)
async def test_an_open_run_is_aborted_as_it_is_resumed(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """What it has stopped for a moment is started before it is closed past its point of no return."""
    scene = Scene(monkeypatch, **case.given)

    async def observe(_: object) -> Any:
        return HEALTHY

    monkeypatch.setattr(module.StepExecutor, "observe", observe)
    result = await scene.runner.abort("r")
    assert (result.exit, ", ".join(scene.did)) == (case.exit, case.did)


async def test_a_run_that_is_forgotten_is_closed_without_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch)
    assert (await scene.runner.forget("r", "its host burnt")).exit is Exit.DONE
    assert scene.did == ["close unknown"]
