"""Whole runs on simulated hosts: what is changed, in which order, and what the simulator itself saw of it."""

from pathlib import Path

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.procedure import Procedure
from boks_exporter.simulator.domain import Fault
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock


def test_a_replica_is_promoted_when_the_master_is_dead(journals: Path) -> None:
    """One change on one host; all servers are locked meanwhile, and free afterwards."""
    world = World.at(journals, writes_per_second=0.3)

    async def scene() -> None:
        survey = await world.bereaved()
        result = await world.apply(Procedure.PROMOTE, FIRST, survey=survey)
        assert (result.exit, result.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert world.sent() == [(FIRST, "convert master")]
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
        assert [(step.number, step.outcome) for step in journal.steps(run.name)] == [(n, "done") for n in range(1, 7)]
        assert journal.maintenance(run.ended_at or 0.0) == ()


def test_a_switchover_loses_nothing_and_ends_with_the_old_master_as_a_replica(journals: Path) -> None:
    """The master is out before another is in, and its database goes only after that."""
    world = World.at(journals)
    world.domain.hosts[MASTER].is_registered = True

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        assert (result.exit, result.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert world.sent() == [
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


def test_a_switchover_waits_for_the_registration_and_goes_on_when_it_is_made(journals: Path) -> None:
    """What only a person can do is waited for, told, and taken up by resume."""
    world = World.at(journals)

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
        world.register(MASTER, FIRST)
        again = await world.resume(result.run)
        assert (again.exit, again.sentences) == (Exit.DONE, ("every step is done",))

    virtually(scene)
    assert world.roles()[MASTER] == "server"
    assert world.locks() == {}
    assert world.observer.breaches == []


def test_a_replica_is_rebuilt(journals: Path) -> None:
    """Its database goes aside, never away, and it comes back with the master's."""
    world = World.at(journals)

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        assert (await world.apply(Procedure.REBUILD, SECOND, survey=survey)).exit is Exit.DONE

    virtually(scene)
    assert [words for _, words in world.sent()] == [
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


def test_a_client_becomes_a_replica(journals: Path) -> None:
    """Registered first, then converted, and the master restarted; SHM_SIZE is the master's already."""
    world = World.at(journals)
    world.register(CLIENT, MASTER)
    world.domain.hosts[CLIENT].shm_size_kilobytes = 8000

    async def scene() -> None:
        survey = world.survey()
        await world.warm(survey)
        assert (await world.apply(Procedure.ADD_REPLICA, CLIENT, survey=survey)).exit is Exit.DONE

    virtually(scene)
    assert world.sent()[0] == (CLIENT, "set-shm-size 16000")
    assert world.roles()[CLIENT] == "server"
    assert world.domain.hosts[CLIENT].shm_size_kilobytes == 16000
    assert world.observer.breaches == []


def test_the_whole_night(journals: Path) -> None:
    """Death, promotion, return of the old master, its return as a replica, failback: healthy, and nothing lost."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        survey = await world.bereaved()
        ended = [(await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit]
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        world.domain.run(MASTER, ("Boot", "-k"))
        ended.append((await world.apply(Procedure.RETIRE, MASTER, survey=survey)).exit)
        world.register(MASTER, FIRST)
        ended.append((await world.apply(Procedure.ADD_REPLICA, MASTER, survey=survey)).exit)
        world.domain.hosts[FIRST].is_registered = True
        await VirtualClock().sleep(1000)
        ended.append((await world.apply(Procedure.FAILBACK, MASTER, survey=survey)).exit)
        return ended

    assert virtually(scene) == [Exit.DONE] * 4
    assert world.roles() == {MASTER: "master", FIRST: "server", SECOND: "server", THIRD: "server", CLIENT: "client"}
    # The dead machine comes up with ENV=master for the blink of an eye in which the test stops it, as at a console.
    assert {breach.event for breach in world.observer.breaches} <= {f"start {MASTER}", f"clear {MASTER}"}
