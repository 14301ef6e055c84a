"""How one step ends: at a console, after a host that never answers, next to a copy of the journal, and by the fence."""

from pathlib import Path
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import StepOutcome
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.runner.locking import lock_owner
from boks_exporter.failover.runner.programs import FenceWord, ProgramFence
from boks_exporter.failover.runner.run_context import facts_of_plan
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from boks_exporter.remote.settings import RemotePaths
from tests.unit.domain_rounds import silent
from tests.unit.failover_claims import HEALTHY, stopped
from tests.unit.failover_facts import dead_master, host, ready, sound_domain
from tests.unit.failover_judged import PROMOTE, RETIRE
from tests.unit.failover_step import Run
from tests.unit.runner_tools import LOST
from tests.unit.test_failover_execute_step import (
    APART,
    BROKE,
    OUT,
    PROMOTED,
    QUIET,
    R1_MASTER,
    SENT,
    SILENT_M,
    STOPPED_M,
    SWITCHES,
    TURNED,
    promote,
    rebuild,
)
from tests.unit.test_failover_proofs_refused import busy

DONE, FAILED, UNKNOWN = StepOutcome.DONE, StepOutcome.FAILED, StepOutcome.UNKNOWN
UNREACHED = sound_domain(R1_MASTER, silent("M"))
STOPPED_BESIDE = sound_domain(R1_MASTER, **stopped("M", Role.MASTER))
RETIRED = sound_domain(R1_MASTER, host("M", Role.CLIENT), gates={"M": ready("M", Role.CLIENT, database_present=False)})


def at_console(*rounds: FailoverFacts) -> Run:
    run = Run(make_plan(RETIRE, "M", UNREACHED), rounds)
    tools_of(run).paths = RemotePaths()
    return run


def tools_of(run: Run) -> Any:
    return run.executor.tools


@pytest.mark.parametrize(("after", "outcome"), [(RETIRED, DONE), (UNREACHED, UNKNOWN)])
async def test_a_console_step_prints_its_script_and_waits_for_what_it_proves(
    after: FailoverFacts, outcome: StepOutcome
) -> None:
    """Nothing is sent; a script of which nothing is seen may have run."""
    run = at_console(UNREACHED, after)
    result = await run.step("console")
    assert (result.outcome, result.begun, run.did()) == (outcome, True, "patient, intend run.1, conclude run.1")
    assert [text for text in run.script.said if "boot the host now" in text] == run.script.said[:1]


@pytest.mark.parametrize(
    ("seen", "kept", "expected"), [({"M": "Alpha"}, "beta", "alpha"), ({}, "beta", "beta"), ({}, "", "m")]
)
async def test_the_script_expects_the_last_name_that_the_machine_called_itself(
    seen: dict[str, str], kept: str, expected: str
) -> None:
    """By this process, else by the journal, else the configured one."""
    run = at_console(UNREACHED, RETIRED)
    tools_of(run).survey.own_names = seen
    tools_of(run).journal.own_name = lambda _domain, _host: kept
    await run.step("console")
    assert f'[ "$here" = {expected} ]' in run.script.said[0]


async def test_a_host_that_never_answers_leaves_the_result_unknown() -> None:
    run = rebuild(HEALTHY, answers={"do": (LOST,), "record": (LOST,)})
    result = await run.step("convert-client")
    assert (result.outcome, result.begun) == (UNKNOWN, True)


LATE = (HEALTHY,) * 9


@pytest.mark.parametrize(
    ("answers", "outcome"), [({}, DONE), ({"do": (BROKE,)}, FAILED), ({"do": (StepRecord(RecordState.DONE),)}, DONE)]
)
async def test_an_effect_is_waited_for_longer_after_a_command_that_did_not_fail(
    answers: dict[str, Any], outcome: StepOutcome
) -> None:
    """It shows half a minute later."""
    assert (await rebuild(*LATE, APART, answers=answers).step("convert-client")).outcome is outcome


async def test_an_effect_that_was_seen_is_not_asked_for_again() -> None:
    """Only a quiesced master is compared after its stop."""
    assert (await rebuild(HEALTHY, APART, HEALTHY).step("convert-client")).outcome is DONE


async def test_a_quiet_master_is_stopped_after_one_poll() -> None:
    run = Run(SWITCHES, (HEALTHY, SILENT_M))
    assert ((await run.step("quiesce")).outcome, run.did()) == (DONE, SENT.format(2))


async def test_a_stretch_that_is_finished_waits_for_its_quiet_moment_whatever_is_asked() -> None:
    run = Run(SWITCHES, (busy(100), STOPPED_M), by_commands=True, halted=True)
    run.executor.finishes = True
    await run.step("quiesce")
    assert run.did() == QUIET


async def test_a_fork_point_is_taken_only_before_the_first_request() -> None:
    """Afterwards the numbers may be those of a master."""
    run = promote(OUT, TURNED)
    await run.executor.observe()
    await run.step("convert-master", begun=True, logged=True)
    assert not [each for each in run.events if each.startswith("fork")]
    first = promote(OUT, TURNED)
    await first.step("convert-master")
    assert first.did() == PROMOTED


async def test_an_effect_is_waited_for_though_a_stop_is_asked_for() -> None:
    run = rebuild(HEALTHY, HEALTHY, HEALTHY, APART, halted=True)
    assert (await run.step("convert-client", begun=True, logged=True)).outcome is DONE


async def test_the_numbers_of_an_old_master_that_comes_back_are_kept() -> None:
    run = Run(make_plan(PROMOTE, "R1", dead_master()), (HEALTHY,))
    await run.executor.observe()
    assert "remember M" in run.events


async def test_a_change_of_a_run_is_not_forgotten_by_a_later_poll() -> None:
    run = rebuild(HEALTHY, APART)
    await run.step("convert-client")
    await run.step("wait-equal")
    assert run.executor.changed


@pytest.mark.parametrize(("mark", "outcome"), [("", DONE), ("x", FAILED)])
async def test_a_run_that_a_copy_of_its_journal_holds_begins_nothing(
    tmp_path: Path, mark: str, outcome: StepOutcome
) -> None:
    run = rebuild(HEALTHY)
    tools = tools_of(run)
    tools.journal.path = tmp_path
    lock = f"run {lock_owner(tools.who, tmp_path)}{mark} 2026-01-01"
    held = ready("R1", Role.REPLICA, lock=lock)
    after = ready("R1", Role.CLIENT, lock=lock)
    run.left.clear()
    run.left.extend((sound_domain(gates={"R1": held}), sound_domain(host("R1", Role.CLIENT), gates={"R1": after})))
    result = await run.step("convert-client")
    assert (result.outcome, result.begun) == (outcome, outcome is DONE)


async def test_the_fence_is_told_about_the_host_that_is_fenced() -> None:
    run, told = promote(dead_master()), []

    async def call(_word: str, facts: dict[str, str]) -> str:
        told.append((facts["host"], facts["address"]))
        return ""

    tools_of(run).fence.call = call
    await run.step("fence")
    addresses = {each.name: each.address for each in HEALTHY.snapshot.hosts}
    assert told == [("M", addresses["M"])]
    assert len({*addresses.values()}) == len(addresses)


async def test_no_fence_proves_nothing() -> None:
    assert await ProgramFence().call(FenceWord.OFF, {})


async def test_every_host_is_waited_for_before_a_master_is_made_a_client() -> None:
    run = Run(make_plan(RETIRE, "M", STOPPED_BESIDE), (STOPPED_BESIDE, RETIRED))
    assert ((await run.step("convert-client")).outcome, run.did()) == (DONE, f"patient, {SENT.format(1)}")


def test_a_hook_gets_words_only() -> None:
    """Also where no master is known: nothing else can be in an environment."""
    plan = make_plan(PROMOTE, "R1", dead_master(last_master=None))
    facts = facts_of_plan(tools_of(rebuild()), "run", plan)
    assert (plan.master, facts["master"]) == (None, "")
