"""What no reading has shown: copies that were away as the master changed, forks of forks, a master that lives on."""

from dataclasses import replace
from pathlib import Path

from boks_exporter.app.failover_wiring import _last_readings
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import NAMES_HOST, Acceptance, Guard
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.survey import Survey
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import Invariant
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.virtual.virtual_time import VirtualClock

SLOW = {"delay_seconds": 4000.0}


async def polled(world: World, exporter: Survey, rounds: int = 2) -> None:
    for _ in range(rounds):
        await exporter.observe(JournalView())
        await VirtualClock().sleep(30)


def operator(world: World, exporter: Survey) -> Survey:
    """Begin a command with what the exporter's state file has."""
    kept = exporter.history
    known = replace(world.environment.known, history=kept, last_known_master=kept.master, readings=_last_readings(kept))
    world.environment.known = known
    return world.survey()


async def written(world: World, host: str, count: int) -> None:
    world.domain.advance(VirtualClock().monotonic())
    world.domain.write(host, 7, count)
    await VirtualClock().sleep(60)


async def applied(world: World, exporter: Survey, procedure: Procedure, target: str, *more: Guard) -> Exit:
    """Apply with the acceptances of the findings that a person has looked into: hosts that are off, and `more`."""
    findings = (await world.proposal(procedure, target, operator(world, exporter))).findings
    taken = [
        Acceptance(each.guard, "seen", each.host) for each in findings if each.matters and each.guard in NAMES_HOST
    ]
    taken += [Acceptance(guard, "some are lost") for guard in more]
    result = await world.apply(procedure, target, *taken, survey=operator(world, exporter))
    world.said += result.sentences
    return result.exit


def lost(world: World) -> list[str]:
    return [each.event for each in world.observer.breaches if each.invariant is not Invariant.TWO_MASTERS]


def test_what_a_replica_had_that_was_away_at_the_promotion_is_not_moved_aside_unasked(journals: Path) -> None:
    """It received what the candidate did not; when it is back, the new master's numbers have passed it."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        exporter = world.survey()
        for name in (FIRST, SECOND):
            world.domain.set_fault(name, Fault.SLOW, **SLOW)
        await written(world, MASTER, 20)
        await polled(world, exporter)
        for name in (MASTER, THIRD):
            world.domain.set_fault(name, Fault.MASTER_DEAD)
        await VirtualClock().sleep(60)
        promoted = await applied(world, exporter, Procedure.PROMOTE, FIRST, Guard.BEHIND_LAST_MASTER)
        world.domain.clear_fault(THIRD, Fault.MASTER_DEAD)
        await written(world, FIRST, 500)
        await polled(world, exporter)
        return [promoted, await applied(world, exporter, Procedure.REBUILD, THIRD)]

    assert (virtually(scene), lost(world)) == ([Exit.DONE, Exit.REFUSED], [])


def test_a_copy_that_was_promoted_with_more_is_replaced_without_a_finding(journals: Path) -> None:
    """Its updates were above an earlier fork point; since it became master they are everybody's."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        exporter = world.survey()
        for name in (FIRST, SECOND):
            world.domain.set_fault(name, Fault.SLOW, **SLOW)
        await written(world, MASTER, 20)
        await polled(world, exporter)
        world.domain.set_fault(MASTER, Fault.MASTER_DEAD)
        await VirtualClock().sleep(60)
        guards = (Guard.BEHIND_LAST_MASTER, Guard.BEHIND_BEST)
        codes = [await applied(world, exporter, Procedure.PROMOTE, FIRST, *guards)]
        with world.journal() as journal:
            (run,) = journal.view("bank").open_runs
        codes.append((await world.abort(run.run)).exit)
        await VirtualClock().sleep(900)
        world.domain.set_fault(FIRST, Fault.MASTER_DEAD)
        await polled(world, exporter)
        codes.append(
            await applied(world, exporter, Procedure.PROMOTE, THIRD, Guard.UNSOUND_COPY, Guard.BEHIND_LAST_MASTER)
        )
        world.domain.clear_fault(SECOND, Fault.SLOW)
        world.register(THIRD, THIRD)
        await VirtualClock().sleep(1800)
        await polled(world, exporter)
        return [*codes, await applied(world, exporter, Procedure.SWITCHOVER, SECOND)]

    assert virtually(scene) == [Exit.NOT_CONVERGED, Exit.WORK_LEFT, Exit.DONE, Exit.DONE], world.said[-20:]
    assert (world.roles()[SECOND], world.roles()[THIRD]) == ("master", "server")


def test_what_an_old_master_may_have_sent_to_a_replica_later_is_asked_about(journals: Path) -> None:
    """It lived on behind a partition with one replica that was level with all others as the master changed."""
    world = World.at(journals)

    async def scene() -> list[Exit]:
        exporter = world.survey()
        await polled(world, exporter)
        world.domain.network.partition([MASTER, SECOND], [FIRST, THIRD, CLIENT])
        world.domain.set_fault(MASTER, Fault.UNREACHABLE)
        world.domain.connect()
        world.gates.overrides = {SECOND: {"reach": "timeout"}}
        await VirtualClock().sleep(60)
        promoted = await applied(world, exporter, Procedure.PROMOTE, FIRST, Guard.BEHIND_LAST_MASTER)
        await written(world, MASTER, 13)
        await written(world, FIRST, 40)
        world.kill_master()
        world.domain.network.heal()
        world.domain.connect()
        await VirtualClock().sleep(300)
        await polled(world, exporter)
        return [promoted, await applied(world, exporter, Procedure.REBUILD, SECOND)]

    assert (virtually(scene), lost(world)) == ([Exit.DONE, Exit.FACTS_UNKNOWN], [])
