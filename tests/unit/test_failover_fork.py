"""The fork point of a run: of which copies it is known what they have above the new master."""

from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.runner.fork import fork_point
from boks_exporter.model import Role
from tests.unit.domain_rounds import NUMBERS, STAMP, silent
from tests.unit.failover_claims import DEAD
from tests.unit.failover_facts import dead_master, host, ready
from tests.unit.failover_judged import PROMOTE
from tests.unit.test_failover_unread import hiding

PLAN = make_plan(PROMOTE, "R1", DEAD)


def earlier(name: str, *, is_final: bool = True) -> dict[str, Any]:
    numbers = {table: (number, STAMP) for table, number in NUMBERS.items()}
    return {"readings": {name: Reading(name, numbers, 0.0, "before", is_final)}}


def client(**more: Any) -> FailoverFacts:
    return dead_master(host("R2", Role.CLIENT), gates={"R2": ready("R2", Role.CLIENT, **more)})


SETTLED = {
    "a replica that shows its numbers": (DEAD, "R2", True),
    "a replica with a table that cannot be read": (dead_master(hiding("R2")), "R2", False),
    "a master that runs": (dead_master(host("R2", Role.MASTER)), "R2", False),
    "the candidate": (DEAD, "R1", True),
    "the candidate, with a table that cannot be read": (dead_master(hiding("R1")), "R1", True),
    "a client without a database": (client(database_present=False), "R2", True),
    "a client with one": (client(database_present=True), "R2", False),
    "a client of which that is unknown": (client(database_present=None), "R2", False),
    "the old master, by its last numbers": (dead_master(**earlier("M")), "M", True),
    "the old master, which wrote after them": (dead_master(**earlier("M", is_final=False)), "M", False),
    "the old master, never read": (dead_master(readings={}), "M", False),
    "a replica that does not answer": (dead_master(silent("R2"), **earlier("R2")), "R2", False),
}


@pytest.mark.parametrize(("facts", "name", "is_settled"), SETTLED.values(), ids=SETTLED)
def test_a_fork_point_names_the_copies_of_which_everything_is_known(
    facts: FailoverFacts, name: str, is_settled: bool
) -> None:
    """Each has an entry, an empty one where it has nothing more than the candidate."""
    assert fork_point("run", PLAN, facts).above.get(name) == ({} if is_settled else None)
