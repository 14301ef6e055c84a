"""One journal in two places, with the same open run: only one of the two may go on."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.journal import Journal
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Runner, RunResult
from tests.nonempty import nonempty
from tests.unit.failover_world import FIRST, MASTER, World, virtually
from tests.virtual.virtual_time import VirtualClock


async def killed_halfway(world: World) -> str:
    await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: world.roles()[MASTER] == "client")
    with world.journal() as journal:
        (run,) = journal.view("bank").open_runs
    return run.run


@contextmanager
def copied(world: World) -> Iterator[Journal]:
    """Copy the journal as it is now to another place."""
    place = world.path / "copy"
    place.mkdir()
    for file in world.path.glob("journal.sqlite*"):
        shutil.copy(file, place)
    with Journal(place / "journal.sqlite") as journal:
        yield journal


async def asked(runner: Runner, command: str, run: str) -> RunResult:
    if command == "forget":
        return await runner.forget(run, "a test")
    return await (runner.resume(run) if command == "resume" else runner.abort(run))


@pytest.mark.parametrize("command", ["resume", "abort", "forget"])
def test_the_copy_changes_nothing_while_the_other_goes_on(journals: Path, command: str) -> None:
    """It is refused, and keeps the locks of the one that goes on."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, RunResult]:
        run = await killed_halfway(world)
        with copied(world) as copy, world.journal() as own:
            other = asyncio.ensure_future(asked(world.runner(own), "resume", run))
            await VirtualClock().sleep(2)
            refused = await asked(world.runner(copy), command, run)
            assert set(world.locks().values()) == {run}
            return await other, refused

    gone_on, refused = virtually(scene)
    assert refused.exit is Exit.LOCKED
    assert {way.name for way in nonempty(refused.next)} >= {"break-lock"}
    assert gone_on.exit is Exit.NOT_CONVERGED
    assert world.observer.breaches == []
    assert world.roles()[FIRST] == "master"


def test_once_its_locks_are_broken_the_copy_goes_on_and_the_other_does_not(journals: Path) -> None:
    """The first one is thought to be lost, and is not: it begins nothing after the other has taken its locks."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, RunResult]:
        run = await killed_halfway(world)
        with copied(world) as copy, world.journal() as own:
            first = asyncio.ensure_future(asked(world.runner(own), "resume", run))
            await VirtualClock().sleep(2)
            for state in world.gates.states.values():
                state.lock = None
            second = await asked(world.runner(copy), "abort", run)
            return await first, second

    first, second = virtually(scene)
    assert first.exit is Exit.UNCHANGED
    assert second.exit is Exit.DONE
    assert world.observer.breaches == []
    assert (world.roles()[MASTER], world.roles()[FIRST]) == ("master", "server")


def test_another_person_on_the_same_machine_goes_on(journals: Path) -> None:
    """The lock names who began; what must be the same is the journal, not the person."""
    world = World.at(journals)

    async def scene() -> RunResult:
        run = await killed_halfway(world)
        with world.journal() as journal:
            tools = world.runner(journal).tools
            bob = Runner(replace(tools, who=replace(tools.who, sudo_user="bob")))
            return await bob.abort(run)

    assert virtually(scene).exit is Exit.DONE
    assert world.roles()[MASTER] == "master"
