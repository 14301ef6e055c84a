"""Whole runs on simulated hosts: what is changed, in which order, and what the simulator itself saw of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.findings import Guard
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.failover.runner import Order
from boks_exporter.failover.words import Exit, Outcome, Procedure
from boks_exporter.simulator.domain import Fault, Layout, Stopped
from boks_exporter.simulator.operator_cuts import Cut
from boks_exporter.simulator.virtual_time import VirtualClock
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World, virtually


def register(world: World, host: str, master: str) -> None:
    """Change a host's type in the database, as an administrator does."""
    printed = world.domain.run(master, ("hostadm", "-m", "-t", "BOKSREPLICA", "-h", host))
    assert printed.exit_status == 0


def sent(world: World) -> list[tuple[str, str]]:
    """Name what changed hosts, without the run's name."""
    words = [(host, line.split()) for _, host, line in world.way.heard]
    return [(host, " ".join(line[4:])) for host, line in words if line[2] == "do"]


def test_a_replica_is_promoted_when_the_master_is_dead(tmp_path: Path) -> None:
    """One change on one host; all servers are locked meanwhile, and free afterwards."""
    world = World.at(tmp_path, writes_per_second=0.3)

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        result = await world.apply(Procedure.PROMOTE, FIRST, survey=survey)
        assert (result.exit, result.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert sent(world) == [(FIRST, "convert master")]
    assert world.roles()[FIRST] == "master"
    assert world.locks() == {}
    assert world.observer.breaches == []
    with world.journal() as journal:
        run = journal.runs("bank")[0]
        assert (run.outcome, run.is_open, str(run.who), run.reason) == (
            Outcome.DONE,
            False,
            "anna (root) on ops7",
            "a test",
        )
        assert [(step.number, step.outcome) for step in journal.steps(run.name)] == [(n, "done") for n in range(1, 6)]
        assert journal.maintenance(run.ended_at or 0.0) == ()


def test_a_switchover_loses_nothing_and_ends_with_the_old_master_as_a_replica(tmp_path: Path) -> None:
    """The master is out before another is in, and its database goes only after that."""
    world = World.at(tmp_path)
    world.domain.hosts[MASTER].is_registered = True

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        assert (result.exit, result.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert sent(world) == [
        (MASTER, "boot-stop"),
        (MASTER, "convert client"),
        (MASTER, "boot-stop"),
        (FIRST, "convert master"),
        (MASTER, "remove-database"),
        (MASTER, "convert server"),
        (MASTER, "boot-stop"),
        (MASTER, "boot-start"),
        (FIRST, "boot-stop"),
        (FIRST, "boot-start"),
    ]
    assert world.roles() == {MASTER: "server", FIRST: "master", SECOND: "server", THIRD: "server", CLIENT: "client"}
    assert world.observer.breaches == []


def test_a_switchover_waits_for_the_registration_and_goes_on_when_it_is_made(tmp_path: Path) -> None:
    """What only a person can do is waited for, told, and taken up by resume."""
    world = World.at(tmp_path)

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        assert result.exit is Exit.NOT_CONVERGED
        assert result.run is not None
        assert result.sentences == (
            (
                f"step 10 (wait-registered on {MASTER}): {MASTER} is not registered as BOKSREPLICA: "
                f"change its type in the database of {FIRST}"
            ),
            f"next: boks-exporter failover resume {result.run}, or boks-exporter failover abort {result.run}",
        )
        assert set(world.locks().values()) == {result.run}
        register(world, MASTER, FIRST)
        again = await world.resume(result.run)
        assert (again.exit, again.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert world.roles()[MASTER] == "server"
    assert world.locks() == {}
    assert world.observer.breaches == []


@pytest.mark.parametrize("when_stopped", list(Stopped))
def test_a_switchover_that_finds_an_update_missing_goes_back(tmp_path: Path, when_stopped: Stopped) -> None:
    """Between the last look and the stop the master wrote: it is started again, and nobody has changed."""
    world = World.at(tmp_path)
    world.domain.layout = _with(world, when_stopped)

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        world.way.cuts = lambda host, line: _late(world, host, line)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        if when_stopped is Stopped.NUMBERS:
            assert result.exit is Exit.UNCHANGED
            assert result.sentences[0].startswith(f"step 3 (compare-before on {FIRST}): {FIRST} lacks ")
            assert result.sentences[1].startswith(f"step 2 (stop-master-before on {MASTER}) is undone: BoKS is running")

    virtually(scene)
    assert world.observer.breaches == []
    if when_stopped is Stopped.NUMBERS:
        assert sent(world) == [(MASTER, "boot-stop"), (MASTER, "boot-start")]
        assert world.roles()[MASTER] == "master"
        assert world.locks() == {}


def _with(world: World, when_stopped: Stopped) -> Layout:
    return replace(world.domain.layout, when_stopped=when_stopped)


def _late(world: World, host: str, line: str) -> None:
    """Let a replica fall behind in the instant in which the master is stopped."""
    if host == MASTER and line.endswith("boot-stop") and Fault.DIVERGED not in world.domain.hosts[FIRST].faults:
        world.domain.set_fault(FIRST, Fault.DIVERGED)
        database = world.domain.hosts[MASTER].copy.database
        assert database is not None
        table = next(iter(database.busiest()))
        world.domain.hosts[FIRST].copy.surplus[table] = -3


def test_a_replica_is_rebuilt(tmp_path: Path) -> None:
    """Its database goes aside, never away, and it comes back with the master's."""
    world = World.at(tmp_path)

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        assert (await world.apply(Procedure.REBUILD, SECOND, survey=survey)).exit is Exit.DONE

    virtually(scene)
    assert [words for _, words in sent(world)] == [
        "convert client",
        "remove-database",
        "convert server",
        "boot-stop",
        "boot-start",
        "boot-stop",
        "boot-start",
    ]
    assert world.domain.truth().hosts[SECOND].lag == {}
    assert world.observer.breaches == []


def test_a_client_becomes_a_replica(tmp_path: Path) -> None:
    """Registered first, then converted, and the master restarted; SHM_SIZE is the master's already."""
    world = World.at(tmp_path)
    register(world, CLIENT, MASTER)
    world.domain.hosts[CLIENT].shm_size_kilobytes = 8000

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        assert (await world.apply(Procedure.ADD_REPLICA, CLIENT, survey=survey)).exit is Exit.DONE

    virtually(scene)
    assert sent(world)[0] == (CLIENT, "set-shm-size 16000")
    assert world.roles()[CLIENT] == "server"
    assert world.domain.hosts[CLIENT].shm_size_kilobytes == 16000
    assert world.observer.breaches == []


def test_the_whole_night(tmp_path: Path) -> None:
    """Death, promotion, return of the old master, its way back as a replica, failback: sound, and nothing lost."""
    world = World.at(tmp_path)

    async def scene() -> list[Exit]:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        ended = [(await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit]
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        world.domain.stop_daemons(world.domain.hosts[MASTER])
        ended.append((await world.apply(Procedure.RETIRE, MASTER, survey=survey)).exit)
        register(world, MASTER, FIRST)
        ended.append((await world.apply(Procedure.ADD_REPLICA, MASTER, survey=survey)).exit)
        world.domain.hosts[FIRST].is_registered = True
        await VirtualClock().sleep(1000)
        ended.append((await world.apply(Procedure.FAILBACK, MASTER, survey=survey)).exit)
        return ended

    assert virtually(scene) == [Exit.DONE] * 4
    assert world.roles() == {MASTER: "master", FIRST: "server", SECOND: "server", THIRD: "server", CLIENT: "client"}
    # The dead machine comes up with ENV=master for the blink of an eye in which the test stops it, as at a console.
    assert {breach.event for breach in world.observer.breaches} <= {f"start {MASTER}", f"clear {MASTER}"}


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.DURING, Cut.AFTER])
def test_a_connection_that_breaks_changes_nothing_twice(tmp_path: Path, cut: Cut) -> None:
    """Before, during or after the command: the same id is asked for, and the host runs it once."""
    world = World.at(tmp_path)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        cuts = iter([cut])
        world.way.cuts = lambda _, line: next(cuts, None) if " do " in line else None
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.DONE
    records = world.gates.states[FIRST].records
    assert [record.request.split()[1:] for record in records.values()] == [["convert", "master"]]
    assert world.observer.breaches == []


def test_two_operators_meet_at_the_hosts(tmp_path: Path) -> None:
    """On two machines, with two journals, for two candidates: one promotes, the other is told who holds the lock."""
    world = World.at(tmp_path)
    other = World(tmp_path / "other", world.domain, world.gates, world.way, world.observer)

    async def scene() -> list[Exit]:
        surveys = world.survey(), other.survey()
        for survey in surveys:
            await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        first = world.apply(Procedure.PROMOTE, FIRST, survey=surveys[0])
        second = other.apply(Procedure.PROMOTE, SECOND, survey=surveys[1])
        return [result.exit for result in await asyncio.gather(first, second)]

    assert sorted(virtually(scene)) == [Exit.DONE, Exit.LOCKED]
    assert len(world.domain.masters()) == 1
    assert world.locks() == {}
    assert world.observer.breaches == []


def test_a_plan_that_is_no_longer_true_is_refused_with_the_difference(tmp_path: Path) -> None:
    """What was shown is not what is: nothing is sent that changes anything."""
    world = World.at(tmp_path)

    async def scene() -> tuple[str, ...]:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        proposal = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        world.domain.set_fault(THIRD, Fault.UNREACHABLE)
        with world.journal() as journal:
            order = Order(procedure=Procedure.PROMOTE, target=FIRST)
            result = await world.runner(journal, survey).apply(order, proposal.fingerprint)
            assert result.exit is Exit.REFUSED
            return result.sentences

    assert virtually(scene) == (
        "things are no longer as in the plan that was shown; look at a new one",
        "r3 SHM_SIZE: was 16000, is unknown",
        "r3 answers: was yes, is no",
        "r3 daemons: was running, is unknown",
        "r3 operator's gate: was answers, is silent",
        "r3 role: was replica, is unknown",
        "r3 state: was unknown, is unreachable",
        "locks: was r1 r2 r3, is r1 r2",
        "finding hosts_not_asked on r3: was not there, is unknown",
    )
    assert sent(world) == []


def test_a_runner_that_is_killed_leaves_a_run_to_resume(tmp_path: Path) -> None:
    """Wherever it is cut off: the host goes on, and resume looks first."""
    for seconds in (1.0, 24.0, 48.0, 70.0, 92.0):
        world = World.at(tmp_path / str(seconds))

        async def scene(world: World = world, seconds: float = seconds) -> Exit:
            survey = world.survey()
            await world.warm(survey)
            world.kill_master()
            await VirtualClock().sleep(60)
            task = asyncio.ensure_future(world.apply(Procedure.PROMOTE, FIRST, survey=survey))
            await asyncio.sleep(45 + seconds)
            task.cancel()
            await asyncio.wait({task})
            with world.journal() as journal:
                runs = journal.view("bank").open_runs
            if not runs:
                return Exit.DONE
            return (await world.resume(runs[0].run)).exit

        assert virtually(scene) is Exit.DONE, seconds
        assert world.observer.breaches == []
        assert sent(world)[:1] in ([], [(FIRST, "convert master")])


def test_an_aborted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    """What was done before the point of no return is undone, last first, and the locks are given back."""
    world = World.at(tmp_path)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[SECOND].is_registered = False
        result = await world.apply(Procedure.REBUILD, SECOND, Guard.LAST_COPY, survey=survey)
        assert result.exit is Exit.NOT_CONVERGED
        assert result.run is not None
        return (await world.abort(result.run)).exit

    assert virtually(scene) is Exit.DONE
    assert [words.split()[0] for _, words in sent(world)] == [
        "convert",
        "remove-database",
        "restore-database",
        "convert",
    ]
    assert world.roles()[SECOND] == "server"
    assert world.locks() == {}
    assert world.observer.breaches == []


def test_an_abort_after_the_point_of_no_return_says_what_cannot_be_undone(tmp_path: Path) -> None:
    """A master stays master; what is left to do by hand is named."""
    world = World.at(tmp_path)

    async def scene() -> tuple[Exit, tuple[str, ...]]:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        aborted = await world.abort(result.run or "")
        return aborted.exit, aborted.sentences

    code, said = virtually(scene)
    assert code is Exit.CHANGED
    assert said[0] == (
        f"step 6 (convert-master on {FIRST}) was done: there is no way back: what it writes from now on is in "
        "no other copy"
    )
    assert said[1].startswith(f"not done: step 10, wait-registered on {MASTER}: ")
    assert world.roles()[FIRST] == "master"
    assert world.locks() == {}


def test_nothing_is_begun_without_its_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal's disk is full at the first intent: no change leaves, and the exit code says so."""
    world = World.at(tmp_path)

    def full(*_: object) -> None:
        message = "the journal cannot be written, is its disk full?"
        raise JournalError(message)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.kill_master()
        await VirtualClock().sleep(60)
        monkeypatch.setattr(Journal, "intend", full)
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.UNCHANGED
    assert sent(world) == []
