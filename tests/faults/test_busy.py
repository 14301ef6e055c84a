"""A domain that writes all the time: procedures end there, too, and lose nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from boks_exporter.failover.procedure import Procedure
from tests.faults import harness
from tests.faults.commands import apply_plan, open_run
from tests.faults.expected_state import standing
from tests.faults.harness import World, prepare, scratch
from tests.virtual.virtual_time import run_virtually

MOVED_BY_ACCEPTANCE = {(1, 2.0), (1, 20.0), (2, 20.0), (4, 20.0)}
"""Seed and writes a second. The dead master's last updates reached no replica; its database is moved aside because the
unknown fork point is accepted."""


async def ended(world: World, procedure: Procedure) -> tuple[int, str, bool, bool]:
    """Apply a procedure; its exit code, what it said, and whether a run is open and the domain stands as before."""
    target = await prepare(world, procedure)
    before = standing(world.domain)
    with world.program() as program:
        result = await apply_plan(program, procedure, target)
    await world.pass_time(60.0)
    changes = before.differs(standing(world.domain))
    return int(result.exit), " ".join(result.sentences), open_run(world) is not None, not changes


@pytest.mark.parametrize("rate", [2.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2, 4])
@pytest.mark.parametrize("procedure", [Procedure.ADD_REPLICA, Procedure.REBUILD, Procedure.RETIRE])
def test_a_busy_master_keeps_no_procedure_from_its_end(procedure: Procedure, rate: float, seed: int) -> None:
    """Equal means equal within two readings of the master, which never shows the same twice."""
    with scratch() as directory:
        world = World(Path(directory), seed, rate)
        code, said, is_open, _ = run_virtually(ended(world, procedure))
    is_lost = procedure is Procedure.RETIRE and (seed, rate) in MOVED_BY_ACCEPTANCE
    assert (code, is_open, bool(world.observer.breaches)) == (0, False, is_lost), said


@pytest.mark.parametrize("rate", [2.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_what_a_stopped_master_kept_back_is_not_lost(rate: float, seed: int) -> None:
    """A change of masters either has every update, or is undone and says which are missing."""
    with scratch() as directory:
        world = World(Path(directory), seed, rate)
        code, said, is_open, is_as_before = run_virtually(ended(world, Procedure.SWITCHOVER))
    assert (is_open, world.observer.breaches) == (False, [])
    assert code == 0 or (code, is_as_before) == (20, True), said
    assert code == 0 or "REP1 lacks" in said or "not begun: REP1 is behind" in said


def test_a_domain_in_which_people_work_can_be_switched_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update every five seconds, which takes two seconds to a replica: a quiet moment is found nearly every time."""
    slow = replace(harness.LAYOUT, hosts=tuple(replace(host, delay_seconds=2.0) for host in harness.LAYOUT.hosts))
    monkeypatch.setattr(harness, "LAYOUT", slow)
    codes, lost = [], []
    for seed in range(12):
        with scratch() as directory:
            trial = World(Path(directory), seed, 0.2)
            trial.domain.observers.append(lambda event, trial=trial: lost.extend(left_behind(trial, event)))  # type: ignore[misc]  # trial is bound
            codes.append(run_virtually(ended(trial, Procedure.SWITCHOVER))[0])
    assert codes.count(0) >= 11, codes
    assert (set(codes) <= {0, 20}, lost) == (True, [])


def left_behind(trial: World, event: str) -> list[str]:
    """Name what the old master has and the new one lacks in the moment in which it becomes one."""
    if event != f"master {harness.CANDIDATE}":
        return []
    old, new = (trial.domain.hosts[name].copy.numbers(trial.domain.now) for name in (harness.MASTER, harness.CANDIDATE))
    return [f"{number - new[table][0]} of T{table}" for table, (number, _) in old.items() if number > new[table][0]]
