"""Cases with a name: worlds in which the program once made a second master or lost an update."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from boks_exporter.failover.procedure import Procedure
from boks_exporter.simulator.domain import Boksinit, Fault
from boks_exporter.simulator.domain.network import PortReach
from tests.faults.commands import apply_plan, go_on, open_run, planned
from tests.faults.faults import FaultKind, Injection
from tests.faults.harness import CANDIDATE, MASTER, OTHER, THIRD, World, prepare, scratch
from tests.faults.known_broken import NAMED_CASES
from tests.faults.late_requests import case_unheard, case_while_aborted, case_while_undoing, case_without_void
from tests.virtual.virtual_time import run_virtually


async def applied(world: World, procedure: Procedure, target: str) -> int:
    """Plan and apply without any acceptance."""
    with world.program() as program:
        return int((await apply_plan(program, procedure, target, accepted=frozenset())).exit)


async def late_then_abort(world: World, procedure: Procedure, key: str) -> None:
    """The request of a step is delayed, the host has no record of it yet, and the run is aborted."""
    target = await prepare(world, procedure)
    step = next(step for step in (await planned(world, procedure, target)).steps if step.key == key)
    injection = Injection(world, FaultKind.ARRIVES_LATE, step.number, step.host)
    with world.program() as program:
        injection.into(program)
        await apply_plan(program, procedure, target)
        injection.out()
    assert injection.happened
    run = open_run(world)
    if run is not None:
        with world.program() as program:
            await go_on(program, "abort", run.name)
    await world.pass_time(300.0)


async def numbers_pass(world: World) -> None:
    """The old master's updates reach no replica; the new one writes more than those; then the old one is retired."""
    await world.pass_time(120.0)
    await world.learn()
    for replica in (CANDIDATE, OTHER, THIRD):
        world.domain.set_fault(replica, Fault.SLOW, delay_seconds=60.0)
    await world.pass_time(120.0)
    world.domain.set_fault(MASTER, Fault.MASTER_DEAD)
    await world.pass_time(10.0)
    world.domain.run(CANDIDATE, ("convert", "-v", "master"))
    await world.pass_time(1800.0)
    world.domain.set_fault(MASTER, Fault.DOWN)
    world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
    world.domain.hosts[MASTER].faults.pop(Fault.DOWN)
    await world.pass_time(60.0)
    await applied(world, Procedure.RETIRE, MASTER)


async def partitioned_master(world: World) -> None:
    """The master runs, and neither the runner nor the replicas reach it."""
    await world.pass_time(120.0)
    await world.learn()
    world.domain.network.partition([MASTER], [CANDIDATE, OTHER, THIRD])
    world.domain.set_fault(MASTER, Fault.UNREACHABLE)
    await world.pass_time(120.0)
    assert world.domain.reach(CANDIDATE, MASTER, 6500) is PortReach.TIMEOUT
    await applied(world, Procedure.PROMOTE, CANDIDATE)


async def half_a_database(world: World) -> None:
    """A removal was cut in the middle by hand; the client is made a replica."""
    target = await prepare(world, Procedure.ADD_REPLICA)
    host = world.domain.hosts[target]
    host.copy = world.domain.hosts[OTHER].copy.clone()
    world.domain.move_file_aside(target, "earlier", "tab1.dat")
    await applied(world, Procedure.ADD_REPLICA, target)
    await world.pass_time(300.0)
    assert host.role is not Boksinit.SERVER or not world.domain.truth().hosts[target].missing_tables


CASES: dict[str, Callable[[World], Awaitable[None]]] = {
    "late conversion of a candidate, then abort": lambda w: late_then_abort(w, Procedure.PROMOTE, "convert-master"),
    "late conversion in a switchover, then abort": lambda w: late_then_abort(w, Procedure.SWITCHOVER, "convert-master"),
    "late start of a client, then abort": lambda w: late_then_abort(w, Procedure.RETIRE, "convert-client"),
    "late conversion while a switchover is rolled back": case_while_undoing,
    "late conversion while a killed switchover is aborted": case_while_aborted,
    "late conversion of a host that cannot be asked for the record": case_unheard,
    "late conversion through a gate that cannot claim an id": case_without_void,
    "late removal, then abort": lambda w: late_then_abort(w, Procedure.REBUILD, "remove-database"),
    "the new master's numbers pass those of lost updates": numbers_pass,
    "a partitioned master": partitioned_master,
    "half a database": half_a_database,
}


@pytest.mark.parametrize("name", CASES)
def test_a_promise_is_kept_or_known_to_be_broken(name: str) -> None:
    rate = 0.5 if "numbers" in name else 0.002
    with scratch() as directory:
        world = World(Path(directory), 1, rate)
        run_virtually(CASES[name](world))
    kinds = {breach.invariant for breach in world.observer.breaches}
    assert bool(kinds) == (name in NAMED_CASES), (kinds, world.said)


def test_only_cases_that_exist_are_known_to_be_broken() -> None:
    assert CASES.keys() >= NAMED_CASES
