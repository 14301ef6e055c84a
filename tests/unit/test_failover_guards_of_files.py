"""Everything that the guards of the files of a database find in worlds that differ in one fact."""

from dataclasses import replace
from typing import Any

import pytest

from boks_exporter.failover.facts import Reading
from boks_exporter.failover.journal_facts import ForkPoint, JournalView
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import DatabaseState
from tests.unit.domain_rounds import STAMP
from tests.unit.failover_claims import HEALTHY
from tests.unit.failover_facts import dead_master, host, ready, sound_domain
from tests.unit.failover_judged import ADD, PROMOTE, REBUILD, RETIRE, SWITCHOVER, World, judged

R1_MASTER, CLIENT_M = host("R1", Role.MASTER, at=0.0), host("M", Role.CLIENT)
FORK = ForkPoint("run", "M", "R1", {7: (100, STAMP), 9: (50, STAMP)}, {}, 0.0)
FORKED = {"journal": JournalView(forks=(FORK,))}
KNOWN = {"registered": ("R1", "R2", "C", "M")}


def last(final: bool, number: int = 100, name: str = "M") -> dict[str, Any]:
    return {"readings": {name: Reading(name, {7: (number, STAMP), 9: (50, STAMP)}, 0.0, "by hand", is_final=final)}}


def files(name: str, state: DatabaseState | None, role: Role = Role.REPLICA, **more: Any) -> dict[str, Any]:
    known = {"database": state, **more}
    return {"gates": {name: ready(name, role, **known)}, **KNOWN}


PARTIAL, ODD = DatabaseState.PARTIAL, DatabaseState.ODD


def added(*expected: str, state: DatabaseState | None = None, **more: Any) -> World:
    """The plan to add C, a client whose gate reports this of its database."""
    return World(ADD, sound_domain(**files("C", state, Role.CLIENT, **more)), expected, target="C")


WORLDS = {
    "added with a database": added("refuse stale_database C", database_present=True),
    "added, its database is unknown": added("unknown stale_database C", database_present=None),
    "added with a part of a database": added("refuse stale_database C", state=PARTIAL, database_present=True),
    "added with odd files": added("refuse odd_files C", "refuse stale_database C", state=ODD, database_present=True),
    "added, its gate does not answer": World(
        ADD,
        replace(HEALTHY, registered=KNOWN["registered"], gates={"M": HEALTHY.gates["M"]}),
        ("refuse gate_not_ready C", "unknown lock_incomplete R1", "unknown lock_incomplete R2"),
        target="C",
    ),
    "added as a replica with a database": World(ADD, sound_domain(**files("R1", None)), ("refuse wrong_role R1",)),
    "rebuilt, no other is OK": World(
        REBUILD, sound_domain(host("R2", Role.REPLICA, {7: 103, 9: 50})), ("refuse last_copy R1",)
    ),
    "rebuilt, with odd files": World(REBUILD, sound_domain(**files("R1", ODD)), ("refuse odd_files R1",)),
    "rebuilt, with a part of a database": World(
        REBUILD, sound_domain(**files("R1", PARTIAL)), ("refuse partial_database R1",)
    ),
    "rebuilt, another has odd files": World(REBUILD, sound_domain(**files("R2", ODD))),
    "rebuilt, the master has odd files": World(REBUILD, sound_domain(**files("M", ODD, Role.MASTER))),
    "rebuilt, the master has a part of a database": World(REBUILD, sound_domain(**files("M", PARTIAL, Role.MASTER))),
    "switched over, with odd files": World(SWITCHOVER, sound_domain(**files("R1", ODD)), ("refuse odd_files R1",)),
    "switched over, with a part of a database": World(
        SWITCHOVER, sound_domain(**files("R1", PARTIAL)), ("refuse partial_database R1",)
    ),
    "switched over, the master has odd files": World(
        SWITCHOVER, sound_domain(**files("M", ODD, Role.MASTER)), ("refuse odd_files M",)
    ),
    "switched over, the master has a part of a database": World(
        SWITCHOVER, sound_domain(**files("M", PARTIAL, Role.MASTER)), ("refuse partial_database M",)
    ),
    "promoted, with a part of a database": World(
        PROMOTE,
        dead_master(gates={"R1": ready("R1", Role.REPLICA, database=PARTIAL)}),
        (
            "note behind_best R1",
            "note behind_last_master R1",
            "refuse partial_database R1",
            "unknown old_master_unproven M",
        ),
    ),
    "added with a part of a database that is not reported as one": added(
        "refuse partial_database C", "refuse stale_database C", state=PARTIAL
    ),
    "retired as a client with a database": World(
        RETIRE,
        sound_domain(
            R1_MASTER, CLIENT_M, **FORKED, **last(True), **files("M", None, Role.CLIENT, database_present=True)
        ),
        target="M",
    ),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_the_guards_find_exactly_this(world: World) -> None:
    """A guard that is dropped, weakened, or that finds too much, is noticed in one of the worlds."""
    assert judged(world) == world.expected
