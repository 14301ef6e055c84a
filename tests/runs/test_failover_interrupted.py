"""Runs that are cut off, contested or given up: nothing is done twice, and nothing half done is forgotten."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain import Fault
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock


@pytest.mark.parametrize("cut", [ConnectionFault.BEFORE, ConnectionFault.DURING, ConnectionFault.AFTER])
def test_a_connection_that_breaks_changes_nothing_twice(journals: Path, cut: ConnectionFault) -> None:
    """Before, during or after the command: the same id is asked for, and the host runs it once."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = await world.bereaved()
        connection_fault = iter([cut])
        world.way.connection_fault = lambda _, line: next(connection_fault, None) if " do " in line else None
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.DONE
    records = world.gates.states[FIRST].records
    assert [record.request.split()[1:] for record in records.values()] == [["convert", "master"]]
    assert world.observer.breaches == []


def test_two_operators_meet_at_the_hosts(journals: Path) -> None:
    """On two machines, with two journals, for two candidates: one promotes, the other is told who holds the lock."""
    world = World.at(journals)
    other = World(replace(world.environment, directory=journals / "other"))

    async def scene() -> list[Exit]:
        surveys = world.survey(), other.survey()
        await asyncio.gather(*(world.warm(survey) for survey in surveys))
        world.kill_master()
        await VirtualClock().sleep(20)
        first = world.apply(Procedure.PROMOTE, FIRST, survey=surveys[0])
        second = other.apply(Procedure.PROMOTE, SECOND, survey=surveys[1])
        return [result.exit for result in await asyncio.gather(first, second)]

    assert sorted(virtually(scene)) == [Exit.DONE, Exit.LOCKED]
    assert len(world.domain.masters()) == 1
    assert world.locks() == {}
    assert world.observer.breaches == []


def test_a_plan_that_is_no_longer_true_is_refused_with_the_difference(journals: Path) -> None:
    """What was shown is not what is: nothing is sent that changes anything."""
    world = World.at(journals)

    async def scene() -> tuple[str, ...]:
        survey = await world.bereaved()
        proposal = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        world.domain.set_fault(THIRD, Fault.UNREACHABLE)
        with world.journal() as journal:
            order = Order(procedure=Procedure.PROMOTE, target=FIRST)
            result = await world.runner(journal, survey).apply(order, proposal.fingerprint)
            assert result.exit is Exit.REFUSED
            return result.sentences

    assert virtually(scene) == (
        "things are no longer as in the plan that was shown; show a new one",
        "r3 SHM_SIZE: was 16000, is unknown",
        "r3 answers: was yes, is no, but its machine is up",
        "r3 calls itself: was r3, is unknown",
        "r3 daemons: was running, is unknown",
        "r3 operator's gate: was answers, is unreachable",
        "r3 role: was replica, is unknown",
        "r3 state: was unknown, is unreachable",
        "locks: was r1 r2 r3, is r1 r2",
        "finding hosts_not_asked on r3: was not there, is unknown",
        "next: boks-exporter failover promote r1",
    )
    assert world.sent() == []


def test_a_runner_that_is_killed_leaves_a_run_to_resume(journals: Path) -> None:
    """Wherever it is cut off: the host goes on, and resume looks first."""
    resumed = []
    for seconds in (1.0, 24.0, 48.0, 70.0, 92.0):
        world = World.at(journals / str(seconds))

        async def scene(world: World = world, seconds: float = seconds) -> Exit:
            survey = await world.bereaved()
            task = asyncio.ensure_future(world.apply(Procedure.PROMOTE, FIRST, survey=survey))
            await asyncio.sleep(45 + seconds)
            task.cancel()
            await asyncio.wait({task})
            with world.journal() as journal:
                runs = journal.view("bank").open_runs
            if not runs:
                return Exit.DONE
            resumed.append(seconds)
            return (await world.resume(runs[0].run)).exit

        assert virtually(scene) is Exit.DONE, seconds
        assert world.observer.breaches == []
        assert world.sent()[:1] in ([], [(FIRST, "convert master")])
    assert len(resumed) > 1


def test_an_aborted_run_leaves_nothing_behind(journals: Path) -> None:
    """What was done before the point of no return is undone, last first, and the locks are released."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[SECOND].is_registered = False
        result = await world.apply(Procedure.REBUILD, SECOND, survey=survey)
        assert result.exit is Exit.NOT_CONVERGED
        assert result.run is not None
        return (await world.abort(result.run)).exit

    assert virtually(scene) is Exit.DONE
    assert [words.split()[0] for _, words in world.sent()] == [
        "convert",
        "remove-database",
        "restore-database",
        "convert",
    ]
    assert world.roles()[SECOND] == "server"
    assert world.locks() == {}
    assert world.observer.breaches == []


def test_an_abort_after_the_point_of_no_return_shows_what_cannot_be_undone(journals: Path) -> None:
    """A master stays master; what is left to do by hand is named."""
    world = World.at(journals)

    async def scene() -> tuple[Exit, tuple[str, ...]]:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        aborted = await world.abort(result.run or "")
        return aborted.exit, aborted.sentences

    code, said = virtually(scene)
    assert code is Exit.WORK_LEFT
    assert said[0] == (
        f"step 5 (convert-master on {FIRST}) was done: there is no way back: what it writes from now on is in "
        "no other copy"
    )
    assert said[1].startswith(f"not done: step 10, wait-registered on {MASTER}: ")
    assert world.roles()[FIRST] == "master"
    assert world.locks() == {}


def test_nothing_is_begun_without_its_entry(journals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal's disk is full at the first intent: no change leaves, and the exit code says so."""
    world = World.at(journals)

    def full(*_: object) -> None:
        message = "the journal cannot be written, is its disk full?"
        raise JournalError(message)

    async def scene() -> Exit:
        survey = await world.bereaved()
        monkeypatch.setattr(Journal, "intend", full)
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.UNCHANGED
    assert world.sent() == []


def test_a_run_can_be_closed_when_one_of_its_hosts_left_the_configuration(journals: Path) -> None:
    """Its lock cannot be given back then; the others are, and how to break that one is told."""
    world = World.at(journals)

    async def scene() -> tuple[Exit, tuple[str, ...]]:
        survey = world.survey()
        await world.warm(survey)
        run = (await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)).run or ""
        smaller = world.survey()
        smaller.domain = replace(smaller.domain, hosts=tuple(h for h in smaller.domain.hosts if h.name != THIRD))
        with world.journal() as journal:
            assert (await world.runner(journal, smaller).resume(run)).exit is Exit.FACTS_UNKNOWN
            result = await world.runner(journal, smaller).forget(run, "its machine burnt down")
        return result.exit, result.sentences

    code, said = virtually(scene)
    assert code is Exit.DONE
    assert said[-1].startswith(f"the lock of {THIRD} could not be released (it is no longer in the configuration): ")
    assert set(world.locks()) == {THIRD}
