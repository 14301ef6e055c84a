"""A run that was rolled back made no host the master: what the old one wrote since is in all copies."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.operator_records import Defect
from tests.unit.failover_world import FIRST, MASTER, World, virtually
from tests.virtual.virtual_time import VirtualClock

CONVERTED = (FIRST, "convert master")


async def failed(world: World, *, is_killed: bool) -> Exit:
    """The conversion of the new master fails; the run is rolled back at once, or by abort after its process is gone."""
    world.gates.spoil = lambda host, line: (
        Defect.FAILS_AT_ONCE if line.endswith(CONVERTED[1]) and host == FIRST else None
    )
    survey = world.survey()
    await world.warm(survey)
    if not is_killed:
        return (await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)).exit
    await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: CONVERTED in world.sent(), survey)
    with world.journal() as journal:
        (run,) = journal.view("bank").open_runs
    return (await world.abort(run.run)).exit


@pytest.mark.parametrize(("is_killed", "ended"), [(False, Exit.UNCHANGED), (True, Exit.DONE)])
def test_a_switchover_that_was_rolled_back_is_tried_again(journals: Path, ended: Exit, *, is_killed: bool) -> None:
    """The second one moves the database of the old master aside, which has nothing alone."""
    world = World.at(journals, writes_per_second=0.05)
    world.domain.hosts[MASTER].is_registered = True

    async def scene() -> tuple[Exit, RunResult]:
        first = await failed(world, is_killed=is_killed)
        world.gates.spoil = lambda _, __: None
        await VirtualClock().sleep(7200)
        survey = world.survey()
        await world.warm(survey)
        accepted = () if is_killed else (Guard.LAST_RUN_FAILED,)
        return first, await world.apply(Procedure.SWITCHOVER, FIRST, *accepted, survey=survey)

    first, second = virtually(scene)
    assert (first, second.exit) == (ended, Exit.DONE), second.sentences
