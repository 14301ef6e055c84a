"""What a master wrote last, in the moment in which it is stopped, and what is known of it afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.domain import Fault, Stopped
from boks_exporter.simulator.domain.invariants import running_masters
from tests.unit.failover_world import FIRST, MASTER, THIRD, World, virtually

TOO_BUSY = (
    "tried 3 times, and each time something was written at the moment of the stop: choose a quieter minute, "
    "or configure a longer wait (failover.quiet in the configuration)"
)
STOP_AND_START = [(MASTER, "boot-stop"), (MASTER, "boot-start")]


def switched(world: World, when_stopped: Stopped, *accepted: Guard, late_times: int = 0) -> RunResult:
    """Switch over, while the replica falls behind in the very moment of the first stops."""
    world.domain.layout = replace(world.domain.layout, when_stopped=when_stopped)
    world.domain.hosts[MASTER].is_registered = True
    left = [late_times]

    def late(host: str, line: str) -> None:
        surplus, database = world.domain.hosts[FIRST].copy.surplus, world.domain.hosts[MASTER].copy.database
        if host == MASTER and line.endswith(" boot-stop") and left[0] and database:
            left[0] -= 1
            surplus[next(iter(database.busiest()))] = -3
        elif host == MASTER and line.endswith(" boot-start"):
            surplus.clear()

    async def scene() -> RunResult:
        survey = world.survey()
        await world.warm(survey)
        world.way.connection_fault = late
        return await world.apply(Procedure.SWITCHOVER, FIRST, *accepted, survey=survey)

    return virtually(scene)


def test_a_switchover_that_finds_an_update_missing_goes_back_and_tries_again(journals: Path) -> None:
    """The master is started again, gives away what it wrote, and is stopped in another moment."""
    world = World.at(journals)
    result = switched(world, Stopped.NUMBERS, late_times=2)
    assert (result.exit, result.sentences) == (Exit.DONE, ("every step is done",))
    assert world.sent()[:5] == [*STOP_AND_START, *STOP_AND_START, (MASTER, "boot-stop")]
    assert [line for line in world.said if line.startswith("try ")] == [
        "try 2 of 3: another moment is waited for",
        "try 3 of 3: another moment is waited for",
    ]
    with world.journal() as journal:
        steps = journal.steps(result.run or "")
    assert [(step.step_id.partition(".")[2], step.outcome) for step in steps[1:6]] == [
        ("2", "not_converged"),
        ("2-undo", "done"),
        ("2-2", "not_converged"),
        ("2-undo2", "done"),
        ("2-3", "done"),
    ]
    assert world.observer.breaches == []


def test_a_switchover_that_finds_no_quiet_moment_reports_it_and_changes_nothing(journals: Path) -> None:
    """After the third time it stays as it was, and says what helps."""
    world = World.at(journals)
    result = switched(world, Stopped.NUMBERS, late_times=9)
    assert (result.exit, result.sentences) == (
        Exit.UNCHANGED,
        (
            f"step 2 (quiesce on {MASTER}): {FIRST} lacks 3 updates of {MASTER} in T1 (1 tables in all)",
            TOO_BUSY,
            f"step 2 (quiesce on {MASTER}) is undone: BoKS is running on {MASTER}",
            f"next: boks-exporter failover switchover {FIRST}",
        ),
    )
    assert world.sent() == [*STOP_AND_START, *STOP_AND_START, *STOP_AND_START]
    assert (world.roles()[MASTER], world.locks(), world.observer.breaches) == ("master", {}, [])


def test_what_a_master_does_not_show_while_it_is_idle_is_not_taken_for_granted(journals: Path) -> None:
    """Whether BoKS shows its numbers while it is stopped is not published; what was read before says nothing of it."""
    world = World.at(journals)
    result = switched(world, Stopped.ERROR)
    assert result.exit is Exit.UNCHANGED
    assert f"what {MASTER} may have written after that is unknown" in result.sentences[0]
    assert "may --accept behind_last_master" in result.sentences[0]
    assert world.sent() == STOP_AND_START
    assert world.roles()[MASTER] == "master"


def test_an_operator_can_accept_by_name_that_it_wrote_nothing(journals: Path) -> None:
    """Then it goes on, and every update that was seen is still held against the new master's."""
    world = World.at(journals)
    result = switched(world, Stopped.ERROR, Guard.BEHIND_LAST_MASTER)
    assert (result.exit, world.roles()[MASTER], world.roles()[FIRST]) == (Exit.DONE, "server", "master")


def test_an_update_that_is_known_to_be_missing_cannot_be_accepted(journals: Path) -> None:
    """What is seen to be lost is not lost, whatever is accepted."""
    world = World.at(journals)
    result = switched(world, Stopped.NUMBERS, Guard.BEHIND_LAST_MASTER, late_times=9)
    assert (result.exit, world.roles()[MASTER]) == (Exit.UNCHANGED, "master")


@pytest.mark.parametrize("nth_stop", [1, 4], ids=["on the way back", "on the way on"])
def test_a_master_that_was_stopped_is_not_started_next_to_another(journals: Path, nth_stop: int) -> None:
    """Somebody promotes a third host by hand meanwhile: neither the way back nor the next step makes two of it."""
    world = World.at(journals)
    world.domain.hosts[MASTER].is_registered = True
    stops: list[str] = []

    def interfere(host: str, line: str) -> None:
        database = world.domain.hosts[MASTER].copy.database
        if line.endswith(" boot-stop") and database:
            stops.append(host)
            if len(stops) == nth_stop:
                world.domain.hosts[FIRST].copy.surplus[next(iter(database.busiest()))] = -3 if nth_stop == 1 else 0
                world.domain.set_fault(THIRD, Fault.TWO_MASTERS)

    async def scene() -> RunResult:
        survey = world.survey()
        await world.warm(survey)
        world.way.connection_fault = interfere
        return await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)

    result = virtually(scene)
    assert (result.exit, stops[-1]) == (Exit.CHANGED, MASTER if nth_stop == 1 else FIRST), result.sentences
    assert f"{THIRD} reports that it is master, too" in " ".join(result.sentences)
    assert world.sent()[-1] == (stops[-1], "boot-stop")
    assert running_masters(world.domain) == (THIRD,)
    assert {breach.event for breach in world.observer.breaches} == {f"master {THIRD}"}
