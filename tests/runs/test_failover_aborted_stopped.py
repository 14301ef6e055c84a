"""An abort past the point of no return, while BoKS is stopped for a moment: a domain keeps its running master."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from boks_exporter.simulator.operator_records import Defect
from tests.unit.failover_world import FIRST, MASTER, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock


async def killed_while_the_new_master_is_stopped(world: World, procedure: Procedure) -> str:
    """Name the run of which the process ended."""
    world.domain.hosts[MASTER].is_registered = True
    if procedure is Procedure.PROMOTE:
        world.gates.spoil = lambda _, request: (
            Defect.FAILS_IN_THE_MIDDLE if request.endswith("convert master") else None
        )

    def is_stopped() -> bool:
        return world.roles()[FIRST] == "master" and not running_masters(world.domain)

    survey = await world.bereaved() if procedure is Procedure.PROMOTE else None
    await world.apply_and_kill(procedure, FIRST, is_stopped, survey)
    assert running_masters(world.domain) == ()
    with world.journal() as journal:
        (run,) = journal.view("bank").open_runs
    return run.run


@pytest.mark.parametrize("other", [False, True], ids=["alone", "next to another master"])
@pytest.mark.parametrize("procedure", [Procedure.SWITCHOVER, Procedure.PROMOTE])
def test_the_new_master_is_started_before_its_run_is_closed(journals: Path, procedure: Procedure, other: bool) -> None:
    """Unless another one is master by now: then the host on which BoKS stays stopped is named."""
    world = World.at(journals)

    async def scene() -> RunResult:
        run = await killed_while_the_new_master_is_stopped(world, procedure)
        if other:
            world.domain.set_fault(THIRD, Fault.TWO_MASTERS)
        await VirtualClock().sleep(60)
        return await world.abort(run)

    result = virtually(scene)
    assert result.exit is Exit.WORK_LEFT
    assert running_masters(world.domain) == ((THIRD,) if other else (FIRST,))
    assert (f"BoKS is stopped on {FIRST}" in result.sentences) is other
    assert world.locks() == {}


def test_a_replica_that_was_stopped_for_a_moment_is_started_as_well(journals: Path) -> None:
    world = World.at(journals)

    async def scene() -> RunResult:
        world.domain.hosts[MASTER].is_registered = True
        host = world.domain.hosts[MASTER]
        await world.apply_and_kill(
            Procedure.SWITCHOVER, FIRST, lambda: world.roles()[MASTER] == "server" and not host.daemons_running
        )
        with world.journal() as journal:
            (run,) = journal.view("bank").open_runs
        return await world.abort(run.run)

    result = virtually(scene)
    assert (result.exit, world.sent()[-1]) == (Exit.WORK_LEFT, (MASTER, "boot-start"))
    assert not [line for line in result.sentences if line.startswith("BoKS is stopped")]
