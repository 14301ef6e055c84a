"""A journal that is behind the hosts: their records win over one that does not know them."""

import shutil
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import RunResult
from tests.unit.failover_world import FIRST, World, virtually


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
