"""Numbers are no identity: what a copy has above a fork point is its own, whatever the numbers are later."""

from pathlib import Path

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Finding, Guard, Level
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.failover.survey import Survey
from boks_exporter.simulator.domain import Fault
from tests.nonempty import nonempty
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock

OFF = Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", MASTER)
LOST = tuple(Acceptance(guard, "some updates are lost") for guard in (Guard.BEHIND_LAST_MASTER, Guard.BEHIND_BEST))


async def promoted_without_some_updates(world: World) -> tuple[Survey, RunResult]:
    """The master writes what no replica receives, is read, dies, and is replaced; the new one writes a lot."""
    survey = world.survey()
    await world.warm(survey)
    for name in (FIRST, SECOND, THIRD):
        world.domain.set_fault(name, Fault.SLOW, delay_seconds=4000.0)
    await VirtualClock().sleep(120)
    await world.warm(survey)
    world.kill_master()
    await VirtualClock().sleep(60)
    result = await world.apply(Procedure.PROMOTE, FIRST, OFF, *LOST[:1], survey=survey)
    for name in (FIRST, SECOND, THIRD):
        world.domain.clear_fault(name, Fault.SLOW)
    await VirtualClock().sleep(3000)
    world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
    world.domain.run(MASTER, ("Boot", "-k"))
    return survey, result


def own_updates(findings: tuple[Finding, ...]) -> list[tuple[str, bool]]:
    return [
        (str(each.host), int(each.value or 0) > 0)
        for each in findings
        if each.guard is Guard.UPDATES_ONLY_HERE and each.level is Level.REFUSE
    ]


def test_updates_above_the_fork_point_are_not_hidden_by_what_the_new_master_writes(journals: Path) -> None:
    """Its numbers are higher than the old master's by then; retiring that one still needs an acceptance."""
    world = World.at(journals, writes_per_second=0.5)

    async def scene() -> tuple[tuple[Finding, ...], Exit, Exit]:
        survey, _ = await promoted_without_some_updates(world)
        findings = (await world.proposal(Procedure.RETIRE, MASTER, survey)).findings
        blind = await world.apply(Procedure.RETIRE, MASTER, survey=survey)
        taken = Acceptance(Guard.UPDATES_ONLY_HERE, "looked through by hand", MASTER)
        return findings, blind.exit, (await world.apply(Procedure.RETIRE, MASTER, taken, survey=survey)).exit

    findings, blind, accepted = virtually(scene)
    assert own_updates(nonempty(findings)) == [(MASTER, True)]
    assert (blind, accepted) == (Exit.REFUSED, Exit.DONE)


def test_the_fork_point_is_in_the_journal_before_the_conversion(journals: Path) -> None:
    """With the candidate's numbers at that moment, and what other copies have above them."""
    world = World.at(journals, writes_per_second=0.5)
    virtually(lambda: promoted_without_some_updates(world))
    with world.journal() as journal:
        (fork,) = journal.view("bank").forks
    assert (fork.old_master, fork.new_master) == (MASTER, FIRST)
    assert fork.numbers
    assert max(fork.above[MASTER].values()) > 0


def test_a_change_of_master_without_a_fork_point_is_a_finding(journals: Path) -> None:
    """A replica was made master by hand, unseen: what the old one has alone is unknown."""
    world = World.at(journals)

    async def scene() -> tuple[Finding, ...]:
        survey = await world.bereaved()
        world.domain.run(FIRST, ("convert", "-v", "master"))
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        world.domain.run(MASTER, ("Boot", "-k"))
        await VirtualClock().sleep(120)
        seen = (await world.proposal(Procedure.RETIRE, MASTER, survey)).findings
        assert Guard.FORK_POINT_UNKNOWN not in {each.guard for each in seen}
        return (await world.proposal(Procedure.RETIRE, MASTER)).findings

    found = [(each.guard, each.level) for each in virtually(scene)]
    assert (Guard.FORK_POINT_UNKNOWN, Level.UNKNOWN) in found


def test_a_final_reading_of_an_old_run_does_not_outweigh_a_newer_one(journals: Path) -> None:
    """The old master was master again by hand, wrote, and is a client as the run is resumed: its last updates count."""
    world = World.at(journals)

    async def scene() -> RunResult:
        await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: world.roles()[MASTER] == "client")
        with world.journal() as journal:
            (run,) = journal.view("bank").open_runs
            old = journal.readings(run.run)[MASTER]
            assert old.is_final
            later = world.survey()
            numbers = {table: (number + 100, stamp) for table, (number, stamp) in old.numbers.items()}
            later.readings[MASTER] = Reading(MASTER, numbers, old.read_at + 60.0, "the exporter's state file")
            return await world.runner(journal, later).resume(run.run)

    result = virtually(scene)
    assert result.exit is Exit.UNCHANGED
    assert world.roles()[FIRST] == "server"


async def switchover_without_process(world: World) -> str:
    """End its process once the old master is a stopped client, which nothing else shows as it was."""
    await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: world.roles()[MASTER] == "client")
    with world.journal() as journal:
        (run,) = journal.view("bank").open_runs
    return run.run


@pytest.mark.parametrize("seconds", [10, 3600])
def test_what_was_written_by_hand_ends_the_final_reading_of_a_run(journals: Path, seconds: int) -> None:
    """The old master was master again by hand, and wrote, which nothing has read; then the run is resumed."""
    world = World.at(journals)

    async def scene() -> RunResult:
        run = await switchover_without_process(world)
        for name in (FIRST, SECOND, THIRD):
            world.domain.set_fault(name, Fault.SLOW, delay_seconds=90000.0)
        world.domain.run(MASTER, ("convert", "-v", "master"))
        await VirtualClock().sleep(seconds)
        world.domain.advance(VirtualClock().monotonic())
        world.domain.write(MASTER, 7, 50)
        await VirtualClock().sleep(seconds)
        world.domain.run(MASTER, ("convert", "-v", "client"))
        await VirtualClock().sleep(seconds)
        first = await world.resume(run)
        return first if first.exit is not Exit.CHANGED else await world.resume(run)

    result = virtually(scene)
    assert result.exit is Exit.UNCHANGED
    assert world.observer.breaches == []
    assert world.roles()[FIRST] == "server"


def test_a_final_reading_holds_while_only_the_run_has_changed_the_host(journals: Path) -> None:
    """Hours later, too: the host proves that its role was not written since."""
    world = World.at(journals)

    async def scene() -> Exit:
        run = await switchover_without_process(world)
        await VirtualClock().sleep(7200)
        return (await world.resume(run)).exit

    assert virtually(scene) is Exit.NOT_CONVERGED
    assert world.roles()[FIRST] == "master"


def test_a_gate_that_proves_nothing_leaves_no_final_reading_to_another_process(journals: Path) -> None:
    """An older gate does not report since when its host is unchanged: the change is rolled back."""
    world = World.at(journals)

    async def scene() -> Exit:
        run = await switchover_without_process(world)
        world.gates.overrides[MASTER] = {"unchanged_since": ""}
        return (await world.resume(run)).exit

    assert virtually(scene) is Exit.UNCHANGED
    assert world.roles()[MASTER] == "master"
