"""A removal of a database that was cut in the middle: half a database is no database, and comes back whole."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.operator_records import Defect, database_files
from tests.unit.failover_world import FIRST, MASTER, SECOND, World, virtually


@pytest.mark.parametrize("spoil", [Defect.FAILS_IN_THE_MIDDLE, Defect.REBOOTS])
def test_what_a_cut_removal_has_moved_comes_back(journals: Path, spoil: Defect) -> None:
    world = World.at(journals)
    before: list[str] = []

    def spoilt(_: str, request: str) -> Defect | None:
        if not request.endswith(" remove-database") or before:
            return None
        before.extend(database_files(world.domain, FIRST))
        return spoil

    async def scene() -> RunResult:
        survey = world.survey()
        await world.warm(survey)
        world.gates.spoil = spoilt
        result = await world.apply(Procedure.REBUILD, FIRST, survey=survey)
        return result if result.exit is Exit.UNCHANGED else await world.abort(result.run or "")

    result = virtually(scene)
    host = world.domain.hosts[FIRST]
    assert result.exit in {Exit.UNCHANGED, Exit.DONE}, result.sentences
    assert (database_files(world.domain, FIRST), host.aside) == (before, {})
    assert (host.role, host.daemons_running) == ("server", True)


def findings(world: World, procedure: Procedure, target: str, guard: Guard) -> list[Finding]:
    async def scene() -> list[Finding]:
        survey = world.survey()
        await world.warm(survey)
        proposal = await world.proposal(procedure, target, survey)
        return [finding for finding in proposal.findings if finding.guard is guard]

    return virtually(scene)


@pytest.mark.parametrize("procedure", [Procedure.REBUILD, Procedure.SWITCHOVER])
def test_odd_files_are_found_before_the_first_step(journals: Path, procedure: Procedure) -> None:
    world = World.at(journals)
    world.gates.states[FIRST].has_odd_files = True
    assert [found.host for found in findings(world, procedure, FIRST, Guard.ODD_FILES)] == [FIRST]


def test_odd_files_of_a_host_that_is_not_changed_are_no_finding(journals: Path) -> None:
    world = World.at(journals)
    world.gates.states[SECOND].has_odd_files = True
    assert findings(world, Procedure.SWITCHOVER, FIRST, Guard.ODD_FILES) == []


def test_half_a_database_is_found_before_its_host_is_converted(journals: Path) -> None:
    world = World.at(journals)
    world.gates.states[FIRST].removals = {"earlier.1"}
    found = findings(world, Procedure.SWITCHOVER, FIRST, Guard.PARTIAL_DATABASE)
    assert [each.host for each in found] == [FIRST]
    world.gates.states[FIRST].removals = set()
    world.gates.states[MASTER].removals = {"earlier.1"}
    found = findings(world, Procedure.SWITCHOVER, FIRST, Guard.PARTIAL_DATABASE)
    assert [each.host for each in found] == [MASTER]
