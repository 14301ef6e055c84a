"""A plan that cannot be carried out, and the run that a process works on."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, RunResult
from boks_exporter.failover.runner.result import FingerprintError
from tests.unit.failover_world import FIRST, MASTER, World, virtually


def test_a_plan_with_an_obstacle_is_refused_though_no_finding_refuses_it(journals: Path) -> None:
    """The master's SHM_SIZE cannot be read: a replica that is rebuilt would get another one."""
    world = World.at(journals)
    world.domain.hosts[MASTER].env_lacks.add("SHM_SIZE")

    async def scene() -> tuple[bool, RunResult]:
        survey = world.survey()
        await world.warm(survey)
        proposal = await world.proposal(Procedure.REBUILD, FIRST, survey)
        return any(each.matters for each in proposal.findings), await world.apply(
            Procedure.REBUILD, FIRST, survey=survey
        )

    is_found, result = virtually(scene)
    assert (is_found, result.exit, world.sent(), world.locks()) == (False, Exit.REFUSED, [], {})
    assert "SHM_SIZE" in result.sentences[0]


def test_the_run_that_a_process_works_on_is_known_to_it(journals: Path) -> None:
    """A second request to stop ends the process, which names the run; without a whole fingerprint there is none."""
    world = World.at(journals)

    async def scene() -> tuple[str | None, str | None, RunResult]:
        survey = await world.bereaved()
        proposal = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        order = Order(procedure=Procedure.PROMOTE, target=FIRST, accepted=world.seen_off(proposal), reason="a test")
        with world.journal() as journal:
            runner = world.runner(journal, survey)
            with pytest.raises(FingerprintError):
                await runner.apply(order, proposal.fingerprint[:-1])
            before = runner.at_work_on
            result = await runner.apply(order, proposal.fingerprint)
            return before, runner.at_work_on, result

    before, at_work_on, result = virtually(scene)
    assert (before, at_work_on, result.exit) == (None, result.run, Exit.DONE)
