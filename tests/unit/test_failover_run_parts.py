"""The small parts of a run: what is left to do, its fork point, its windows, its halt, its progress."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts, Reading
from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.journal import LoggedStep, StepOutcome, StepPhase
from boks_exporter.failover.journal_facts import Maintenance
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan, make_plan
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.proofs.conflict import conflict_of
from boks_exporter.failover.runner.attempt import attempt_at, undo_attempt
from boks_exporter.failover.runner.finish import Finisher, next_for
from boks_exporter.failover.runner.fork import fork_point
from boks_exporter.failover.runner.locking import open_windows
from boks_exporter.failover.runner.result import NextCommand
from boks_exporter.failover.runner.run_context import ProgressReporter, StopRequest
from boks_exporter.failover.runner.send_once import SendResult, StepResult, judge
from boks_exporter.failover.runner.verify import checks_of
from boks_exporter.failover.runner.work_left import commands_left, is_past_return, steps_left, ways_out
from boks_exporter.model import Role
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from tests.unit.domain_rounds import STAMP, silent
from tests.unit.failover_claims import DEAD, HEALTHY
from tests.unit.failover_facts import dead_master, host, sound_domain
from tests.unit.failover_judged import PROMOTE, RETIRE, SWITCHOVER
from tests.unit.runner_tools import Script

R1_MASTER, R2_MASTER = host("R1", Role.MASTER, at=0.0), host("R2", Role.MASTER, at=0.0)
CLIENT_M = host("M", Role.CLIENT)
PROMOTES, SWITCHES = make_plan(PROMOTE, "R1", DEAD), make_plan(SWITCHOVER, "R1", HEALTHY)
RETIRES = make_plan(RETIRE, "M", sound_domain(R1_MASTER))


def step(plan: Plan, key: str) -> ProcedureStep:
    return next(each for each in plan.steps if each.key == key)


def logged(number: int, outcome: StepOutcome) -> LoggedStep:
    return LoggedStep(
        number=number,
        phase=StepPhase.DO,
        attempt=1,
        step_id=f"run.{number}",
        host="M",
        request="",
        intended_at=0.0,
        outcome=outcome,
    )


LEFT: dict[str, tuple[Plan, FailoverFacts, str]] = {
    "promoted": (PROMOTES, dead_master(R1_MASTER), "verify"),
    "promoted, the old one is back": (PROMOTES, sound_domain(R1_MASTER), "retire M, verify"),
    "promoted, another is master": (PROMOTES, sound_domain(R1_MASTER, R2_MASTER), "retire M, retire R2, verify"),
    "switched over, the old one is a client": (SWITCHES, sound_domain(R1_MASTER, CLIENT_M), "add-replica M, verify"),
    "switched over, the old one is a replica": (SWITCHES, sound_domain(R1_MASTER, host("M", Role.REPLICA)), "verify"),
    "switched over, the old one is master": (SWITCHES, sound_domain(R1_MASTER), "retire M, add-replica M, verify"),
    "retired": (RETIRES, sound_domain(R1_MASTER, CLIENT_M), "verify"),
    "not retired": (RETIRES, sound_domain(R1_MASTER), "retire M, verify"),
}


@pytest.mark.parametrize(("plan", "facts", "commands"), LEFT.values(), ids=LEFT)
def test_the_commands_that_finish_a_run_follow_from_the_observed_roles(
    plan: Plan, facts: FailoverFacts, commands: str
) -> None:
    found = (" ".join((each.name, *each.arguments)) for each in commands_left(plan, facts))
    assert ", ".join(found) == commands


def test_only_the_steps_that_were_done_are_not_left() -> None:
    log = (logged(1, StepOutcome.DONE), logged(2, StepOutcome.FAILED))
    assert [line.split()[3].rstrip(",") for line in steps_left(PROMOTES, log)] == ["2", "3", "4", "5", "6"]
    assert [is_past_return(PROMOTES, each) for each in PROMOTES.steps] == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("seen", "target", "ways"),
    [
        (sound_domain(R1_MASTER), "R1", "abort run, retire M"),
        (sound_domain(R2_MASTER), "R1", "abort run, retire M, retire R2"),
        (sound_domain(R1_MASTER, R2_MASTER), "R1", "abort run, retire M, retire R2"),
    ],
)
def test_two_masters_under_an_open_run_are_ended_by_retiring_the_others(
    seen: FailoverFacts, target: str, ways: str
) -> None:
    performer: Any = SimpleNamespace(run="run", conflict=conflict_of(seen), plan=SimpleNamespace(target=target))
    commands, lines = ways_out(performer)
    assert ", ".join(" ".join((each.name, *each.arguments)) for each in commands) == ways
    assert lines[-1].startswith("next: ")


def test_a_fork_point_has_what_other_copies_have_above_the_candidate() -> None:
    """Of those that are read now and of those that were read before; of others nothing is known."""
    facts = dead_master(host("R2", Role.REPLICA, {7: 103, 9: 50}))
    point = fork_point("run", PROMOTES, facts)
    assert point.numbers == {7: (100, STAMP), 9: (50, STAMP)}
    assert (point.old_master, point.new_master, point.at) == ("M", "R1", facts.seen_at)
    assert point.above == {"R1": {}, "R2": {7: 3}, "C": {}}
    more = {"M": Reading("M", {7: (113, STAMP)}, 0.0, "before")}
    assert fork_point("run", PROMOTES, dead_master(readings=more)).above["M"] == {7: 13}
    assert fork_point("run", PROMOTES, dead_master(silent("R1"))).numbers == {}


def test_each_host_that_is_changed_gets_one_window_of_the_run() -> None:
    """Also where another window is open, which may end first; not a second one when the run is resumed."""
    opened: list[Maintenance] = []
    tools: Any = Script.of().tools(journal=SimpleNamespace(maintenance=lambda _now, _domain: tuple(opened)))
    tools.survey.domain, tools.journal.start_maintenance = SimpleNamespace(name="bank"), opened.append
    opened.append(Maintenance(domain="bank", host="M", started_at=0.0, until=9.0, reason="disks", owner="bob"))
    for _ in range(2):
        open_windows(tools, "run", SWITCHES)
        assert [(each.host, each.run) for each in opened[1:]] == [("M", "run"), ("R1", "run")]


async def test_a_wait_ends_with_the_first_request_to_stop_and_no_later() -> None:
    halt = StopRequest()
    assert await halt.unless(asyncio.sleep(0, "waited")) == "waited"
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1, "nothing is left waiting"
    forever = asyncio.Event()
    task = asyncio.ensure_future(halt.unless(forever.wait()))
    await asyncio.sleep(0)
    assert not halt.is_asked()
    halt.ask("first")
    halt.ask("second")
    assert await asyncio.wait_for(task, 60.0) is None
    assert (halt.reason, halt.is_asked()) == ("first", True)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1, "nothing is left waiting"


def test_progress_is_reported_on_a_change_and_every_half_minute() -> None:
    script = Script.of()
    waits, runs = ProgressReporter(script.tools()), ProgressReporter(script.tools())
    for now, sentence in ((0.0, "a"), (29.0, "a"), (30.0, "a"), (31.0, "b"), (60.0, "b"), (61.0, "b")):
        script.now = now
        waits.waiting(90.0 - now, sentence)
    assert [line.split()[1] for line in script.said] == ["90", "60", "59", "29"]
    script.said.clear()
    script.now = 0.0
    runs = ProgressReporter(script.tools())
    for now, sentence in ((0.0, "a"), (10.0, "a"), (30.0, "a"), (31.0, "b")):
        script.now = now
        runs.running("R1", sentence)
    assert script.said == ["    R1: a, 30 s so far", "    R1: b, 31 s so far"], "the first is reported elsewhere"


def test_an_undoing_has_conditions_and_a_proof_of_its_own() -> None:
    stop = undo_attempt(step(SWITCHES, "quiesce"), "run", "run.2", 1)
    assert (stop.id, stop.step.words, stop.step.kind, stop.step.moment) == (
        "run.2-undo",
        ("boot-start",),
        StepKind.CHANGE,
        (),
    )
    assert stop.step.needs == (Claim(ClaimKind.NO_OTHER_MASTER, "M"),)
    assert (stop.step.proves, stop.step.trusts_exit) == ((Claim(ClaimKind.IS_STARTED, "M"),), True)
    moved = undo_attempt(step(SWITCHES, "remove-database"), "run", "run.9-2", 3)
    assert (moved.id, moved.step.words) == ("run.9-undo3", ("restore-database", "run.9-2"))
    assert (moved.step.needs, moved.step.trusts_exit) == ((), False)
    joined = undo_attempt(step(SWITCHES, "stop-replica"), "run", "run.12", 1)
    converted = undo_attempt(step(SWITCHES, "convert-server"), "run", "run.11", 1)
    assert (joined.step.trusts_exit, converted.step.trusts_exit) == (True, False)


def test_a_master_that_is_made_again_must_be_alone_and_need_not_run() -> None:
    """It is started by the undoing of its stop, which comes after that of its conversion."""
    made = undo_attempt(step(SWITCHES, "convert-client"), "run", "run.3", 1)
    assert made.step.needs == (Claim(ClaimKind.NOBODY_IS_MASTER, "M"),)
    assert made.step.proves == (Claim(ClaimKind.IS_ONLY_MASTER, "M"),)


NOTES = {
    "as expected": (StepRecord(RecordState.DONE, 0, ("Conversion from replica to master done.",)), 0),
    "another last line": (StepRecord(RecordState.DONE, 0, ("Conversion from replica to master done.", "cleanup")), 1),
    "no line": (StepRecord(RecordState.DONE, 0), 1),
    "an exit status": (StepRecord(RecordState.DONE, 1, ("Conversion from replica to master done.",)), 1),
    "cut off": (StepRecord(RecordState.INTERRUPTED, None, ("Conversion from replica to master done.",)), 1),
}


@pytest.mark.parametrize(("record", "notes"), NOTES.values(), ids=NOTES)
def test_what_was_unusual_about_a_command_that_had_its_effect_is_reported(record: StepRecord, notes: int) -> None:
    attempt = attempt_at(step(SWITCHES, "convert-master"), "run", 1)
    found = judge(attempt, SendResult(record, sentence="said"), Proven(Certainty.YES, "seen"))
    assert (found.outcome, found.sentence.count("though ")) == (StepOutcome.DONE, notes)
    started = attempt_at(step(SWITCHES, "start-master"), "run", 1)
    plain = judge(started, SendResult(StepRecord(RecordState.DONE, 0)), Proven(Certainty.YES, "seen"))
    assert plain.sentence == "seen"


def test_only_an_interrupted_command_was_interrupted() -> None:
    for record, interrupted in ((RecordState.INTERRUPTED, True), (RecordState.DONE, False)):
        assert StepResult(StepOutcome.FAILED, "", send_result=SendResult(StepRecord(record))).interrupted is interrupted
    assert not StepResult(StepOutcome.FAILED, "", send_result=SendResult(None)).interrupted
    assert not StepResult(StepOutcome.FAILED, "").interrupted


VERIFIED = {
    "healthy": (HEALTHY, ["yes", "yes", "yes"]),
    "no master": (DEAD, ["no"]),
    "no answer": (dead_master(*map(silent, ("R1", "R2", "C"))), ["unknown"]),
    "ahead": (sound_domain(host("R2", Role.REPLICA, {7: 103, 9: 50})), ["yes", "no", "no"]),
    "silent": (sound_domain(silent("R2")), ["yes", "yes", "no"]),
    "two masters": (sound_domain(R2_MASTER), ["no", "no", "no"]),
}


@pytest.mark.parametrize(("facts", "truths"), VERIFIED.values(), ids=VERIFIED)
def test_a_domain_is_verified_by_its_master_and_its_replicas(facts: FailoverFacts, truths: list[str]) -> None:
    assert [str(each.proven.truth) for each in checks_of(facts, FailoverLimits())] == truths


class Ended:
    """A journal and a hook that keep how a run ended."""

    def __init__(self, plan: Plan = SWITCHES, objection: str = "") -> None:
        self.events: list[str] = []
        run = SimpleNamespace(plan=plan, fingerprint="f", outcome=Outcome.DONE)
        self.script = Script.of(unlock=(SimpleNamespace(run=None),))
        journal = SimpleNamespace(
            locks=lambda _run: (),
            steps=lambda _run: (),
            run=lambda _run: run,
            end=lambda _run, outcome, _said, _now, *, is_open, code: self.events.append(f"{outcome} {is_open} {code}"),
            end_maintenance=lambda _domain, name, _now, _run: self.events.append(f"window {name}"),
        )

        async def call(event: str, facts: dict[str, str]) -> str:
            self.events.append(f"{event} {facts['exit']} {facts['master']}")
            return objection

        tools: Any = self.script.tools(journal=journal, hooks=SimpleNamespace(call=call))
        tools.survey.domain = SimpleNamespace(name="bank")
        self.end = Finisher(tools)


async def test_a_closed_run_ends_its_windows_and_an_open_one_keeps_them() -> None:
    closed = Ended()
    result = await closed.end.close("run", Outcome.DONE, Exit.DONE, ("done",))
    assert (closed.events, result.next) == (["done False 0", "window M", "window R1", "after 0 M"], ())
    kept = Ended(PROMOTES, "it objects")
    result = await kept.end.stay_open("run", Exit.RESULT_UNKNOWN, ("so",))
    assert kept.events == ["unknown True 23", "on_failure 23 M"]
    assert (result.sentences[-1], result.next) == ("it objects", next_for("run", ()))
    instead = (NextCommand("abort", ("run",)),)
    assert (await Ended().end.stay_open("run", Exit.CHANGED, ("so",), instead)).next == instead
