"""Records of the hosts that the journal does not have, as after it was restored from a backup: the hosts win."""

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.journal import StepPhase
from boks_exporter.failover.procedures.step import ProcedureStep
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.parsing.operator_facts import RecordState

_NOT_BEGUN = {RecordState.NONE, RecordState.REFUSED, RecordState.VOID}


async def adopt_records(executor: StepExecutor) -> None:
    """Journal as intended what a host has a record of; what became of it is then asked as after a lost connection."""
    journal, clock = executor.tools.journal, executor.tools.clock
    known = {entry.number for entry in journal.steps(executor.run) if entry.phase is StepPhase.DO}
    for step in executor.plan.steps:
        if step.words and step.number not in known and await _is_recorded(executor, step):
            executor.tools.say(f"    {step.host} has a record of step {step.number} that this journal lacks")
            journal.intend(executor.run, attempt_at(step, executor.run, 1).entry(clock.now()))


async def _is_recorded(executor: StepExecutor, step: ProcedureStep) -> bool:
    host = next((each for each in executor.tools.survey.hosts if each.name == step.host), None)
    if host is None:
        return False
    try:
        record = await executor.tools.looking.record(host, step.id(executor.run))
    except (TransportError, ParseError):
        return False
    return record.state not in _NOT_BEGUN
