"""Every request is in the journal before it is sent: in every procedure, in a rollback, and at a late start."""

from pathlib import Path

import pytest

from boks_exporter.failover.journal import Journal
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import Words
from boks_exporter.remote.operator_requests import OperatorChange
from tests.faults.cases import Case, plan_of
from tests.faults.faults import FaultKind
from tests.faults.harness import CANDIDATE, World, scratch
from tests.faults.matrix import run_case
from tests.virtual.virtual_time import run_virtually


@pytest.mark.parametrize("procedure", Procedure)
def test_no_change_leaves_without_its_intent(procedure: Procedure) -> None:
    """Done to its end, undone after its last change failed, resumed after a kill: the way refuses everything else."""
    last = [step for step in plan_of(procedure).steps if step.words][-1]
    for fault in (FaultKind.NOTHING, FaultKind.FAILS_AT_ONCE, FaultKind.KILLED_AFTER_REQUEST):
        story = run_case(Case(procedure, last.number, last.key, fault))
        assert (story.wrong, story.breaches) == ([], []), story.sentences


def test_the_start_after_a_conversion_that_ended_early_has_an_entry_of_its_own() -> None:
    """It is a request of its own, under an id of its own: intent before, outcome after."""
    kept = {}
    close = Journal.close

    def keep(journal: Journal) -> None:
        for run in journal.runs("trial"):
            kept[run.name] = journal.steps(run.name)
        close(journal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "close", keep)
        story = run_case(Case(Procedure.PROMOTE, 3, "convert-master", FaultKind.FAILS_IN_THE_MIDDLE))
    assert story.exits == ["0"]
    ((name, steps),) = kept.items()
    started = [entry for entry in steps if entry.request.endswith(" boot-start")]
    assert [(entry.step_id, entry.outcome, entry.exit_status) for entry in started] == [(f"{name}.4", "done", 0)]


def test_a_route_that_is_given_more_than_the_journal_has_refuses_it() -> None:
    """The check itself can fail."""

    async def shown(world: World) -> None:
        with world.program() as program:
            await program.tools.changing_gates.do(world.host(CANDIDATE), OperatorChange.do("r1.1", Words.BOOT_START))

    with scratch() as directory, pytest.raises(AssertionError, match="0 open intents of it are in the journal"):
        run_virtually(shown(World(Path(directory))))
