"""An acceptance covers the hosts and the values that were shown, and nothing more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.journal import Maintenance
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Order, Proposal, RunResult
from boks_exporter.failover.survey import Survey
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.operator_records import KeptFreeze
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock

MORE = 7


async def applied(world: World, survey: Survey, proposal: Proposal, *accepted: Acceptance) -> RunResult:
    """Apply the very plan that was shown."""
    order = Order(procedure=proposal.plan.procedure, target=proposal.plan.target, accepted=accepted, reason="a test")
    with world.journal() as journal:
        return await world.runner(journal, survey).apply(order, proposal.fingerprint)


def updates_alone(proposal: Proposal) -> list[int]:
    return [int(found.value or 0) for found in proposal.findings if found.guard is Guard.UPDATES_ONLY_HERE]


@pytest.mark.parametrize("more", [0, 1, MORE])
def test_updates_beyond_those_that_were_shown_are_not_moved_aside(journals: Path, more: int) -> None:
    """One update was shown and accepted: with more at the time of the run nothing is changed."""
    world = World.at(journals)

    async def scene() -> tuple[list[int], RunResult]:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[FIRST].copy.surplus[7] = 1
        proposal = await world.proposal(Procedure.REBUILD, FIRST, survey)
        world.domain.hosts[FIRST].copy.surplus[7] = 1 + more
        accepted = [Acceptance(found.guard, "known", found.host) for found in proposal.findings if found.matters]
        return updates_alone(proposal), await applied(world, survey, proposal, *accepted)

    shown, result = virtually(scene)
    assert set(shown) == {1}
    if more:
        assert result.exit is Exit.REFUSED, result.sentences
        assert world.sent() == []
    else:
        assert result.exit is Exit.DONE, result.sentences


def test_another_host_than_the_one_that_was_shown_is_not_accepted(journals: Path) -> None:
    """The acceptance named one host; a second one that cannot be asked later is another finding."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, RunResult]:
        survey = world.survey()
        await world.warm(survey)
        world.domain.set_fault(SECOND, Fault.UNREACHABLE)
        proposal = await world.proposal(Procedure.SWITCHOVER, FIRST, survey)
        named = Acceptance(Guard.HOSTS_NOT_ASKED, "its disk", SECOND)
        wrong = await applied(world, survey, proposal, replace(named, host=THIRD))
        world.domain.set_fault(THIRD, Fault.UNREACHABLE)
        await VirtualClock().sleep(30.0)
        return wrong, await applied(world, survey, proposal, named)

    wrong, later = virtually(scene)
    assert wrong.exit is Exit.FACTS_UNKNOWN
    assert later.exit is Exit.REFUSED
    assert world.sent() == []


def test_a_refusal_names_what_to_check_before_how_to_accept(journals: Path) -> None:
    """Power, console, switch port and the fence come first; where nothing can be accepted they are left out."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, RunResult, RunResult]:
        survey = await world.bereaved()
        dead = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        without = await applied(world, survey, dead)
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        await VirtualClock().sleep(60.0)
        living = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        never = await applied(world, survey, living)
        world.domain.set_fault(SECOND, Fault.UNREACHABLE)
        world.limits = replace(world.limits, has_fence=True)
        fenced = await world.proposal(Procedure.SWITCHOVER, FIRST, survey)
        return without, never, await applied(world, survey, fenced)

    without, never, fenced = virtually(scene)
    text = "\n".join(without.sentences)
    assert max(map(text.index, ("power", "console", "switch port"))) < text.index("--accept")
    assert "failover.fence" in text[: text.index("--accept")]
    assert "switch port" not in "\n".join(never.sentences)
    assert "fence answers" in "\n".join(fenced.sentences)


def freeze(world: World, _: Survey, owner: str) -> None:
    for state in world.gates.states.values():
        state.freeze = KeptFreeze(int(world.domain.clock(FIRST)) // 10_000 * 10_000 + 20_000, owner, "disks")


def maintain(world: World, _: Survey, owner: str) -> None:
    now = VirtualClock().now()
    with world.journal() as journal:
        for window in journal.maintenance(now, "bank"):
            journal.end_maintenance("bank", window.host, now)
        journal.start_maintenance(
            Maintenance(domain="bank", host=FIRST, started_at=now, until=now + 3600, reason="disks", owner=owner)
        )


@pytest.mark.parametrize(("decide", "guard"), [(freeze, Guard.FROZEN), (maintain, Guard.UNDER_MAINTENANCE)])
@pytest.mark.parametrize("later", ["anna", "bert"])
def test_another_persons_decision_is_not_accepted_with_the_one_that_was_shown(
    journals: Path, decide: Callable[[World, Survey, str], None], guard: Guard, later: str
) -> None:
    """Bert's freeze in place of Anna's is another finding, and so is his maintenance window."""
    world = World.at(journals)

    async def scene() -> RunResult:
        survey = world.survey()
        await world.warm(survey)
        decide(world, survey, "anna")
        proposal = await world.proposal(Procedure.SWITCHOVER, FIRST, survey)
        decide(world, survey, later)
        return await applied(world, survey, proposal, Acceptance(guard, "Anna agrees", None))

    result = virtually(scene)
    if later == "anna":
        assert result.exit is not Exit.REFUSED, result.sentences
        assert world.sent() != []
    else:
        assert result.exit is Exit.REFUSED
        assert world.sent() == []


def test_a_machine_that_is_up_again_is_not_accepted_as_off(journals: Path) -> None:
    """Its power was off when the plan was shown; it boots when the plan is applied."""
    world = World.at(journals)

    async def scene() -> RunResult:
        survey = await world.bereaved()
        proposal = await world.proposal(Procedure.PROMOTE, FIRST, survey)
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        world.domain.set_fault(MASTER, Fault.REFUSED)
        return await applied(world, survey, proposal, Acceptance(Guard.OLD_MASTER_UNPROVEN, "off", MASTER))

    result = virtually(scene)
    assert result.exit is Exit.REFUSED, result.sentences
    assert world.sent() == []


def test_updates_in_more_tables_are_more(journals: Path) -> None:
    """One update in a second table is a second update, though neither table lacks more than one."""
    world = World.at(journals)

    async def scene() -> tuple[list[int], RunResult]:
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[FIRST].copy.surplus[7] = 1
        proposal = await world.proposal(Procedure.REBUILD, FIRST, survey)
        world.domain.hosts[FIRST].copy.surplus[9] = 1
        accepted = [Acceptance(found.guard, "known", found.host) for found in proposal.findings if found.matters]
        return updates_alone(proposal), await applied(world, survey, proposal, *accepted)

    shown, result = virtually(scene)
    assert set(shown) == {1}
    assert result.exit is Exit.REFUSED, result.sentences
    assert world.sent() == []


@pytest.mark.parametrize("guard", [Guard.UNSOUND_COPY, Guard.FORK_POINT_UNKNOWN, Guard.HOSTS_NOT_ASKED])
@pytest.mark.parametrize("word", ["resume", "abort"])
def test_an_open_run_accepts_nothing_that_was_not_found(journals: Path, guard: Guard, word: str) -> None:
    """An acceptance in advance would cover whatever is found later, however much it is."""
    world = World.at(journals)

    async def scene() -> tuple[RunResult, tuple[Acceptance, ...]]:
        await world.apply_and_kill(Procedure.SWITCHOVER, FIRST, lambda: bool(world.sent()))
        with world.journal() as journal:
            run = journal.view("bank").open_runs[0].run
            runner = world.runner(journal)
            go_on = runner.resume if word == "resume" else runner.abort
            result = await go_on(run, (Acceptance(guard, "in advance", THIRD),))
            return result, journal.acceptances(run)

    result, kept = virtually(scene)
    assert (result.exit, kept) == (Exit.USAGE, ())
    assert [way.name for way in result.next] == ["resume", "abort"]
