"""Hooks of whole runs: one may refuse before anything is changed, one is called after it, one when it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner.programs import Event
from tests.unit.failover_world import FIRST, MASTER, SECOND, World, virtually


@dataclass
class Recorded:
    """Hooks that keep what they were called with, and object where they were told to."""

    world: World
    objections: Mapping[Event, str] = field(default_factory=dict)
    calls: list[tuple[Event, dict[str, str]]] = field(default_factory=list)
    locked: list[set[str]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    async def call(self, event: Event, facts: Mapping[str, str]) -> str:
        self.calls.append((event, dict(facts)))
        self.locked.append(set(self.world.locks()))
        self.sent.append(len(self.world.sent()))
        return self.objections.get(event, "")

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.calls]


def test_a_hook_before_a_run_can_refuse_it(journals: Path) -> None:
    """Under the lock and before the first step; nothing is changed, and the failure is reported to its hook."""
    world = World.at(journals)
    hooks = Recorded(world, {Event.BEFORE: "not tonight"})

    async def scene() -> Exit:
        result = await world.apply(Procedure.PROMOTE, FIRST, survey=await world.bereaved(), hooks=hooks)
        assert "not tonight" in result.sentences
        return result.exit

    assert virtually(scene) is Exit.UNCHANGED
    assert hooks.events == [Event.BEFORE, Event.ON_FAILURE]
    assert hooks.locked[0] >= {FIRST, SECOND}
    assert world.sent() == []
    assert world.locks() == {}
    assert hooks.calls[1][1]["exit"] == str(int(Exit.UNCHANGED))


def test_the_hook_after_a_run_gets_its_facts_and_changes_no_result(journals: Path) -> None:
    """It is called once, when the locks are released; what it objects is shown."""
    world = World.at(journals)
    hooks = Recorded(world, {Event.AFTER: "the ticket system is down"})

    async def scene() -> Exit:
        result = await world.apply(Procedure.PROMOTE, FIRST, survey=await world.bereaved(), hooks=hooks)
        assert result.sentences[-1] == "the ticket system is down"
        return result.exit

    assert virtually(scene) is Exit.DONE
    assert hooks.events == [Event.BEFORE, Event.AFTER]
    assert (hooks.sent, hooks.locked[1]) == ([0, 1], set())
    facts = hooks.calls[1][1]
    wanted = {"procedure": "promote", "target": FIRST, "master": MASTER, "outcome": "done", "exit": "0"}
    assert {name: facts[name] for name in wanted} == wanted
    assert facts["run"] == hooks.calls[0][1]["run"]


def test_the_hook_of_a_failure_is_called_while_the_run_is_open(journals: Path) -> None:
    """Its locks stay, its code is in the facts; the abort that ends it is a success of its own."""
    world = World.at(journals)
    hooks = Recorded(world)

    async def scene() -> tuple[Exit, Exit]:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[SECOND].is_registered = False
        result = await world.apply(Procedure.REBUILD, SECOND, survey=survey, hooks=hooks)
        assert hooks.events == [Event.BEFORE, Event.ON_FAILURE]
        with world.journal() as journal:
            aborted = await world.runner(journal, hooks=hooks).abort(result.run or "")
        return result.exit, aborted.exit

    assert virtually(scene) == (Exit.NOT_CONVERGED, Exit.DONE)
    assert hooks.events == [Event.BEFORE, Event.ON_FAILURE, Event.AFTER]
    assert SECOND in hooks.locked[1]
    assert (hooks.calls[1][1]["exit"], hooks.calls[1][1]["outcome"]) == (str(int(Exit.NOT_CONVERGED)), "not_converged")
    assert (hooks.calls[2][1]["exit"], hooks.calls[2][1]["outcome"]) == ("0", "aborted")
