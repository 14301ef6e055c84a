"""The way back is planned from what is observed: what an operator restored by hand is not undone once more."""

from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import NextCommand, RunResult
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from tests.unit.failover_world import FIRST, MASTER, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock


def test_a_master_that_was_restored_by_hand_is_left_as_it_is(journals: Path) -> None:
    """A switchover was killed when the old master was a client; it is master again when the run is aborted."""
    world = World.at(journals)

    async def scene() -> RunResult:
        await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: world.roles()[MASTER] == "client")
        with world.journal() as journal:
            (run,) = journal.view("bank").open_runs
        assert world.roles()[MASTER] == "client"
        for words in (("convert", "-v", "master"), ("Boot",)):
            await VirtualClock().sleep(120)
            world.domain.run(MASTER, words)
        await VirtualClock().sleep(300)
        return await world.abort(run.run)

    aborted = virtually(scene)
    assert aborted.exit is Exit.DONE, aborted.sentences
    assert (running_masters(world.domain), world.locks(), world.observer.breaches) == ((MASTER,), {}, [])


BY_HAND: dict[str, tuple[str, tuple[tuple[str, ...], ...], Exit, str]] = {
    "its role alone": (MASTER, (("convert", "-v", "master"), ("Boot", "-k")), Exit.DONE, MASTER),
    "another was promoted": (FIRST, (("convert", "-v", "master"),), Exit.WORK_LEFT, FIRST),
}


@pytest.mark.parametrize(("host", "words", "code", "master"), BY_HAND.values(), ids=BY_HAND)
def test_an_abort_goes_back_from_what_the_hosts_show(
    journals: Path, host: str, words: tuple[tuple[str, ...], ...], code: Exit, master: str
) -> None:
    """A master that was made one again and does not run is started; next to one that was promoted, none is made."""
    world = World.at(journals)

    async def scene() -> RunResult:
        await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: world.sent().count((MASTER, "boot-stop")) == 2)
        with world.journal() as journal:
            (run,) = journal.view("bank").open_runs
        await VirtualClock().sleep(120)
        assert world.roles()[MASTER] == "client"
        for each in words:
            world.domain.run(host, each)
            await VirtualClock().sleep(120)
        return await world.abort(run.run)

    aborted = virtually(scene)
    assert (aborted.exit, world.locks(), world.observer.breaches) == (code, {}, []), aborted.sentences
    assert running_masters(world.domain) == (master,)


@pytest.mark.parametrize("returns", [True, False], ids=["it comes back", "it stays off"])
def test_a_retirement_at_the_console_that_never_ran_can_be_aborted(journals: Path, returns: bool) -> None:
    """The host comes up as the master that it was: nothing was done.

    While it is off, an open run would block the next promotion, and the script needs none: the run is closed, and what
    is left is printed.
    """
    world = World.at(journals)
    accepted = [Acceptance(Guard.UPDATES_ONLY_HERE, "a test")]

    async def scene() -> tuple[RunResult, RunResult]:
        survey = world.survey()
        await world.warm(survey)
        world.domain.set_fault(MASTER, Fault.REFUSED)
        world.domain.set_fault(THIRD, Fault.TWO_MASTERS)
        await VirtualClock().sleep(120)
        await world.warm(survey)
        result = await world.apply(Procedure.RETIRE, MASTER, *accepted, survey=survey)
        if returns:
            world.domain.clear_fault(MASTER, Fault.REFUSED)
        await VirtualClock().sleep(60)
        return result, await world.abort(result.run or "")

    result, aborted = virtually(scene)
    assert result.exit is Exit.RESULT_UNKNOWN, result.sentences
    assert aborted.exit is (Exit.DONE if returns else Exit.WORK_LEFT), aborted.sentences
    assert (NextCommand("retire", (MASTER,)) in aborted.next) is not returns
    with world.journal() as journal:
        assert journal.view("bank").open_runs == ()
    assert world.locks() == {}
