"""A simulated twin of a domain shows what the domain shows: the same steps, the same findings, the same facts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from boks_exporter.app.rehearsal.stage import SilentWay, dress
from boks_exporter.app.rehearsal.twin import found_in
from boks_exporter.failover.client import LookingGates, LookOnly
from boks_exporter.failover.plan import difference
from boks_exporter.failover.runner import Proposal, propose
from boks_exporter.failover.words import Procedure
from boks_exporter.simulator.domain import Fault, SimulatedDomain
from boks_exporter.simulator.domain.invariants import Observer
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.virtual_operator import VirtualOperator
from boks_exporter.simulator.virtual_time import VirtualClock
from boks_exporter.simulator.virtual_transport import VirtualTransport
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World, virtually

Change = Callable[[SimulatedDomain], object]


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


def _lags(domain: SimulatedDomain) -> None:
    domain.set_fault(SECOND, Fault.SLOW, delay_seconds=4000.0)


CASES: dict[str, tuple[Procedure, str, tuple[Change, ...]]] = {
    "a sound domain": (Procedure.SWITCHOVER, FIRST, ()),
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
    "odd settings": (Procedure.SWITCHOVER, FIRST, (_odd_configuration,)),
    "odd settings and a dead master": (
        Procedure.PROMOTE,
        FIRST,
        (_odd_configuration, _fault(MASTER, Fault.MASTER_DEAD)),
    ),
    "a replica lags": (Procedure.SWITCHOVER, SECOND, (_lags,)),
    "an unknown host": (Procedure.PROMOTE, "nowhere", ()),
    "the master itself": (Procedure.SWITCHOVER, MASTER, ()),
}


@dataclass(frozen=True)
class Pair:
    """What was proposed for a domain and for its twin, and the twin."""

    live: Proposal
    twin: Proposal
    domain: SimulatedDomain
    observer: Observer


async def _pair(world: World, procedure: Procedure, target: str, changes: tuple[Change, ...], *, warm: bool) -> Pair:
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
    known = {"history": survey.history, "last_known_master": MASTER}
    live = await propose(
        replace(world.survey(), readings=dict(survey.readings), **known), procedure, target, world.limits
    )
    found = found_in(live.facts, survey.history, now=clock.monotonic())
    domain = twin_of(found.standing)
    observer = Observer(domain)
    operator = SilentWay(VirtualOperator(dress(OperatorGates(domain), found)), found.no_operator)
    own = replace(
        survey,
        transport=SilentWay(VirtualTransport(domain, seed=2), found.no_reading),
        gates=LookingGates(LookOnly(operator)),
        readings=dict(survey.readings),
        **known,
    )
    return Pair(live, await propose(own, procedure, target, world.limits), domain, observer)


@pytest.mark.parametrize("warm", [True, False], ids=["watched", "first look"])
@pytest.mark.parametrize("rate", [0.0, 0.5], ids=["quiet", "busy"])
@pytest.mark.parametrize("case", CASES)
def test_a_twin_rests_on_the_same_facts(tmp_path: Path, case: str, rate: float, *, warm: bool) -> None:
    """Whatever the domain looks like: steps, findings, roles, states and gates are the live ones."""
    procedure, target, changes = CASES[case]
    world = World.at(tmp_path, writes_per_second=rate)
    pair = virtually(lambda: _pair(world, procedure, target, changes, warm=warm))
    assert difference(pair.live.basis, pair.twin.basis) == ()
    assert pair.observer.breaches == []
