"""Simulated domains in all kinds of states, with a procedure for each: what a rehearsal can meet."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import Proposal, propose
from boks_exporter.rehearsal.environment import LiveKnowledge
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World
from tests.virtual.virtual_time import VirtualClock

Change: TypeAlias = Callable[[SimulatedDomain], object]


def _stop(host: str) -> Change:
    return lambda domain: domain.run(host, ("Boot", "-k"))


def _fault(host: str, fault: Fault, **parameters: object) -> Change:
    return lambda domain: domain.set_fault(host, fault, **parameters)


def _returned(domain: SimulatedDomain) -> None:
    """The master died, another took over, and the old one is up again with BoKS stopped."""
    domain.set_fault(MASTER, Fault.MASTER_DEAD)
    domain.run(FIRST, ("convert", "-v", "master"))
    domain.hosts[MASTER].faults.clear()
    domain.hosts[MASTER].daemons_running = False
    domain.connect()


def _temporary(domain: SimulatedDomain) -> None:
    """The old master is a replica of the temporary one again."""
    _returned(domain)
    domain.run(MASTER, ("convert", "-v", "client"))
    domain.remove_data(MASTER)
    domain.hosts[MASTER].is_registered = True
    domain.run(MASTER, ("convert", "-v", "server"))
    domain.run(FIRST, ("Boot", "-k"))
    domain.run(FIRST, ("Boot",))


def _prepared_client(domain: SimulatedDomain) -> None:
    domain.hosts[CLIENT].is_registered = True
    domain.hosts[CLIENT].shm_size_kilobytes = 8000


def _odd_configuration(domain: SimulatedDomain) -> None:
    domain.hosts[SECOND].shm_size_kilobytes = 12000
    domain.hosts[SECOND].bridge = "192.0.2.1 192.0.2.3"
    domain.hosts[THIRD].bridge = "BCASTADDR"
    domain.hosts[THIRD].method_conf = b"another\n"
    domain.hosts[CLIENT].env_lacks = {"BRIDGE_ACCEPT_MASTER_IPS"}
    domain.hosts[FIRST].log(domain.now, "bridge: Checksum mismatch from m1")


CASES: dict[str, tuple[Procedure, str, tuple[Change, ...]]] = {
    "a healthy domain": (Procedure.SWITCHOVER, FIRST, ()),
    "a promotion by day": (Procedure.PROMOTE, FIRST, ()),
    "the original may come back": (Procedure.FAILBACK, MASTER, (_temporary,)),
    "the master is dead": (Procedure.PROMOTE, FIRST, (_fault(MASTER, Fault.MASTER_DEAD),)),
    "the master refuses connections and lives": (Procedure.PROMOTE, FIRST, (_fault(MASTER, Fault.REFUSED),)),
    "the master and a replica are dead": (
        Procedure.PROMOTE,
        FIRST,
        (_fault(MASTER, Fault.MASTER_DEAD), _fault(THIRD, Fault.MASTER_DEAD)),
    ),
    "a replica is not to be logged in to": (Procedure.SWITCHOVER, FIRST, (_fault(THIRD, Fault.WRONG_LOGIN),)),
    "the old master is back and stopped": (Procedure.RETIRE, MASTER, (_returned,)),
    "the old master is in single-user mode": (
        Procedure.RETIRE,
        MASTER,
        (_returned, _fault(MASTER, Fault.REFUSED)),
    ),
    "two masters": (Procedure.RETIRE, FIRST, (_fault(FIRST, Fault.TWO_MASTERS),)),
    "a registered client": (Procedure.ADD_REPLICA, CLIENT, (_prepared_client,)),
    "an unregistered client": (Procedure.ADD_REPLICA, CLIENT, ()),
    "a replica is down": (Procedure.REBUILD, SECOND, (_fault(SECOND, Fault.DOWN),)),
    "a replica's daemons are stopped": (Procedure.SWITCHOVER, SECOND, (_stop(SECOND),)),
    "a replica is ahead": (Procedure.REBUILD, SECOND, (_fault(SECOND, Fault.AHEAD, by=3, tables=[6, 7]),)),
    "a replica is of another generation": (Procedure.REBUILD, SECOND, (_fault(SECOND, Fault.WRONG_STAMP, tables=[6]),)),
    "a replica lacks a table": (Procedure.SWITCHOVER, SECOND, (_fault(SECOND, Fault.MISSING_TABLE, tables=[9]),)),
    "a replica loads": (Procedure.SWITCHOVER, SECOND, (_fault(SECOND, Fault.LOADING),)),
    "a replica is not listed": (Procedure.SWITCHOVER, FIRST, (_fault(SECOND, Fault.UNLISTED),)),
    "a site is cut off": (Procedure.SWITCHOVER, FIRST, (_fault(THIRD, Fault.UNREACHABLE, cut_off=True),)),
    "somebody alone does not reach a host": (Procedure.SWITCHOVER, FIRST, (_fault(THIRD, Fault.UNREACHABLE),)),
    "a replica prints rubbish": (Procedure.SWITCHOVER, FIRST, (_fault(SECOND, Fault.GARBAGE),)),
    "a replica hangs": (Procedure.SWITCHOVER, FIRST, (_fault(SECOND, Fault.HANGING),)),
    "the master hangs": (Procedure.SWITCHOVER, FIRST, (_fault(MASTER, Fault.HANGING),)),
    "odd settings": (Procedure.SWITCHOVER, FIRST, (_odd_configuration,)),
    "odd settings and a dead master": (
        Procedure.PROMOTE,
        FIRST,
        (_odd_configuration, _fault(MASTER, Fault.MASTER_DEAD)),
    ),
    "a replica lags": (Procedure.SWITCHOVER, SECOND, (_fault(SECOND, Fault.SLOW, delay_seconds=4000.0),)),
    "an unknown host": (Procedure.PROMOTE, "nowhere", ()),
    "the master itself": (Procedure.SWITCHOVER, MASTER, ()),
}


async def looked_at(
    world: World, procedure: Procedure, target: str, changes: tuple[Change, ...], *, warm: bool
) -> tuple[LiveKnowledge, Proposal]:
    """Change a domain that is an hour old, and poll it as a new program does."""
    clock = VirtualClock()
    await clock.sleep(4000.0)
    world.domain.advance(clock.monotonic())
    survey = world.survey()
    if warm:
        await world.warm(survey)
    for change in changes:
        change(world.domain)
    await clock.sleep(500.0)
    world.domain.advance(clock.monotonic())
    known = LiveKnowledge(
        settings=survey.domain,
        limits=world.limits,
        timeout_seconds=20.0,
        history=survey.history,
        last_known_master=MASTER,
        readings=dict(survey.readings),
    )
    fresh = replace(world.survey(), history=known.history, readings=dict(known.readings))
    return known, await propose(fresh, procedure, target, world.limits, JournalView())
