"""Two masters under an open run: reported immediately, with the commands that end it, and these are allowed."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import NextCommand, RunResult
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from boks_exporter.simulator.operator_records import Defect
from tests.unit.failover_world import FIRST, MASTER, World, virtually
from tests.virtual.virtual_time import VirtualClock

ACCEPTED = (
    Acceptance(Guard.DAEMONS_RUNNING, "the conversion stops it", MASTER),
    Acceptance(Guard.UPDATES_ONLY_HERE, "nothing was written there", MASTER),
)


async def promoted(world: World, *, after: bool) -> RunResult:
    """Promote a replica; the old master is switched on while it is converted, or right after."""
    survey = await world.bereaved()
    conversions: list[str] = []

    def come_back(host: str, line: str) -> None:
        if line.endswith(" convert master"):
            conversions.append(host)
        if (conversions and " preflight" in line) or (conversions and not after):
            world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)

    world.way.connection_fault = come_back
    result = await world.apply(Procedure.PROMOTE, FIRST, survey=survey)
    world.way.connection_fault = lambda _, __: None
    return result


@pytest.mark.parametrize("after", [False, True], ids=["while it is converted", "after the conversion"])
def test_a_second_master_is_reported_and_its_cure_is_allowed(journals: Path, after: bool) -> None:
    """No wait of half an hour, no result that stays unknown: abort closes the run, and retire ends the conflict."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, float, RunResult, RunResult]:
        began = VirtualClock().monotonic()
        result = await promoted(world, after=after)
        took = VirtualClock().monotonic() - began
        run = result.run or ""
        assert NextCommand("abort", (run,)) in result.next
        aborted = await world.abort(run)
        retired = await world.apply(Procedure.RETIRE, MASTER, *ACCEPTED)
        return result, took, aborted, retired

    result, took, aborted, retired = virtually(scene)
    assert took < 600.0
    assert result.exit is Exit.CHANGED
    assert all(name in " ".join(result.sentences) for name in (FIRST, MASTER))
    assert aborted.exit is Exit.WORK_LEFT
    assert NextCommand("retire", (MASTER,)) in aborted.next
    assert retired.exit is Exit.DONE, retired.sentences
    assert (world.roles()[MASTER], world.roles()[FIRST], world.locks()) == ("client", "master", {})


@pytest.mark.parametrize("returns", [False, True], ids=["it stays off", "it comes back"])
def test_a_promoted_host_is_started_only_where_no_other_is_master(journals: Path, returns: bool) -> None:
    """A conversion that ended before it started BoKS is completed; next to another master it is only reported."""
    world = World.at(journals)
    world.gates.spoil = lambda _, request: Defect.FAILS_IN_THE_MIDDLE if request.endswith("convert master") else None

    async def scene() -> RunResult:
        survey = await world.bereaved()

        def come_back(_: str, line: str) -> None:
            if returns and line.endswith(" convert master"):
                world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)

        world.way.connection_fault = come_back
        return await world.apply(Procedure.PROMOTE, FIRST, survey=survey)

    result = virtually(scene)
    started = (FIRST, "boot-start") in world.sent()
    if returns:
        assert (started, running_masters(world.domain)) == (False, (MASTER,))
        assert result.exit is Exit.CHANGED
    else:
        assert (started, running_masters(world.domain)) == (True, (FIRST,))
        assert result.exit is Exit.DONE, result.sentences
    assert world.observer.breaches == []
