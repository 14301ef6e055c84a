"""Which removals of a database the journal still counts: of runs that were carried out, and not moved back."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.journal import Journal, LoggedStep, StepOutcome, StepPhase
from boks_exporter.failover.journal.records import ActionKind, OperatorAction
from boks_exporter.failover.journal_facts import ForkPoint
from boks_exporter.model import Role
from tests.unit.test_failover_journal import run

REMOVAL = LoggedStep(
    number=2,
    phase=StepPhase.DO,
    attempt=1,
    step_id="r1.2",
    host="R1",
    request="boks-gate/1 op do r1.2 remove-database",
    intended_at=110.0,
    ended_at=115.0,
    outcome=StepOutcome.DONE,
)
EARLIER = replace(REMOVAL, step_id="r0.2", request="boks-gate/1 op do r0.2 remove-database", ended_at=50.0)
RESTORED = replace(
    REMOVAL,
    phase=StepPhase.UNDO,
    step_id="r1.2-undo",
    request="boks-gate/1 op do r1.2-undo restore-database r1.2",
    ended_at=120.0,
)
BY_HAND = OperatorAction(
    domain="bank", kind=ActionKind.RESTORE_ASIDE, host="R1", subject="r1.2", owner="anna", reason="", intended_at=120.0
)


LOADED = replace(REMOVAL, number=4, step_id="r1.4", request="boks-gate/1 op do r1.4 convert server", ended_at=130.0)


@pytest.mark.parametrize(
    ("entries", "by_hand", "removed"),
    [
        ((REMOVAL,), (), {"R1": 115.0}),
        ((replace(REMOVAL, outcome=StepOutcome.FAILED),), (), {}),
        ((REMOVAL, RESTORED), (), {}),
        ((REMOVAL, replace(RESTORED, outcome=StepOutcome.UNKNOWN)), (), {}),
        ((REMOVAL, replace(RESTORED, outcome=StepOutcome.FAILED, begun=False)), (), {"R1": 115.0}),
        ((EARLIER, replace(REMOVAL, attempt=2), RESTORED), (), {"R1": 50.0}),
        ((REMOVAL, RESTORED, LOADED), (), {"R1": 130.0}),
        ((LOADED,), (), {"R1": 130.0}),
        ((replace(LOADED, phase=StepPhase.UNDO),), (), {}),
        ((REMOVAL,), (BY_HAND,), {}),
        ((REMOVAL,), (replace(BY_HAND, host="R2"),), {"R1": 115.0}),
        ((REMOVAL,), (replace(BY_HAND, is_effective=False),), {"R1": 115.0}),
    ],
)
def test_a_database_that_was_moved_back_was_not_removed(
    tmp_path: Path, entries: tuple[LoggedStep, ...], by_hand: tuple[OperatorAction, ...], removed: dict[str, float]
) -> None:
    """It has all the updates of its own that it had before, until the host loads the master's."""
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        for entry in entries:
            journal.intend("r1", entry)
        for action in by_hand:
            journal.intend_action(action)
        journal.end("r1", Outcome.DONE, "", 140.0, is_open=False)
        assert journal.view("bank").removed == removed


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.FAILED, Outcome.UNKNOWN])
def test_a_removal_by_a_run_that_was_not_carried_out_may_have_been_undone_by_hand(
    tmp_path: Path, outcome: Outcome
) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.begin(run(), [], [])
        journal.intend("r1", REMOVAL)
        journal.end("r1", outcome, "", 140.0, is_open=False)
        assert journal.view("bank").removed == {}


def test_the_order_of_changes_is_that_of_the_runs_whatever_the_clock_was_set_to(tmp_path: Path) -> None:
    """A removal, and then a change of master after the clock was set back by hours: the copy was not reloaded since."""
    fork = ForkPoint("r2", "M", "R2", {}, {}, 160.0)
    back = replace(run(), name="r2", started_at=150.0)
    roles = [
        replace(REMOVAL, number=3, step_id="r1.3", request="boks-gate/1 op do r1.3 convert client", ended_at=9000.0),
        replace(REMOVAL, step_id="r2.2", request="boks-gate/1 op do r2.2 convert master", ended_at=170.0),
    ]
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.begin(run(), (), ())
        journal.intend("r1", replace(REMOVAL, ended_at=8000.0))
        journal.intend("r1", roles[0])
        journal.fork("bank", replace(fork, run="r1", at=7000.0))
        journal.end("r1", Outcome.DONE, "", 9100.0, is_open=False)
        journal.begin(back, (), ())
        journal.fork("bank", fork)
        journal.intend("r2", roles[1])
        known = journal.view("bank")
    assert [each.run for each in sorted(known.forks, key=lambda each: each.at)] == ["r1", "r2"]
    assert known.removed["R1"] < fork.at
    assert (known.last_roles, known.converted_by) == ({"R1": Role.MASTER}, {"R1": "r2"})
