"""A simulated twin of a domain shows what the domain shows: the same steps, the same findings, the same facts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan import difference
from boks_exporter.failover.runner import propose
from boks_exporter.model import Role
from boks_exporter.rehearsal.environment import apply_gate_state
from boks_exporter.rehearsal.twin_state import found_in
from boks_exporter.replication import History
from boks_exporter.simulator.connection_faults import ConnectionFault
from boks_exporter.simulator.domain.twin import twin_of
from boks_exporter.simulator.operator_gate import OperatorGates
from boks_exporter.simulator.operator_records import Lock, Record
from tests.unit.failover_facts import ready, sound_domain
from tests.unit.failover_world import CLIENT, FIRST, MASTER, SECOND, THIRD, World, virtually
from tests.unit.rehearsal_cases import CASES, looked_at
from tests.virtual.virtual_twin import virtual_twin


async def _differences(
    journals: Path, case: str, *, warm: bool, rate: float, change: Callable[[World], None] = lambda _: None
) -> tuple[str, ...]:
    procedure, target, changes = CASES[case]
    world = World.at(journals, writes_per_second=rate)
    change(world)
    known, live = await looked_at(world, procedure, target, changes, warm=warm)
    async with virtual_twin(known, live.facts, journals) as stage:
        twin = await propose(stage.survey(stage.operator), procedure, target, world.limits, JournalView())
        broken = [f"{breach.invariant} at {breach.event}" for breach in stage.observer.breaches]
    return (*difference(live.basis, twin.basis), *broken)


@pytest.mark.parametrize("case", CASES)
def test_a_twin_rests_on_the_same_facts(journals: Path, case: str) -> None:
    """Whatever the domain looks like: steps, findings, roles, states and gates are the live ones."""
    assert virtually(lambda: _differences(journals / "warm", case, warm=True, rate=0.5)) == ()
    assert virtually(lambda: _differences(journals / "cold", case, warm=False, rate=0.0)) == ()


def _oddly(world: World) -> None:
    """Gates that lack rights or facts, are locked or busy, or do not answer the operator."""
    world.gates.overrides = {
        FIRST: {"permitted": "no", "state": "unusable"},
        SECOND: {"daemons": "unknown", "database": "unknown", "reach": "unknown"},
    }
    world.gates.states[THIRD].lock = Lock("20231114-220000-promote-0000abcd", "bob@elsewhere", "2023-11-14T22:00:00")
    world.gates.states[CLIENT].records["old.1"] = Record("old.1 boot-start", 0, float("inf"))
    world.way.connection_fault = lambda host, _line: ConnectionFault.BEFORE if host == MASTER else None


@pytest.mark.parametrize("case", ["a healthy domain", "the master is dead", "a registered client"])
def test_what_gates_report_and_withhold_is_copied(journals: Path, case: str) -> None:
    """Findings about rights, locks and work that goes on are the live ones."""
    assert virtually(lambda: _differences(journals, case, warm=True, rate=0.0, change=_oddly)) == ()


def test_the_last_change_of_a_host_is_copied() -> None:
    """It explains the role that a run gave it, as on the live host."""
    found = found_in(sound_domain(gates={"M": ready("M", Role.MASTER, unchanged_since="run.3")}), History())
    gates = apply_gate_state(OperatorGates(twin_of(found.standing)), found)
    shown = {host: b"|unchanged_since=run.3" in gates.handle(host, "boks-gate/1 op preflight").text() for host in "MC"}
    assert shown == {"M": True, "C": False}
