"""Silence proves nothing: a master that is not reached may be running, whatever its neighbours observe."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard, Level
from boks_exporter.failover.journal_facts import DeclaredLost, JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Proposal
from boks_exporter.failover.survey import Survey
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from tests.nonempty import nonempty
from tests.unit.failover_world import FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock

UNSEEN = [Fault.UNREACHABLE, Fault.REFUSED, Fault.WRONG_HOST_KEY]
"""How SSH does not reach a host that runs all the same."""


async def cut_off(world: World, fault: Fault, answer: str) -> Survey:
    """Cut a living master off from the runner; the replicas' connections to its port end with an answer."""
    survey = world.survey()
    await world.warm(survey)
    world.domain.set_fault(MASTER, fault)
    world.gates.overrides = {name: {"reach": answer} for name in (FIRST, SECOND, THIRD)}
    await VirtualClock().sleep(20)
    return survey


@pytest.mark.parametrize("answer", ["timeout", "refused"])
@pytest.mark.parametrize("fault", UNSEEN)
def test_a_living_master_that_is_not_reached_is_not_replaced(journals: Path, fault: Fault, answer: str) -> None:
    """Partition, refused login, another host key, BoKS restarting: none of it makes a second master."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = await cut_off(world, fault, answer)
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert virtually(scene) is Exit.FACTS_UNKNOWN
    assert (running_masters(world.domain), world.sent(), world.observer.breaches) == ((MASTER,), [], [])


@pytest.mark.parametrize("procedure", [Procedure.REBUILD, Procedure.SWITCHOVER])
def test_a_former_master_that_is_not_reached_counts_for_every_procedure(journals: Path, procedure: Procedure) -> None:
    """A second master is seen, the first one vanishes: it is a master until it is seen otherwise."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = await cut_off(world, Fault.UNREACHABLE, "timeout")
        world.domain.run(FIRST, ("convert", "-v", "master"))
        await VirtualClock().sleep(120)
        await survey.observe(JournalView())
        return (await world.apply(procedure, SECOND, survey=survey)).exit

    assert virtually(scene) is Exit.FACTS_UNKNOWN
    assert world.sent() == []


def test_a_named_acceptance_lets_it_through_and_another_name_does_not(journals: Path) -> None:
    """The operator types the host whose machine was seen off; the name of another host accepts nothing."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        survey = await world.bereaved()
        other = Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", THIRD)
        codes = [(await world.apply(Procedure.PROMOTE, FIRST, other, survey=survey)).exit]
        return [*codes, (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit]

    assert virtually(scene) == [Exit.FACTS_UNKNOWN, Exit.DONE]
    assert world.observer.breaches == []


def test_a_replica_that_reaches_the_old_master_outweighs_an_acceptance(journals: Path) -> None:
    """Whatever a person accepts: the master's port is open, so it may be running."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = await cut_off(world, Fault.UNREACHABLE, "reachable")
        off = Acceptance(Guard.OLD_MASTER_UNPROVEN, "its power is off", MASTER)
        return (await world.apply(Procedure.PROMOTE, FIRST, off, survey=survey)).exit

    assert virtually(scene) is Exit.REFUSED
    assert world.sent() == []


def test_a_host_that_is_declared_lost_counts_no_longer_until_it_answers(journals: Path) -> None:
    """The declaration is read from the journal by every procedure; a host that answers is judged by its answer."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        survey = await cut_off(world, Fault.MASTER_DEAD, "timeout")
        with world.journal() as journal:
            journal.declare_lost("bank", DeclaredLost(MASTER, "anna", "burnt", 0.0))
        codes = [(await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit]
        world.domain.clear_fault(MASTER, Fault.MASTER_DEAD)
        await VirtualClock().sleep(60)
        return [*codes, (await world.apply(Procedure.REBUILD, SECOND, survey=survey)).exit]

    assert virtually(scene) == [Exit.DONE, Exit.REFUSED]


def test_an_open_run_takes_an_acceptance_that_it_lacked(journals: Path) -> None:
    """What blocks it is accepted when it is resumed, by name and with a reason, and journaled."""
    world = World.at(journals)
    more = Acceptance(Guard.NOT_REGISTERED, "registered later", MASTER)

    async def scene() -> str:
        survey = world.survey()
        await world.warm(survey)
        result = await world.apply(Procedure.SWITCHOVER, FIRST, survey=survey)
        with world.journal() as journal:
            await world.runner(journal).resume(result.run or "", (more,))
        return result.run or ""

    run = virtually(scene)
    with world.journal() as journal:
        assert journal.acceptances(run) == (more,)
        done = [step.request.split()[4:] for step in journal.steps(run) if step.outcome == "done"]
    assert ["convert", "server"] in done


def test_without_any_knowledge_every_unreachable_server_is_asked_about(journals: Path) -> None:
    """No state file: the replicas are asked about every host that may be a master, and each is a finding."""
    world = World.at(journals)

    async def scene() -> Proposal:
        world.domain.set_fault(MASTER, Fault.UNREACHABLE, cut_off=True)
        await VirtualClock().sleep(60)
        survey = replace(world.survey(), last_known_master=None, knowledge_gap="there is no state file")
        return await world.proposal(Procedure.PROMOTE, FIRST, survey)

    proposal = virtually(scene)
    unproven = {(each.guard, each.host) for each in proposal.findings if each.level is Level.UNKNOWN}
    assert {(Guard.OLD_MASTER_UNPROVEN, None), (Guard.HOSTS_NOT_ASKED, MASTER)} <= unproven
    assert {each.about for each in nonempty(proposal.facts.witnesses)} == {MASTER}
