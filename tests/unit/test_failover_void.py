"""What a host answers when a run wants to conclude that a step did not begin."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from boks_exporter.errors import ParseError
from boks_exporter.failover.runner.send_once import claim_void
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from boks_exporter.remote.operator_requests import OperatorChange
from boks_exporter.simulator.operator_records import Lock
from tests.unit.failover_world import FIRST, World, virtually

RUN, OTHER = "r1", "r2"
DONE = f"{RUN}.1"


@dataclass(frozen=True)
class Case:
    has_void: bool = True
    lock: str | None = RUN
    step: str = f"{RUN}.2"


def claimed(path: Path, case: Case) -> tuple[StepRecord, StepRecord]:
    """Claim an id on a host on which step 1 was done, and then send a request under it."""
    world = World.at(path)

    async def scene() -> tuple[StepRecord, StepRecord]:
        with world.journal() as journal:
            tools = world.runner(journal).tools
            host = next(host for host in tools.survey.hosts if host.name == FIRST)
            await tools.changing_gates.lock(host, RUN, "anna")
            await tools.changing_gates.do(host, OperatorChange.do(DONE, ("set-shm-size", "20000")))
            world.gates.has_void = case.has_void
            state = world.gates.states[FIRST]
            state.lock = Lock(case.lock, "bob", "2026-11-23T08:40:12") if case.lock else None
            record = await claim_void(tools, host, case.step)
            return record, await tools.changing_gates.do(host, OperatorChange.do(case.step, ("set-shm-size", "20000")))

    return virtually(scene)


def test_a_request_under_a_claimed_id_runs_nothing(journals: Path) -> None:
    record, late = claimed(journals, Case())
    assert (record.state, late.state, late.refusal) == (RecordState.VOID, RecordState.REFUSED, "void")


@pytest.mark.parametrize("has_void", [True, False])
def test_what_has_begun_is_returned_by_every_gate(journals: Path, has_void: bool) -> None:
    record, _ = claimed(journals, Case(has_void=has_void, step=DONE))
    assert (record.state, record.exit_status) == (RecordState.DONE, 0)


@pytest.mark.parametrize("lock", [RUN, None])
def test_nothing_is_concluded_where_the_gate_cannot_claim_and_the_run_may_have_the_lock(
    journals: Path, lock: str | None
) -> None:
    with pytest.raises(ParseError):
        claimed(journals, Case(has_void=False, lock=lock))


def test_the_lock_of_another_run_keeps_a_late_request_out(journals: Path) -> None:
    record, late = claimed(journals, Case(has_void=False, lock=OTHER))
    assert (record.state, late.state, late.refusal) == (RecordState.VOID, RecordState.REFUSED, "not_locked")
