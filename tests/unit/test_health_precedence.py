"""Which of several findings is the verdict, as documented."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.health import PRECEDENCE, ReplicaState
from boks_exporter.model import HostOutcome, ReplicaLine, Role, Section, SectionFault
from tests.unit.domain_rounds import Watch, answers, healthy_round, listed, silent, snapshot

PAGE = Path(__file__).parent.parent.parent / "docs" / "judging.md"
RANK = [state for state, _ in PRECEDENCE]


def test_the_documented_table_is_the_one_in_force() -> None:
    """docs/judging.md shows state and reason in this order."""
    rows = re.findall(r"^\| \d+ \| `(\w+)` \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(str(state), reason) for state, reason in PRECEDENCE]


def test_every_state_has_its_place() -> None:
    """Once each."""
    assert sorted(RANK) == sorted(ReplicaState)


def test_the_page_shows_every_threshold_with_its_default() -> None:
    """Figures of a page can lie; these are compared."""
    text = PAGE.read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE))
    assert documented == {
        "lag_sequences": "1",
        "lag_age": "2m",
        "lag_sequences_at_once": "1000",
        "ahead_sequences": "1",
        "undecided_age": "30m",
        "stamp_age": "2m",
        "missing_age": "2m",
    }


MASTER = {7: 100, 9: 50, 15: 20}
FAULT = SectionFault(Section.LIST, FailureReason.TIMEOUT, "list was cut by the gate's time limit on the host")


def round_with(states: set[ReplicaState], at: float) -> tuple[HostOutcome, tuple[ReplicaLine, ...]]:
    """Make R1's answer and the master's list such that these states apply."""
    numbers = dict(MASTER)
    if ReplicaState.AHEAD in states:
        numbers[7] += 5
    if ReplicaState.LAGGING in states:
        numbers[9] -= 5
    if ReplicaState.DIVERGED in states:
        del numbers[15]
    status = "DOWN" if ReplicaState.DOWN in states else "LOADING" if ReplicaState.LOADING in states else "OK"
    lines = () if ReplicaState.UNLISTED in states else (listed("R1", status),)
    faults = (FAULT,) if ReplicaState.UNKNOWN in states else ()
    if ReplicaState.UNREACHABLE in states:
        return silent("R1", at + 1), lines
    return answers("R1", Role.REPLICA, numbers, at + 1, faults=faults), lines


COMPATIBLE = [
    {first, second}
    for first, second in combinations([state for state in RANK if state is not ReplicaState.OK], 2)
    if not {first, second} <= {ReplicaState.DOWN, ReplicaState.LOADING, ReplicaState.UNLISTED}
    and {first, second} != {ReplicaState.LOADING, ReplicaState.DIVERGED}
    and not ({first, second} & {ReplicaState.UNREACHABLE} and {first, second} & {
        ReplicaState.AHEAD, ReplicaState.LAGGING, ReplicaState.DIVERGED, ReplicaState.UNKNOWN,
    })
]  # fmt: skip
"""Pairs that one reply can show: a list has one line for a host, and a silent host has no numbers. That a loading copy
lacks tables is no finding at all."""


@pytest.mark.parametrize(
    "states", [{state} for state in RANK] + COMPATIBLE, ids=lambda states: "+".join(sorted(states))
)
def test_of_two_findings_the_first_in_the_table_is_the_verdict(states: set[ReplicaState]) -> None:
    """And the other one is kept as evidence."""
    watch = Watch()
    watch.judge(healthy_round(MASTER, at=-3600.0, R1=MASTER))
    for at in (0.0, 150.0, 300.0):
        outcome, lines = round_with(states, at)
        master = answers("M", Role.MASTER, MASTER, at)
        verdict = watch.judge(snapshot(master, outcome, at=at, second=MASTER, lines=lines)).host("R1")
    expected = min(states, key=RANK.index)
    if states == {ReplicaState.AHEAD, ReplicaState.LAGGING}:
        expected = ReplicaState.DIVERGED
    assert verdict.state is expected
    assert len(verdict.evidence) >= len(states) - 1
