"""The page of the benchmarks: each goal says whether it is reached, and only a missed one what bounds it."""

import re
from collections.abc import Callable, Mapping

import pytest

from bench.fleet.page import Peers, block
from bench.fleet.ratios import Pair
from bench.fleet.run import Figures
from bench.light.page import Measured, Sample, page
from bench.light.polling_methods import (
    BARE,
    CHECK_BY_SSH,
    COLD,
    CONN_RUN,
    CONTROL_MASTER,
    EVERY_SECTION,
    GATE_1_ROUND,
    SHELL_LOOP,
    TRANSPORT,
    WHOLE_ROUND,
)
from bench.light.programs import Programs

REACHED: Mapping[str, tuple[float, float, float]] = {
    TRANSPORT: (0.2, 2.0, 0),
    WHOLE_ROUND: (0.3, 2.0, 0),
    EVERY_SECTION: (0.5, 4.0, 0),
    GATE_1_ROUND: (3.0, 200.0, 0),
    CONN_RUN: (0.8, 3.0, 0),
    CONTROL_MASTER: (6.0, 3.0, 0),
    COLD: (80.0, 30.0, 3),
    CHECK_BY_SSH: (80.0, 30.0, 3),
    SHELL_LOOP: (80.0, 30.0, 3),
    BARE: (0.0, 1.0, 0),
}


def poll(samples: Mapping[str, tuple[float, float, float]], programs: int = 1, trips: float = 1.0) -> str:
    costs = {name: [Sample(*each), Sample(*each)] for name, each in samples.items()}
    found = [Programs("dash", programs, 9 * programs)]
    ways = dict.fromkeys((TRANSPORT, CONN_RUN, CONTROL_MASTER), trips)
    return page(Measured(costs, ways, found, hosts=50, tables=30, processes=60, method="by hand"))


def fleets(cost: Callable[[int], float], factor: float) -> str:
    """The figures of the fleets: what a host costs, and everything else by a factor of a good value."""
    figures = [
        Figures(hosts, (cost(hosts),) * 5, 2 * factor, 40 * factor, 200, 50 * factor, 20, (80 + hosts / 10) * factor, 1)
        for hosts in (50, 100, 300, 1000)
    ]
    return block(figures, Peers([Pair(0.1, 3 / factor)], [Pair(0.1 * factor, 0.05)]))


def reached(text: str) -> list[bool]:
    return [found == "yes" for found in re.findall(r"^\|.*\| (yes|\*\*no\*\*) \|$", text, re.MULTILINE)]


def bounds(text: str) -> list[str]:
    return re.findall(r"^\* .+: .+", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "goals"),
    [(poll(REACHED), 11), (fleets(lambda _: 0.5, 1), 8)],
    ids=["a poll", "fleets"],
)
def test_goals_that_are_all_reached_need_no_explanation(text: str, goals: int) -> None:
    assert reached(text) == [True] * goals
    assert bounds(text) == []


@pytest.mark.parametrize(
    ("text", "missed"),
    [
        (poll(REACHED | {TRANSPORT: (7.0, 2.0, 0)}), 3),
        (poll(REACHED | {WHOLE_ROUND: (1.0, 30.0, 2)}), 5),
        (poll(REACHED | {CONTROL_MASTER: (0.0, 0.0, 0)}), 3),
        (poll(REACHED | {TRANSPORT: (0.0, 0.0, 0), WHOLE_ROUND: (0.0, 0.0, 0), EVERY_SECTION: (0.0, 0.0, 0)}), 5),
        (poll(REACHED, programs=9, trips=2.0), 3),
        (fleets(lambda hosts: 0.3 + hosts / 2500, 1), 1),
        (fleets(lambda _: 1.0, 10), 7),
    ],
    ids=["transport", "round", "nothing counted of a peer", "nothing counted of us", "programs", "growth", "slow"],
)
def test_every_missed_goal_says_what_bounds_it(text: str, missed: int) -> None:
    """Whatever the figures are, zero included, as where CPU time is counted in ticks."""
    assert reached(text).count(False) == len(bounds(text)) == missed


@pytest.mark.parametrize(("cost", "growth"), [(lambda hosts: 0.5 + 20 / hosts, -26), (lambda _: 0.5, 0)])
def test_a_host_that_costs_less_the_more_there_are_reaches_the_goal_of_growth(
    cost: Callable[[int], float], growth: int
) -> None:
    """The page says that this is not linear either."""
    text = fleets(cost, 1)
    assert all(reached(text))
    assert f"| {growth:+d} % |" in text
    assert ("15 % in both directions" in text) == (growth < -15)


def test_a_machine_on_which_nothing_can_be_traced_has_a_page_as_well() -> None:
    costs = {name: [Sample(*each)] for name, each in REACHED.items()}
    trips = dict.fromkeys((TRANSPORT, CONN_RUN, CONTROL_MASTER), 1.0)
    text = page(Measured(costs, trips, [], hosts=50, tables=30, processes=60, method="by hand"))
    assert reached(text).count(False) == len(bounds(text)) == 1
