"""A run that is taken up again, a minute or long after it was left: the domain can have been changed by hand since."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from tests.nonempty import nonempty
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock

UNASKED = Acceptance(Guard.HOSTS_NOT_ASKED, "it burnt down", THIRD)


async def killed_while_the_master_is_stopped(world: World) -> str:
    """Begin a rebuild, end its process between the stop and the start of the master, and name the run."""
    await world.apply_and_kill(Procedure.REBUILD, FIRST, lambda: not running_masters(world.domain))
    assert running_masters(world.domain) == ()
    with world.journal() as journal:
        (run,) = journal.view("bank").open_runs
    return run.run


async def again(world: World, command: str, run: str, *more: Acceptance) -> RunResult:
    with world.journal() as journal:
        runner = world.runner(journal)
        return await (runner.resume(run, more) if command == "resume" else runner.abort(run, more))


@pytest.mark.parametrize("seconds", [30, 3600])
@pytest.mark.parametrize("command", ["resume", "abort"])
def test_a_stopped_master_is_not_started_while_a_host_that_cannot_be_asked_may_be_one(
    journals: Path, command: str, seconds: int
) -> None:
    """Another operator replaced it, and the new master is not reached."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, RunResult]:
        run = await killed_while_the_master_is_stopped(world)
        await VirtualClock().sleep(seconds)
        world.domain.run(THIRD, ("convert", "-v", "master"))
        await VirtualClock().sleep(60)
        world.domain.set_fault(THIRD, Fault.UNREACHABLE)
        return await again(world, command, run), await again(world, command, run)

    results = virtually(scene)
    assert running_masters(world.domain) == (THIRD,)
    assert [each.exit for each in results] == [Exit.CHANGED, Exit.CHANGED]
    assert all(f"BoKS is stopped on {MASTER}" in each.sentences for each in nonempty(results))


WAYS: dict[str, Callable[[World, str], Awaitable[RunResult]]] = {
    "every host is asked": lambda world, run: again(world, "abort", run),
    "it is accepted": lambda world, run: again(world, "abort", run, UNASKED),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_started_once_every_host_was_asked_or_that_is_accepted(journals: Path, way: str) -> None:
    world = World.at(journals)

    async def scene() -> None:
        run = await killed_while_the_master_is_stopped(world)
        await VirtualClock().sleep(3600)
        if way == "it is accepted":
            world.domain.set_fault(THIRD, Fault.MASTER_DEAD)
        await WAYS[way](world, run)

    virtually(scene)
    assert running_masters(world.domain) == (MASTER,)
    assert world.observer.breaches == []


# The replica begins to load once its master is started again, and a host that loads is not converted.
GOES_ON = {"resume": (Exit.DONE,), "abort": (Exit.CHANGED, Exit.DONE)}


@pytest.mark.parametrize("command", GOES_ON)
def test_a_run_changes_no_other_machine_than_it_began_with(journals: Path, command: str) -> None:
    """The address of a host was edited since: its name leads to another machine."""
    world = World.at(journals)

    async def scene() -> tuple[Exit, tuple[Exit, ...]]:
        run = await killed_while_the_master_is_stopped(world)
        world.gates.overrides[FIRST] = {"hostname": SECOND}
        sent = len(world.sent())
        refused = await again(world, command, run)
        assert len(world.sent()) == sent
        world.gates.overrides[FIRST] = {"hostname": FIRST.upper()}
        exits: list[Exit] = []
        while not exits or (exits[-1] is Exit.CHANGED and len(exits) < 3):
            exits.append((await again(world, command, run)).exit)
            await VirtualClock().sleep(60)
        return refused.exit, tuple(exits)

    assert virtually(scene) == (Exit.FACTS_UNKNOWN, GOES_ON[command])
    assert running_masters(world.domain) == (MASTER,)


def test_a_domain_that_is_left_without_a_master_is_reported(journals: Path) -> None:
    """Another operator breaks the lock right after the old master became a client, so that nothing can be undone."""
    world = World.at(journals)

    def break_lock(host: str, line: str) -> None:
        if host == MASTER and line.endswith(" boot-stop") and world.roles()[MASTER] == "client":
            world.gates.states[MASTER].lock = None

    async def scene() -> tuple[RunResult, RunResult]:
        survey = world.survey()
        await world.warm(survey)
        world.way.connection_fault = break_lock
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        world.way.connection_fault = lambda _, __: None
        return result, await again(world, "abort", result.run or "")

    left, undone = virtually(scene)
    assert (left.exit, undone.exit) == (Exit.CHANGED, Exit.DONE)
    assert "no host reports that it is master" in left.sentences
    assert running_masters(world.domain) == (MASTER,)
