"""The matrix fails for a program with a defect."""

from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import proven
from boks_exporter.failover.runner import finish, rollback, runner, step_loop
from boks_exporter.simulator.domain.invariants import Invariant
from tests.faults.cases import Case
from tests.faults.faults import FaultKind
from tests.faults.matrix import run_case

FAILING = Case(Procedure.SWITCHOVER, 3, "convert-client", FaultKind.FAILS_AT_ONCE)


async def _nothing(*_: Any) -> tuple[str, ...]:
    return ()


async def _pretended(_: Any) -> rollback.RollbackResult:
    return rollback.RollbackResult(whole=True, sentences=("everything is undone",))


def test_an_undoing_that_is_only_claimed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 20 says that nothing is changed, and the domain says otherwise."""
    monkeypatch.setattr(runner.Rollback, "undo", _pretended)
    story = run_case(FAILING)
    assert any(wrong.startswith(f"exit {int(Exit.UNCHANGED)}, but daemons running of MASTER1") for wrong in story.wrong)


def test_a_lock_that_is_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is closed must leave no host locked."""
    monkeypatch.setattr(finish, "unlock_all", _nothing)
    story = run_case(Case(Procedure.PROMOTE, 1, "check-no-master", FaultKind.NOTHING))
    assert [wrong for wrong in story.wrong if wrong.startswith("a lock is left on REP1")]


def test_a_step_that_is_skipped_breaks_an_invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without stopping and converting the old master, and without proofs, two masters run: the observer tells."""
    go = step_loop.StepLoop._step

    async def careless(self: Any, step: Any, past: Any, **more: Any) -> Any:
        if step.key in {"quiesce", "convert-client", "stop-old-master"}:
            return step_loop.StepResult(step_loop.StepOutcome.DONE, "said to be done")
        return await go(self, step, past, **more)

    async def always(*_: Any, **__: Any) -> proven.Proven:
        return proven.Proven(proven.Certainty.YES, "taken for granted")

    monkeypatch.setattr(step_loop.StepLoop, "_step", careless)
    monkeypatch.setattr(step_loop.StepExecutor, "_until", always)
    story = run_case(Case(Procedure.SWITCHOVER, 1, "wait-equal-before", FaultKind.NOTHING))
    assert Invariant.TWO_MASTERS in {breach.invariant for breach in story.breaches}
    assert story.wrong
