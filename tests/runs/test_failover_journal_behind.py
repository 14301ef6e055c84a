"""A journal that is behind the hosts: their records win over one that does not know them."""

import shutil
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from boks_exporter.simulator.connection_faults import ConnectionFault
from tests.nonempty import nonempty
from tests.unit.failover_world import FIRST, MASTER, World, virtually


async def _killed_after_the_conversion(world: World, kept: Path) -> str:
    """Promote; the journal is copied before the conversion is intended, and put back after the program was killed."""
    survey = await world.bereaved()
    journal = world.path / "journal.sqlite"

    def keep(_: str, line: str) -> None:
        if line.endswith(" convert master"):
            with world.journal() as opened:
                opened._database.execute("VACUUM INTO ?", (str(kept),))

    world.way.connection_fault = keep
    run = (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).run or ""
    world.way.connection_fault = lambda _, __: None
    for part in journal.parent.glob(f"{journal.name}*"):
        part.unlink()
    shutil.copy(kept, journal)
    with world.journal() as opened:
        opened._write("DELETE FROM steps WHERE number >= 3", ())
        opened._write("UPDATE runs SET is_open = 1, ended_at = NULL, outcome = 'open'", ())
    return run


@pytest.mark.parametrize("command", ["resume", "abort"])
def test_a_journal_from_before_a_step_does_not_call_it_undone(journals: Path, command: str) -> None:
    """The host is master by this run: resume goes on, and abort does not say that nothing was changed."""
    world = World.at(journals)

    async def scene() -> RunResult:
        run = await _killed_after_the_conversion(world, journals / "kept.sqlite")
        return await (world.resume(run) if command == "resume" else world.abort(run))

    result = virtually(scene)
    assert result.exit is (Exit.DONE if command == "resume" else Exit.WORK_LEFT), result.sentences
    assert world.roles()[FIRST] == "master"
    assert [words for _, words in world.sent()].count("convert master") == 1


def test_what_an_abort_does_not_know_of_can_begin_no_more(journals: Path) -> None:
    """The ids of all steps that no host has begun are void when the run is closed: a late request runs nothing."""
    world = World.at(journals)

    async def scene() -> RunResult:
        survey = await world.bereaved()
        proposal = await world.proposal(Procedure.PROMOTE, FIRST, survey)

        def lose(_: str, line: str) -> ConnectionFault | None:
            return ConnectionFault.BEFORE if " convert master" in line or " record " in line else None

        world.way.connection_fault = lose
        run = (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).run or ""
        world.way.connection_fault = lambda _, __: None
        with world.journal() as opened:
            opened._write("DELETE FROM steps", ())
            opened._write("UPDATE runs SET is_open = 1, ended_at = NULL, outcome = 'open'", ())
        result = await world.abort(run)
        steps = [step for step in proposal.plan.steps if step.words]
        assert {world.gates.states[step.host].records[step.id(run)].state for step in nonempty(steps)} == {"void"}
        world.gates.handle(FIRST, f"boks-gate/1 op lock {run} late")
        late = world.gates.handle(FIRST, f"boks-gate/1 op do {steps[-1].id(run)} convert master")
        assert b"state=refused reason=void" in late.text()
        return result

    assert virtually(scene).exit is Exit.DONE
    assert world.roles()[FIRST] == "server"


def test_what_began_while_the_run_was_aborted_is_undone_with_it(journals: Path) -> None:
    """The host answers the claim of the id with its record, and the record wins."""
    world = World.at(journals)

    async def scene() -> RunResult:
        run = await _killed_after_the_conversion(world, journals / "kept.sqlite")
        looked = ConnectionFault.BEFORE
        world.way.connection_fault = lambda _, line: looked if " op record " in line else None
        return await world.abort(run)

    result = virtually(scene)
    assert result.exit is Exit.WORK_LEFT, result.sentences
    assert world.roles()[FIRST] == "master"


LAST = [(MASTER, "boot-stop"), (FIRST, "boot-stop"), (FIRST, "boot-start")]


@pytest.mark.parametrize("first", [(MASTER, "convert client"), (FIRST, "convert master")], ids=["early", "later"])
@pytest.mark.parametrize("last", LAST, ids=["stop-replica", "stop-master", "start-master"])
def test_a_run_goes_on_where_the_hosts_are_and_not_where_its_journal_is(
    journals: Path, first: tuple[str, str], last: tuple[str, str]
) -> None:
    """What came before a step of which a host has a record was done: it is neither waited for nor proven again."""
    world = World.at(journals)
    world.domain.hosts[MASTER].is_registered = True
    kept, journal = journals / "kept.sqlite", world.path / "journal.sqlite"

    def is_over() -> bool:
        sent = world.sent()
        if first in sent and not kept.exists():
            with world.journal() as opened:
                opened._database.execute("VACUUM INTO ?", (str(kept),))
        return (MASTER, "convert server") in sent and sent[-1] == last

    async def scene() -> Exit:
        await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, is_over)
        for part in journal.parent.glob(f"{journal.name}*"):
            part.unlink()
        shutil.copy(kept, journal)
        with world.journal() as opened:
            (run,) = opened.view("bank").open_runs
        return (await world.resume(run.run)).exit

    assert virtually(scene) is Exit.DONE
    assert world.roles()[MASTER] == "server"
    changed = [each for each in world.sent() if not each[1].startswith("boot")]
    assert changed == [
        (MASTER, "convert client"),
        (FIRST, "convert master"),
        (MASTER, "remove-database"),
        (MASTER, "convert server"),
    ]
