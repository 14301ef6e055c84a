"""A domain that writes all the time: procedures end there, too, and lose nothing."""

from pathlib import Path

import pytest

from boks_exporter.failover.words import Procedure
from boks_exporter.simulator.virtual_time import run_virtually
from tests.faults.commands import apply_plan, open_run
from tests.faults.truth import standing
from tests.faults.world import World, prepare, scratch


async def ended(world: World, procedure: Procedure) -> tuple[int, str, bool, bool]:
    """Apply a procedure; its exit code, what it said, and whether a run is open and the domain stands as before."""
    target = await prepare(world, procedure)
    before = standing(world.domain)
    with world.program() as program:
        result = await apply_plan(program, procedure, target)
    await world.pass_time(60.0)
    changes = before.differs(standing(world.domain))
    return int(result.exit), " ".join(result.sentences), open_run(world) is not None, not changes


@pytest.mark.parametrize("rate", [2.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2, 4])
@pytest.mark.parametrize("procedure", [Procedure.ADD_REPLICA, Procedure.REBUILD, Procedure.RETIRE, Procedure.VERIFY])
def test_a_busy_master_keeps_no_procedure_from_its_end(procedure: Procedure, rate: float, seed: int) -> None:
    """Equal means equal within two readings of the master, which never shows the same twice."""
    with scratch() as directory:
        world = World(Path(directory), seed, rate)
        code, said, is_open, _ = run_virtually(ended(world, procedure))
    assert (code, is_open, world.observer.breaches) == (0, False, []), said


@pytest.mark.parametrize("rate", [2.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_what_a_stopped_master_kept_back_is_not_lost(rate: float, seed: int) -> None:
    """A change of masters either has every update, or is undone and says which are missing."""
    with scratch() as directory:
        world = World(Path(directory), seed, rate)
        code, said, is_open, is_as_before = run_virtually(ended(world, Procedure.SWITCHOVER))
    assert (is_open, world.observer.breaches) == (False, [])
    assert code == 0 or (code, is_as_before) == (20, True), said
    assert code == 0 or "REP1 lacks" in said
