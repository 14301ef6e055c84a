"""An open run that goes on or is closed: what the hosts show by now, and what they did that the journal lacks.

A journal that was restored from a backup knows less than the hosts: their records win.
"""

from dataclasses import replace
from itertools import pairwise

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Acceptances
from boks_exporter.failover.journal import Run, StepOutcome, StepPhase
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan.fingerprint import UNKNOWN, own_name_key
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Stretch
from boks_exporter.failover.proofs import Certainty, Circumstances
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.finish import forget
from boks_exporter.failover.runner.rollback import Rollback, RollbackResult, is_open
from boks_exporter.failover.runner.run_context import Tools, circumstances
from boks_exporter.parsing.operator_facts import RecordState

_NOT_BEGUN = {RecordState.NONE, RecordState.REFUSED, RecordState.VOID}


async def observe_again(tools: Tools, run: Run, journal: JournalView) -> FailoverFacts:
    """Observe before an open run goes on, with what servers showed in it.

    Of that, final is only what another process left on a host which proves that nothing was changed there since.
    """
    tools.survey.assume_last_master(run.plan.master)
    facts = await tools.survey.observe(journal)
    for host, reading in tools.journal.readings(run.name).items():
        if reading.is_final and not facts.is_unchanged_since(run.name, host):
            tools.journal.remember(run.name, replace(reading, is_final=False))
    tools.survey.remember(tools.journal.readings(run.name))
    return replace(facts, readings=tools.survey.readings)


def objection(tools: Tools, run: Run, facts: FailoverFacts) -> tuple[str, ...]:
    """Return how the configuration does not lead to the machines with which an open run began, and what to do."""
    known, shown = {host.name for host in tools.survey.hosts}, tools.journal.shown(run.fingerprint)
    before, text = dict(shown.basis) if shown else {}, ""
    for name in run.plan.lock_hosts:
        readiness, machine = facts.readiness(name), before.get(own_name_key(name), UNKNOWN)
        own = readiness.hostname if readiness else ""
        if name not in known:
            text = f"{name} is no longer in the configuration; the run cannot go on without it"
        elif own and machine != UNKNOWN and own.lower() != machine.lower():
            text = f"{name} leads to a machine that calls itself {own}; the run began with {machine} there"
    return (text, f"next: put it back, or {forget(run.name)}") if text else ()


def circumstances_of(tools: Tools, run: Run) -> Circumstances:
    """Return what the proofs need to know about an open run."""
    by = circumstances(run.plan, Acceptances(tools.journal.acceptances(run.name)), tools.limits)
    return replace(by, is_resumed=True)


async def adopt_records(executor: StepExecutor, *, void: bool = False) -> bool:
    """Journal as intended what a host has a record of; what became of it is then asked as after a lost connection.

    What comes before such a step was done, or it would not have been begun. With `void`, the ids of all other steps are
    claimed, so that a request that comes late begins nothing after the run is closed. Returns whether there was such a
    record.
    """
    journal, now = executor.tools.journal, executor.tools.clock.now()
    last = {entry.number: entry for entry in journal.steps(executor.run) if entry.phase is StepPhase.DO}
    missing = [step for step in executor.plan.steps if step.number not in last]
    found = [step for step in missing if step.words and await _is_recorded(executor, step, void=void)]
    until = found[-1].number if found else 0
    for step in found:
        executor.tools.say(f"    {step.host} has a record of step {step.number} that this journal lacks")
    for step in missing:
        if step in found or (step.kind is StepKind.WAIT and step.number < until):
            last[step.number] = attempt_at(step, executor.run, 1).entry(now)
            journal.intend(executor.run, last[step.number])
    for step in executor.plan.steps[: max(0, until - 1)]:
        if step.number in last and is_open(last[step.number]):
            text = f"done: step {until} was begun, which comes after it"
            ended = replace(last[step.number], ended_at=now, outcome=StepOutcome.DONE, sentence=text)
            journal.conclude(executor.run, replace(ended, begun=step.changes))
    return bool(found)


async def undo_and_void(executor: StepExecutor) -> RollbackResult:
    """Roll back a run that is closed then: what no host has begun of it, none begins later."""
    undone = await Rollback(executor).undo()
    is_last = undone.whole or undone.passed is Certainty.YES
    if is_last and await adopt_records(executor, void=True):
        undone = await Rollback(executor).undo()
    return undone


async def start_stopped(executor: StepExecutor) -> tuple[str, ...]:
    """Start BoKS where a run that is closed has stopped it for a moment only; report where it stays stopped."""
    log = executor.tools.journal.steps(executor.run)
    last = {entry.number: entry for entry in log if entry.phase is StepPhase.DO}
    text: list[str] = []
    executor.finishes = True
    await executor.observe()
    for stop, start in pairwise(executor.plan.steps):
        begun, past = last.get(stop.number), last.get(start.number)
        is_left = stop.stretch is Stretch.FINISH and begun is not None and begun.begun
        is_left = is_left and not (past is not None and past.outcome is StepOutcome.DONE)
        if is_left and start.host in executor.stopped_hosts():
            executor.tools.say(f"step {start.number} on {start.host}: {start.purpose}")
            # Under another id than the first one, which is void by now.
            ending = await executor.perform(attempt_at(start, executor.run, (past.attempt if past else 1) + 1))
            text.append(f"step {start.number} ({start.key} on {start.host}): {ending.sentence}")
            await executor.observe()
    return (*text, *executor.stopped_report())


async def _is_recorded(executor: StepExecutor, step: ProcedureStep, *, void: bool) -> bool:
    tools, step_id = executor.tools, step.id(executor.run)
    host = next((each for each in tools.survey.hosts if each.name == step.host), None)
    if host is None:
        return False
    try:
        record = await (
            tools.changing_gates.void(host, step_id) if void else tools.read_only_gates.record(host, step_id)
        )
    except (TransportError, ParseError):
        return False
    return record.state not in _NOT_BEGUN
