"""The fence: what switches an old master off proves that it is out, and nothing less does."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import ProgramFence
from boks_exporter.failover.runner.programs import FenceWord, run_program
from boks_exporter.simulator.domain import Fault
from boks_exporter.simulator.domain.invariants import running_masters
from tests.unit.failover_world import FIRST, MASTER, World, virtually
from tests.virtual.virtual_time import VirtualClock


@dataclass
class Power:
    """A remote power switch of the old master; it can fail, and an operator can switch the machine on again."""

    world: World
    works: bool = True
    lasts: bool = True
    calls: list[str] = field(default_factory=list)

    async def call(self, word: FenceWord, facts: Mapping[str, str]) -> str:
        assert (facts["host"], facts["domain"]) == (MASTER, "bank")
        self.calls.append(word)
        if not self.works:
            return "the power switch does not answer"
        if word is FenceWord.OFF:
            self.world.domain.set_fault(MASTER, Fault.MASTER_DEAD)
            return ""
        return "" if self.lasts else "its power is on"


def promoted(world: World, fence: Power) -> Exit:
    """Promote a replica while the master lives behind a partition, with a fence configured."""
    world.limits = replace(world.limits, has_fence=True)

    async def scene() -> Exit:
        survey = world.survey()
        await world.warm(survey)
        world.domain.set_fault(MASTER, Fault.UNREACHABLE, cut_off=True)
        await VirtualClock().sleep(20)
        return (await world.apply(Procedure.PROMOTE, FIRST, survey=survey, fence=fence)).exit

    return virtually(scene)


def test_a_fenced_master_is_out_and_needs_no_acceptance(journals: Path) -> None:
    """It is switched off right before the promotion, and its state is asked again for every later step."""
    world = World.at(journals)
    power = Power(world)
    assert promoted(world, power) is Exit.DONE
    assert (power.calls[0], set(power.calls[1:])) == ("off", {"status"})
    assert (running_masters(world.domain), world.observer.breaches) == ((FIRST,), [])
    with world.journal() as journal:
        run = journal.runs("bank")[0]
        steps = [run.plan.step(step.number).key for step in journal.steps(run.name)]
    assert steps[2:4] == ["fence", "convert-master"]


def test_a_fence_that_fails_stops_the_run(journals: Path) -> None:
    """Nothing is changed, and the living master stays the only one."""
    world = World.at(journals)
    power = Power(world, works=False)
    assert promoted(world, power) is Exit.UNCHANGED
    assert (power.calls, world.sent(), world.observer.breaches) == (["off"], [], [])


def test_a_machine_that_is_on_again_is_no_longer_fenced(journals: Path) -> None:
    """The status is asked again before the conversion; without it the promotion is not sent."""
    world = World.at(journals)
    power = Power(world, lasts=False)
    assert promoted(world, power) is Exit.UNCHANGED
    assert (power.calls, world.sent()) == (["off", "status"], [])


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("exit 0", ""),
        ("(sleep 3) & exit 0", ""),
        ("echo no such outlet; exit 3", "ended with 3: no such outlet"),
        ("printf 'a\\000b\\033[2J'; exit 3", "ended with 3: a?b?[2J"),
        ("yes | head -c 1000000; echo end; exit 3", "ended with 3: " + "y\n" * 248 + "end"),
        ("sleep 5", "took longer than 0.2 s"),
    ],
)
async def test_only_the_exit_status_zero_of_the_program_is_a_proof(tmp_path: Path, script: str, problem: str) -> None:
    """It gets the word as its last argument, and the facts in its environment."""
    program = tmp_path / "fence"
    program.write_text(f'#!/bin/sh\n[ "$1 $BOKS_FAILOVER_HOST" = "off m1" ] || exit 9\n{script}\n')
    program.chmod(0o700)
    fence = ProgramFence(words=(str(program),), timeout_seconds=0.2 if "sleep" in script else 10.0)
    found = await fence.call(FenceWord.OFF, {"host": MASTER})
    assert found == (f"the fence ({program} off) {problem}" if problem else "")


@pytest.mark.parametrize("word", ["a\0b", "\ud800", "x" * 3_000_000])
async def test_words_that_no_program_can_be_given_are_no_proof(word: str) -> None:
    found = await ProgramFence(words=("/bin/true", word)).call(FenceWord.STATUS, {"host": MASTER})
    assert "/bin/true status" in found


async def test_facts_that_no_environment_can_hold_do_not_keep_the_program_from_running(tmp_path: Path) -> None:
    """Such as a message with what another program printed."""
    program = tmp_path / "fence"
    program.write_text('#!/bin/sh\n[ "$BOKS_FAILOVER_MESSAGE" = "a?b" ] || exit 9\n')
    program.chmod(0o700)
    facts = {"message": "a\0b", "more": "x" * 300_000, "odd": "\ud800 \udce4 ä€"}
    assert await run_program((str(program),), facts, 10.0) == ""


async def test_a_program_that_must_not_be_killed_is_no_proof_and_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as one that sudo runs as root."""
    made: list[Process] = []
    begin = asyncio.create_subprocess_exec

    async def begun(*words: str, **options: Any) -> Process:
        made.append(await begin(*words, **options))
        return made[0]

    def forbidden(_group: int, _signal: int) -> None:
        raise PermissionError

    fence = ProgramFence(words=("/bin/sh", "-c", "exec sleep 600"), timeout_seconds=0.1)
    killed = await fence.call(FenceWord.OFF, {"host": MASTER})
    monkeypatch.setattr("asyncio.create_subprocess_exec", begun)
    monkeypatch.setattr("os.killpg", forbidden)
    found = await fence.call(FenceWord.OFF, {"host": MASTER})
    made[0].kill()
    await made[0].wait()
    assert killed
    assert found not in {"", killed}


def test_without_a_fence_the_plan_has_no_such_step(journals: Path) -> None:
    """And a configured one is part of the plan only while the old master is not reached."""
    assert FailoverLimits().has_fence is False
    world = World.at(journals)

    async def scene() -> list[str]:
        return [step.key for step in (await world.proposal(Procedure.PROMOTE, FIRST)).plan.steps]

    assert "fence" not in virtually(scene)
