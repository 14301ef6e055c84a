"""Roles that were changed by hand: a file is not what runs, and an old run does not explain a newer change."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Guard
from boks_exporter.failover.procedure import Procedure
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.invariants import running_masters
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, World, virtually
from tests.virtual.virtual_time import VirtualClock

NO_SUCCESSOR = Acceptance(Guard.SUCCESSOR_UNKNOWN, "no other was made", MASTER)


@pytest.mark.parametrize("role", [Boksinit.SERVER, Boksinit.CLIENT])
def test_a_master_that_runs_on_after_its_env_was_edited_is_one(journals: Path, role: Boksinit) -> None:
    """Its file says another role, which it takes up with its next start; the replicas reach its master's port."""
    world = World.at(journals)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.domain.edit_role(MASTER, role)
        await survey.observe(world.environment.known.journal)
        return (await world.apply(Procedure.PROMOTE, FIRST, NO_SUCCESSOR, survey=survey)).exit

    assert virtually(scene) is Exit.REFUSED
    assert running_masters(world.domain) == (MASTER,)


async def made_master_again(world: World) -> None:
    """A run makes the master a client; later it is made master again by hand."""
    await world.warm(world.survey())
    world.register(MASTER, MASTER)
    assert (await world.apply(Procedure.SWITCHOVER, FIRST)).exit is Exit.DONE
    await VirtualClock().sleep(3600)
    world.domain.run(FIRST, ("convert", "-v", "server"))
    world.domain.run(MASTER, ("convert", "-v", "master"))
    await VirtualClock().sleep(300)


def test_an_earlier_run_does_not_explain_a_role_that_was_written_after_it(journals: Path) -> None:
    """A host that no configuration names replaced the master by hand."""
    world = World.at(journals)

    async def scene() -> Exit:
        await made_master_again(world)
        settings = world.environment.known.settings
        hosts = tuple(host for host in settings.hosts if host.name != CLIENT)
        world.environment.known = replace(world.environment.known, settings=replace(settings, hosts=hosts))
        survey = world.survey()
        await world.warm(survey)
        world.domain.hosts[CLIENT].copy = world.domain.hosts[SECOND].copy.clone()
        world.domain.run(MASTER, ("convert", "-v", "server"))
        world.domain.run(CLIENT, ("convert", "-v", "master"))
        await VirtualClock().sleep(60)
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey)).exit

    assert (virtually(scene), running_masters(world.domain)) == (Exit.FACTS_UNKNOWN, (CLIENT,))
