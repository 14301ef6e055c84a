"""A seeded sample of the small worlds; `make faults` examines all of them."""

from random import Random

import pytest

from boks_exporter.simulator.domain import Boksinit
from tests.faults.known_broken import SMALL_WORLDS
from tests.faults.small_world import Server, SmallWorld
from tests.faults.small_worlds import drawn, examine, pairs

PARTS, WORLDS = 8, 200
HEALTHY = SmallWorld(
    tuple(Server(role, is_running=True, reach="ok") for role in (Boksinit.MASTER, Boksinit.SERVER, Boksinit.SERVER)),
    last_master="a",
)
UNCONFIGURED_MASTERS = (
    SmallWorld(
        (
            Server(Boksinit.CLIENT, is_running=True, reach="ok", data="equal"),
            Server(Boksinit.MASTER, is_running=True, reach="ok", data="equal"),
            Server(Boksinit.SERVER, is_running=True, reach="ok", data="ahead"),
        ),
        last_master="a",
        unconfigured=frozenset("b"),
    ),
    SmallWorld(
        (
            Server(Boksinit.CLIENT, is_running=True, reach="ok", data="equal"),
            Server(Boksinit.SERVER, is_running=True, reach="ok", data="equal"),
            Server(Boksinit.MASTER, is_running=True, reach="ok", data="ahead"),
        ),
        last_master="b",
        unregistered=frozenset("a"),
        unconfigured=frozenset("c"),
    ),
)


def sample(part: int) -> list[SmallWorld]:
    """Draw pairs and larger worlds, the same ones each time, and one in which nothing is wrong."""
    worlds = [*Random(2024).sample(list(pairs()), WORLDS), *drawn(WORLDS, seed=7)]  # noqa: S311 - a sample, no secret
    return [HEALTHY, *worlds[part::PARTS]]


@pytest.mark.parametrize("world", UNCONFIGURED_MASTERS, ids=str)
def test_a_master_that_no_configuration_names_gets_no_second_one(world: SmallWorld) -> None:
    """The last known master has another role now, so that there is another one somewhere."""
    assert examine(world).broken == []


@pytest.mark.parametrize("part", range(PARTS))
def test_no_plan_that_nothing_refuses_makes_a_second_master_or_loses_an_update(part: int) -> None:
    """Without any acceptance; the worlds in which one does are those of the list."""
    outcomes = [examine(world) for world in sample(part)]
    assert sum(outcome.applied for outcome in outcomes) > 0
    broken = {str(outcome.world): outcome.broken for outcome in outcomes if outcome.broken}
    assert broken.keys() == SMALL_WORLDS & {str(outcome.world) for outcome in outcomes}, broken
