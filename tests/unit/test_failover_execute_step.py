"""One step of a run: what is asked, journaled and sent in which order, and what is concluded."""

from typing import Any, NamedTuple

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import StepOutcome
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.failover.runner.attempt import undo_attempt
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from tests.unit.domain_rounds import silent
from tests.unit.failover_claims import HEALTHY, stopped
from tests.unit.failover_facts import dead_master, host, sound_domain
from tests.unit.failover_judged import PROMOTE, REBUILD, RETIRE, SWITCHOVER
from tests.unit.failover_step import ENDED, Run
from tests.unit.runner_tools import LOST, refused
from tests.unit.test_failover_proofs_refused import busy

DONE, FAILED, UNKNOWN = StepOutcome.DONE, StepOutcome.FAILED, StepOutcome.UNKNOWN
R1_MASTER, CLIENT_M = host("R1", Role.MASTER, at=0.0), host("M", Role.CLIENT)
BROKE = StepRecord(RecordState.DONE, 1)
REBUILDS = make_plan(REBUILD, "R1", HEALTHY)
PROMOTES = make_plan(PROMOTE, "R1", dead_master(has_fence=True))
SWITCHES = make_plan(SWITCHOVER, "R1", HEALTHY)
OUT = dead_master()
TURNED = sound_domain(R1_MASTER, CLIENT_M)
IDLE = sound_domain(R1_MASTER, CLIENT_M, **stopped("R1", Role.MASTER))
BESIDE = sound_domain(R1_MASTER, **stopped("R1", Role.MASTER))
APART = sound_domain(host("R1", Role.CLIENT))
TWO = sound_domain(host("R2", Role.MASTER, at=0.0))
STILL_M: dict[str, Any] = {**stopped("M", Role.MASTER), "still": frozenset({"M"})}
SILENT_M, HIDDEN = sound_domain(**STILL_M), sound_domain(**stopped("M", Role.MASTER))
MISSED = sound_domain(host("R1", Role.REPLICA, {7: 99, 9: 50}), **STILL_M)


class Case(NamedTuple):
    """A step in a world: what is done, what comes of it, and whether a command may have run."""

    key: str
    run: Run
    did: str
    outcome: StepOutcome
    begun: bool = True
    more: dict[str, bool] = {}  # noqa: RUF012 - never changed


def rebuild(*rounds: FailoverFacts, **more: Any) -> Run:
    return Run(REBUILDS, rounds or (HEALTHY, APART), **more)


def promote(*rounds: FailoverFacts, **more: Any) -> Run:
    return Run(PROMOTES, rounds, by=Circumstances(old_master="M", to_fence=frozenset({"M"})), by_commands=True, **more)


def quiesce(*rounds: FailoverFacts, **more: Any) -> Run:
    return Run(SWITCHES, rounds, by_commands=True, **more)


SENT = "intend run.{0}, do, conclude run.{0}"
AGAIN = {"begun": True, "logged": True}
LOCKED = refused("not_locked")
RUNS = StepRecord(RecordState.RUNNING)
SEEN = "intend run.5, conclude run.5"
STARTED = "fence status, patient, intend run.5, do, conclude run.5"
PROMOTED = "fence status, patient, fork R1, intend run.4, do, conclude run.4"
CASES = {
    "it changes a host": Case("convert-client", rebuild(), SENT.format(1), DONE),
    "its needs do not hold": Case("convert-client", rebuild(TWO), "", FAILED, begun=False),
    "its needs hold in the end": Case("convert-client", rebuild(TWO, HEALTHY, APART), SENT.format(1), DONE),
    "a stop is asked for": Case("convert-client", rebuild(halted=True), "", FAILED, begun=False),
    "it goes on": Case("convert-client", rebuild(), "record, do, conclude run.1", DONE, more=AGAIN),
    "it goes on, though a stop is asked for": Case(
        "convert-client", rebuild(halted=True), "record, do, conclude run.1", DONE, more=AGAIN
    ),
    "it goes on, and is done": Case(
        "convert-client", rebuild(APART, answers={"record": (ENDED,)}), "record, conclude run.1", DONE, more=AGAIN
    ),
    "it is refused": Case("convert-client", rebuild(answers={"do": (LOCKED,)}), SENT.format(1), FAILED, begun=False),
    "it was lost, and its needs fail": Case(
        "convert-client",
        rebuild(HEALTHY, TWO, answers={"do": (LOST,)}),
        "intend run.1, do, record, void, conclude run.1",
        FAILED,
        begun=False,
    ),
    "it fails": Case("convert-client", rebuild(HEALTHY, HEALTHY, answers={"do": (BROKE,)}), SENT.format(1), FAILED),
    "it fails, and has its effect": Case("convert-client", rebuild(answers={"do": (BROKE,)}), SENT.format(1), DONE),
    "it has no effect": Case("convert-client", rebuild(HEALTHY, HEALTHY), SENT.format(1), FAILED),
    "its effect is not seen": Case(
        "convert-client", rebuild(HEALTHY, sound_domain(silent("R1"))), SENT.format(1), UNKNOWN
    ),
    "moving a database aside waits for every host": Case(
        "remove-database", rebuild(HEALTHY), "patient", FAILED, begun=False
    ),
    "a start of the master waits for every host": Case(
        "start-master", rebuild(HEALTHY), f"patient, {SENT.format(8)}", DONE
    ),
    "a stop does not": Case("stop-replica", rebuild(sound_domain(**stopped("R1", Role.REPLICA))), SENT.format(5), DONE),
    "a poll": Case("wait-equal", rebuild(HEALTHY), "intend run.10, conclude run.10", DONE, begun=False),
    "a poll that is not over": Case(
        "wait-equal", rebuild(APART), "intend run.10, conclude run.10", StepOutcome.NOT_CONVERGED, begun=False
    ),
    "it is promoted": Case("convert-master", promote(OUT, TURNED), PROMOTED, DONE),
    "it may have been promoted": Case(
        "convert-master", promote(OUT, TURNED), "fence status, record, patient, do, conclude run.4", DONE, more=AGAIN
    ),
    "it is promoted, and still runs": Case(
        "convert-master",
        promote(OUT, IDLE, answers={"do": (RUNS,), "record": (RUNS,)}),
        "fence status, patient, fork R1, intend run.4, do, record, conclude run.4",
        UNKNOWN,
    ),
    "it is promoted, and does not start": Case("convert-master", promote(OUT, IDLE), PROMOTED, DONE),
    "it is promoted, and another is master": Case("convert-master", promote(OUT, BESIDE), PROMOTED, FAILED),
    "a new master runs": Case("start-new-master", promote(TURNED), f"fence status, {SEEN}", DONE, begun=False),
    "a new master is stopped": Case("start-new-master", promote(IDLE, TURNED), STARTED, DONE),
    "a new master is stopped, and another is master": Case(
        "start-new-master", promote(BESIDE), "fence status, patient", FAILED, begun=False
    ),
    "a new master is stopped, and cannot be started": Case(
        "start-new-master", promote(IDLE, answers={"do": (LOCKED,)}), STARTED, FAILED, begun=False
    ),
    "a new master is stopped, and does not start": Case("start-new-master", promote(IDLE, IDLE), STARTED, FAILED),
    "a new master is stopped, and its start still runs": Case(
        "start-new-master",
        promote(IDLE, IDLE, answers={"do": (RUNS,), "record": (RUNS,)}),
        STARTED.replace("do,", "do, record,"),
        UNKNOWN,
    ),
    "a new master may have been started, and runs": Case(
        "start-new-master",
        promote(TURNED),
        "fence status, record, patient, void, conclude run.5",
        DONE,
        begun=False,
        more=AGAIN,
    ),
    "a master is quiesced": Case("quiesce", quiesce(HEALTHY, SILENT_M), SENT.format(2), DONE),
    "a master is quiesced, and an update is missing": Case(
        "quiesce", quiesce(HEALTHY, MISSED), SENT.format(2), StepOutcome.NOT_CONVERGED
    ),
    "a master is quiesced, and shows no numbers": Case(
        "quiesce", quiesce(HEALTHY, HIDDEN), SENT.format(2), StepOutcome.NOT_CONVERGED
    ),
    "a master that is quiesced is not stopped": Case("quiesce", quiesce(HEALTHY, HEALTHY), SENT.format(2), FAILED),
    "a master may have been quiesced": Case(
        "quiesce", quiesce(SILENT_M, answers={"record": (ENDED,)}), "record, conclude run.2", DONE, more=AGAIN
    ),
    "its master is off no longer": Case(
        "convert-master", promote(OUT, fence=("it is on",)), "fence status, patient", FAILED, begun=False
    ),
    "it is fenced": Case("fence", promote(dead_master()), "intend run.3, fence off, conclude run.3", DONE, begun=False),
    "it is not fenced": Case(
        "fence", promote(OUT, fence=("not reached",)), "intend run.3, fence off, conclude run.3", FAILED, begun=False
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_step_is_checked_journaled_sent_and_proven_in_this_order(case: Case) -> None:
    result = await case.run.step(case.key, **case.more)
    assert case.run.did() == case.did
    assert (result.outcome, result.begun) == (case.outcome, case.begun)
    assert not case.run.executor.in_flight


async def test_the_journal_learns_when_a_command_may_be_running() -> None:
    """If it cannot be written then, what is reported depends on that."""
    change = rebuild(answers={"do": (StepRecord(RecordState.DONE, 0, ("one",), ("two",)),)})
    await change.step("convert-client")
    (entry,) = change.concluded
    assert (change.flying, change.executor.changed) == ([True], True)
    assert (entry.outcome, entry.exit_status, entry.output, entry.begun) == (DONE, 0, "one\n! two", True)
    poll = rebuild(HEALTHY)
    await poll.step("wait-equal")
    assert (poll.flying, poll.executor.changed, poll.concluded[0].begun) == ([False], False, False)
    started = promote(OUT, IDLE, TURNED)
    await started.step("convert-master")
    assert started.flying == [True]
    seen = promote(TURNED)
    await seen.step("start-new-master")
    assert (seen.flying, seen.executor.changed, seen.concluded[0].begun) == ([False], False, False)


STEPPED_DOWN = dead_master(CLIENT_M, **stopped("M", Role.CLIENT))


@pytest.mark.parametrize("halted", [False, True])
async def test_an_undoing_is_never_halted_and_is_no_promotion(halted: bool) -> None:
    """A master that steps down and up again forks nothing; what is undone is brought to its end."""
    run = Run(SWITCHES, (STEPPED_DOWN, HEALTHY), by_commands=True, halted=halted)
    step = next(each for each in SWITCHES.steps if each.key == "convert-client")
    result = await run.executor.perform(undo_attempt(step, "run", "run.3", 1))
    assert (result.outcome, run.did()) == (DONE, "patient, intend run.3-undo, do, conclude run.3-undo")


async def test_a_step_in_a_stretch_that_is_finished_is_not_halted() -> None:
    run = rebuild(HEALTHY, halted=True)
    run.executor.finishes = True
    assert (await run.step("start-master")).outcome is DONE


QUIET = "intend run.2, do, conclude run.2"
STOPPED_M = sound_domain(**stopped("M", Role.MASTER))


@pytest.mark.parametrize(
    ("before", "did", "waited"), [(HEALTHY, QUIET, False), (busy(100), QUIET, True), (TWO, "", False)]
)
async def test_a_quiet_moment_is_waited_for_and_then_done_without(
    before: FailoverFacts, did: str, waited: bool
) -> None:
    """For the configured time; what must hold is needed in any case."""
    run = Run(SWITCHES, (before, STOPPED_M), by_commands=True)
    await run.step("quiesce")
    assert run.did() == did
    assert (run.script.now >= FailoverLimits().quiet_seconds) is waited


@pytest.mark.parametrize(("after", "is_missed"), [(MISSED, True), (HIDDEN, False)])
async def test_only_what_a_stopped_master_is_proven_to_have_alone_is_missed(
    after: FailoverFacts, is_missed: bool
) -> None:
    """That it may have more is a reason to stop, and none to try another moment."""
    assert (await quiesce(HEALTHY, after).step("quiesce")).is_missed is is_missed


async def test_two_masters_end_a_wait_immediately_except_for_the_one_that_is_retired() -> None:
    run = rebuild(TWO)
    result = await run.step("wait-equal")
    assert (result.outcome, [each.host for each in run.executor.conflict]) == (StepOutcome.NOT_CONVERGED, ["M", "R2"])
    assert run.script.pauses == [3.0], "seen twice in succession"
    beside = sound_domain(R1_MASTER)
    retire = Run(make_plan(RETIRE, "M", beside), (beside,))
    await retire.executor.observe()
    assert retire.executor.conflict == ()


async def test_a_conflict_that_ended_does_not_end_the_wait_for_what_comes_after_it() -> None:
    run = rebuild(TWO, APART, TWO, HEALTHY)
    assert ((await run.step("wait-equal")).outcome, run.executor.conflict) == (DONE, ())


async def test_the_numbers_of_the_hosts_of_a_plan_are_kept_when_they_change() -> None:
    """A host that is converted shows none later."""
    more = sound_domain(host("R1", Role.REPLICA, {7: 99, 9: 50}))
    run = rebuild(HEALTHY, HEALTHY, more, more)
    for _ in range(4):
        await run.executor.observe()
    assert sorted(run.events) == ["remember M", "remember R1", "remember R1"]


async def test_what_is_stopped_is_known_from_the_last_round() -> None:
    run = rebuild(sound_domain(**stopped("R1", Role.REPLICA)))
    assert run.executor.stopped_hosts() == ()
    await run.executor.observe()
    assert run.executor.stopped_hosts() == ("R1",)


async def test_only_a_fence_before_the_step_is_asked_again() -> None:
    run = promote(OUT, TURNED)
    await run.step("check-error-log")
    assert "fence status" not in run.events
    assert run.executor.by.fenced == frozenset()
    await run.step("convert-master")
    assert run.executor.by.fenced == {"M"}
