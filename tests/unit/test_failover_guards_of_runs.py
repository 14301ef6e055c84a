"""Everything that the guards of runs, locks and gates find in worlds that differ in one fact."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, GateFacts
from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.journal_facts import DeclaredLost, ForkPoint, JournalView, Maintenance, RunSummary
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import Freeze
from tests.unit.domain_rounds import STAMP
from tests.unit.failover_claims import HEALTHY, stopped
from tests.unit.failover_facts import host, ready, sound_domain
from tests.unit.failover_judged import ADD, OWN_RUN, REBUILD, RETIRE, SWITCHOVER, World, judged

NOW = HEALTHY.seen_at


def last(outcome: Outcome, ended_at: float | None, procedure: Procedure = SWITCHOVER) -> dict[str, Any]:
    run = RunSummary("20261124-1", procedure, "R1", outcome, NOW - 2000.0, ended_at, "anna")
    return {"journal": JournalView(last=run)}


CLOCK = ("unknown clock_set_back",)
FUTURE = NOW + 9.0


def journal(**known: Any) -> FailoverFacts:
    return sound_domain(journal=JournalView(**known))


def window(name: str, run: str | None = None, started_at: float = 0.0) -> dict[str, Any]:
    one = Maintenance(
        domain="bank", host=name, started_at=started_at, until=NOW + 60.0, reason="disks", owner="bob", run=run
    )
    return {"journal": JournalView(windows=(one,))}


def gate(name: str, role: Role = Role.REPLICA, **more: Any) -> FailoverFacts:
    return sound_domain(gates={name: ready(name, role, **more)})


def frozen(**freezes: Freeze) -> FailoverFacts:
    return sound_domain(gates={name: ready(name, Role.REPLICA, freeze=freeze) for name, freeze in freezes.items()})


def unasked(*names: str) -> FailoverFacts:
    gates = {name: each for name, each in HEALTHY.gates.items() if name not in names}
    return replace(HEALTHY, gates=gates)


def beside_mute() -> FailoverFacts:
    """M is an old master and stopped; the gate of R1, which is master, was not asked."""
    fork = ForkPoint("run", "M", "R1", {7: (100, STAMP), 9: (50, STAMP)}, {}, 0.0)
    facts = sound_domain(host("R1", Role.MASTER, at=0.0), seen_forks=(fork,), **stopped("M", Role.MASTER))
    return replace(facts, gates={name: each for name, each in facts.gates.items() if name != "R1"})


OPEN = RunSummary(OWN_RUN, REBUILD, "R2", Outcome.OPEN, 1.0, None, "bert")
MUTE = GateFacts("R1", None, "auth: the login was refused")
AUDIT = Freeze(1_800_000_000, "bob", "audit")
OWN_LOCK = f"{OWN_RUN} anna-ops7 2026-11-24T20:00:00"

WORLDS = {
    "its own run is open": World(REBUILD, sound_domain(journal=JournalView((OPEN,)))),
    "another run is open": World(
        REBUILD, sound_domain(journal=JournalView((replace(OPEN, run="20261124-1"),))), ("refuse run_open R2",)
    ),
    "the last run was done": World(
        SWITCHOVER, sound_domain(**last(Outcome.DONE, NOW - 1000.0)), ("note not_registered M",)
    ),
    "the last run was done just now": World(
        SWITCHOVER, sound_domain(**last(Outcome.DONE, NOW - 100.0)), ("note not_registered M", "refuse cool_down")
    ),
    "the last run was a rebuild just now": World(
        SWITCHOVER, sound_domain(**last(Outcome.DONE, NOW - 100.0, REBUILD)), ("note not_registered M",)
    ),
    "a rebuild after a run just now": World(REBUILD, sound_domain(**last(Outcome.DONE, NOW - 100.0))),
    "the last run failed": World(
        REBUILD, sound_domain(**last(Outcome.FAILED, NOW - 1000.0)), ("refuse last_run_failed R1",)
    ),
    "the last run's result is unknown": World(
        REBUILD, sound_domain(**last(Outcome.UNKNOWN, NOW - 1000.0)), ("refuse last_run_failed R1",)
    ),
    "the last run did not converge": World(
        REBUILD, sound_domain(**last(Outcome.NOT_CONVERGED, None)), ("refuse last_run_failed R1",)
    ),
    "the last run was aborted": World(REBUILD, sound_domain(**last(Outcome.ABORTED, NOW - 1000.0))),
    "the last run ends in the future": World(
        SWITCHOVER, sound_domain(**last(Outcome.DONE, NOW + 100.0)), ("note not_registered M", "unknown clock_set_back")
    ),
    "a fork point is in the future": World(REBUILD, journal(forks=(ForkPoint("", "C", "M", {}, {}, FUTURE),)), CLOCK),
    "a removal is in the future": World(REBUILD, journal(removed={"R2": FUTURE}), CLOCK),
    "a declaration is in the future": World(
        REBUILD, journal(lost={"X": DeclaredLost("X", "anna", "burnt", FUTURE)}), CLOCK
    ),
    "a window begins in the future": World(
        REBUILD, sound_domain(**window("R1", started_at=FUTURE)), ("refuse under_maintenance R1",)
    ),
    "the target is under maintenance": World(REBUILD, sound_domain(**window("R1")), ("refuse under_maintenance R1",)),
    "the master is under maintenance": World(REBUILD, sound_domain(**window("M")), ("refuse under_maintenance M",)),
    "another host is under maintenance": World(REBUILD, sound_domain(**window("R2"))),
    "under maintenance by its own run": World(REBUILD, sound_domain(**window("R1", OWN_RUN))),
    "under maintenance by another run": World(
        REBUILD, sound_domain(**window("R1", "20261124-1")), ("refuse under_maintenance R1",)
    ),
    "frozen on one host": World(REBUILD, frozen(R2=AUDIT), ("refuse frozen R2",)),
    "frozen on two hosts": World(REBUILD, frozen(R1=AUDIT, R2=AUDIT), ("refuse frozen",)),
    "frozen twice": World(
        REBUILD, frozen(R1=AUDIT, R2=replace(AUDIT, owner="eve")), ("refuse frozen R1", "refuse frozen R2")
    ),
    "frozen, it cannot be read": World(REBUILD, frozen(R2=Freeze(None)), ("unknown frozen R2",)),
    "frozen, it can be read on one of two": World(
        REBUILD, frozen(R1=replace(AUDIT, until=None), R2=AUDIT), ("refuse frozen",)
    ),
    "its own lock and change": World(REBUILD, gate("R1", lock=OWN_LOCK, busy=f"{OWN_RUN}.3")),
    "another's lock": World(
        REBUILD, gate("R2", lock="20261124-1 bert-ops8 2026-11-24T20:00:00"), ("refuse host_locked R2",)
    ),
    "another's change": World(REBUILD, gate("R2", busy="20261124-1.3"), ("refuse host_busy R2",)),
    "another's lock on a host that is not locked": World(REBUILD, gate("C", Role.CLIENT, lock="20261124-1 b 2026")),
    "a gate that was not asked": World(REBUILD, unasked("R1"), ("refuse gate_not_ready R1",)),
    "a gate that does not answer": World(REBUILD, sound_domain(gates={"R1": MUTE}), ("refuse gate_not_ready R1",)),
    "a server that cannot be locked": World(REBUILD, unasked("R2"), ("unknown lock_incomplete R2",)),
    "a master that cannot be locked": World(
        RETIRE, beside_mute(), ("unknown lock_incomplete R1", "unknown master_unsound R1"), target="M"
    ),
    "a client that cannot be locked": World(REBUILD, unasked("C")),
    "a server that cannot be locked, and no plan": World(
        SWITCHOVER, replace(unasked("R2"), seen_at=NOW), ("refuse unknown_host X",), target="X"
    ),
    "a gate without boksadm": World(REBUILD, gate("R1", boksadm=False), ("refuse gate_not_ready R1",)),
    "a gate that does not report whether it is root": World(
        REBUILD, gate("R1", permitted=None), ("refuse gate_not_ready R1",)
    ),
    "a gate whose records cannot be written": World(
        REBUILD, gate("R1", state_writable=False), ("refuse gate_not_ready R1",)
    ),
    "a gate whose daemons end with the login": World(
        REBUILD, gate("M", Role.MASTER, outlives_session=False), ("refuse gate_not_ready M",)
    ),
    "not registered": World(REBUILD, sound_domain(registered=("R2",)), ("note not_registered R1",)),
    "registered is unknown": World(REBUILD, sound_domain(registered=None), ("unknown not_registered R1",)),
    "not registered, and it is the first step": World(ADD, sound_domain(), ("refuse not_registered C",), target="C"),
    "registered, and it is the first step": World(ADD, sound_domain(registered=("C", "R1", "R2")), target="C"),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_guards_find_exactly_this(world: World) -> None:
    """A guard that is dropped, weakened, or that finds too much, is noticed in one of the worlds."""
    assert judged(world) == world.expected
