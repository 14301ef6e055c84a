"""Runs that an operator stops: they end where nothing is under way, and print the next command."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.journal import StepOutcome
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult, StopRequest
from boks_exporter.simulator.domain.invariants import running_masters
from tests.unit.failover_world import FIRST, MASTER, SECOND, World, virtually
from tests.virtual.virtual_time import VirtualClock

WHY = "SIGTERM was received"


class Ear(list[str]):
    """Receive a run's output, and ask it to stop at a word."""

    def __init__(self, word: str, halt: StopRequest) -> None:
        self.word, self.halt = word, halt

    def append(self, text: str) -> None:
        super().append(text)
        if self.word in text:
            self.halt.ask(WHY)


async def switch(world: World, halt: StopRequest, *, registered: bool = True) -> RunResult:
    world.domain.hosts[MASTER].is_registered = registered
    survey = world.survey()
    await world.warm(survey)
    return await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey, halt=halt)


@pytest.mark.parametrize("word", ["locking", "polling again", "step 1/", "step 2/"])
def test_before_anything_was_changed_a_run_ends_with_twenty(journals: Path, word: str) -> None:
    """Nothing is changed, nothing stays open, and no host stays locked."""
    world, halt = World.at(journals), StopRequest()
    world.said = Ear(word, halt)
    result = virtually(lambda: switch(world, halt))
    assert result.exit is Exit.UNCHANGED
    assert result.sentences[0].endswith(f"was over: {WHY}")
    assert (world.sent(), world.locks(), world.roles()[MASTER]) == ([], {}, "master")
    with world.journal() as journal:
        assert (journal.view("bank").open_runs, journal.runs("bank")[0].outcome) == ((), Outcome.ABORTED)


@pytest.mark.parametrize(
    ("request_words", "stopped_before"),
    [
        ("convert master", "step 7 (compare on r1)"),
        ("remove-database", "step 10 (wait-registered on m1)"),
    ],
)
def test_a_step_under_way_is_ended_first(journals: Path, request_words: str, stopped_before: str) -> None:
    """Its outcome is journaled; the run stays open with its locks, says what to type, and resume goes on to the end."""
    world, halt = World.at(journals), StopRequest()
    world.way.connection_fault = lambda _, line: halt.ask(WHY) if line.endswith(f" {request_words}") else None

    async def scene() -> Exit:
        result = await switch(world, halt)
        assert (result.exit, result.sentences) == (
            Exit.CHANGED,
            (
                f"stopped before {stopped_before} was over: {WHY}",
                f"BoKS is stopped on {MASTER}",
                f"next: boks-exporter failover resume {result.run}, or boks-exporter failover abort {result.run}",
            ),
        )
        assert set(world.locks().values()) == {result.run}
        with world.journal() as journal:
            run = journal.runs("bank")[0]
            assert (run.is_open, WHY in run.message) == (True, True)
            assert journal.steps(run.name)[-1].outcome == StepOutcome.DONE
        world.way.connection_fault = lambda _, __: None
        return (await world.resume(result.run or "")).exit

    assert virtually(scene) is Exit.DONE
    assert (world.locks(), world.observer.breaches, world.roles()[FIRST]) == ({}, [], "master")


@pytest.mark.parametrize("request_words", ["boot-stop", "convert client"])
def test_a_domain_is_not_left_without_a_master(journals: Path, request_words: str) -> None:
    """Between the stop of the old master and the conversion of the new one a run is rolled back instead of stopped."""
    world, halt = World.at(journals), StopRequest()
    world.way.connection_fault = lambda _, line: halt.ask(WHY) if line.endswith(f" {request_words}") else None
    result = virtually(lambda: switch(world, halt))
    assert result.exit is Exit.UNCHANGED, result.sentences
    assert (running_masters(world.domain), world.locks(), world.observer.breaches) == ((MASTER,), {}, [])


def test_a_master_that_was_stopped_for_a_moment_is_started_before_the_run_stops(journals: Path) -> None:
    """A replica that joins needs the master restarted: the stretch is finished first, and what is open is reported."""
    world, halt = World.at(journals), StopRequest()

    def ask(host: str, line: str) -> None:
        if host == MASTER and line.endswith(" boot-stop"):
            halt.ask(WHY)

    async def scene() -> RunResult:
        survey = world.survey()
        await world.warm(survey)
        world.way.connection_fault = ask
        return await world.apply(Procedure.REBUILD, SECOND, survey=survey, halt=halt)

    result = virtually(scene)
    assert result.exit is Exit.CHANGED
    assert world.sent()[-2:] == [(MASTER, "boot-stop"), (MASTER, "boot-start")]
    assert running_masters(world.domain) == (MASTER,)


def test_a_wait_is_cut_short(journals: Path) -> None:
    """Half an hour may be waited for a person; who asks to stop does not wait for it."""
    world, halt = World.at(journals), StopRequest()
    world.said = Ear("m1 is not registered", halt)
    result = virtually(lambda: switch(world, halt, registered=False))
    assert result.exit is Exit.CHANGED
    assert result.sentences[0] == f"stopped before step 10 (wait-registered on {MASTER}) was over: {WHY}"


def test_what_is_waited_for_is_reported_now_and_then(journals: Path) -> None:
    """A wait of half an hour in which nothing changes is not a silent one."""
    world = World.at(journals)
    virtually(lambda: switch(world, StopRequest(), registered=False))
    waits = [line for line in world.said if "waiting" in line and "is not registered" in line]
    assert 40 <= len(waits) <= 60


def test_undoing_is_brought_to_its_end(journals: Path) -> None:
    """Half-way back is no safe place."""
    world, halt = World.at(journals), StopRequest()

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[SECOND].is_registered = False
        result = await world.apply(Procedure.REBUILD, SECOND, survey=survey)
        halt.ask(WHY)
        with world.journal() as journal:
            return (await world.runner(journal, halt=halt).abort(result.run or "")).exit

    assert virtually(scene) is Exit.DONE
    assert (world.roles()[SECOND], world.locks(), world.observer.breaches) == ("server", {}, [])


def test_who_resumes_a_run_later_is_at_work_again(journals: Path) -> None:
    """Its maintenance window may have expired by then; it is opened again, and never twice."""
    world = World.at(journals)

    async def scene() -> list[int]:
        result = await switch(world, StopRequest(), registered=False)
        windows = [len(held(world))]
        for hours in (1, 5):
            await VirtualClock().sleep(hours * 3600.0)
            assert (await world.resume(result.run or "")).exit is Exit.NOT_CONVERGED
            windows.append(len(held(world)))
        return windows

    assert virtually(scene) == [2, 2, 2]


def held(world: World) -> list[str]:
    with world.journal() as journal:
        return [window.host for window in journal.maintenance(VirtualClock().now())]
