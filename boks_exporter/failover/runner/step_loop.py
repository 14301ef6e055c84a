"""Carry out the steps of a plan; the first that does not succeed ends it."""

from dataclasses import dataclass
from typing import Final

from boks_exporter.failover.journal import LoggedStep, StepOutcome, StepPhase, undone_since
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Stretch
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.send_once import StepResult
from boks_exporter.text.formatting import in_words

_SENT: Final = {StepKind.CHANGE, StepKind.QUIESCE}
_GOES_ON: Final = {None, StepOutcome.UNKNOWN, StepOutcome.NOT_CONVERGED}


@dataclass(frozen=True, slots=True)
class StepsEnd:
    """Where the steps ended: all done, at a step that did not succeed, or without an ending as a stop was requested."""

    step: ProcedureStep | None = None
    ending: StepResult | None = None
    must_undo: bool = False
    """The steps ended in a stretch that must not be left half done."""


@dataclass(frozen=True, slots=True)
class StepLoop:
    """One pass through the steps, from the beginning or from where it was left."""

    performer: StepExecutor

    async def run_steps(self, log: tuple[LoggedStep, ...]) -> StepsEnd:
        """Carry out the steps that are not done."""
        performer, tools = self.performer, self.performer.tools
        total, start = len(performer.plan.steps), tools.clock.monotonic()
        before = Stretch.NONE
        for step in performer.plan.steps:
            stretch, before = before, step.stretch
            past = [entry for entry in log if entry.number == step.number and entry.phase is StepPhase.DO]
            is_undone = bool(past and undone_since(log, past[-1]))
            if past and past[-1].outcome is StepOutcome.DONE and not is_undone:
                continue
            performer.finishes = stretch is Stretch.FINISH
            if tools.halt.is_asked() and not performer.finishes:
                return StepsEnd(step, must_undo=stretch is Stretch.UNDO)
            began = tools.clock.monotonic()
            elapsed = f" after {in_words(began - start)}" if began > start else ""
            tools.say(f"step {step.number}/{total} on {step.host}{elapsed}: {step.purpose}")
            ending = await self._step(step, past[-1] if past else None, is_undone=is_undone)
            if ending.outcome is not StepOutcome.DONE:
                is_halted = tools.halt.is_asked() and not ending.begun
                begun = {stretch, step.stretch} if ending.begun else {stretch}
                return StepsEnd(step, None if is_halted else ending, must_undo=Stretch.UNDO in begun)
            tools.say(f"    done after {tools.clock.monotonic() - began:.0f} s: {ending.sentence}")
        return StepsEnd()

    async def _step(self, step: ProcedureStep, past: LoggedStep | None, *, is_undone: bool) -> StepResult:
        """Begin a step, or continue one: observe first, and retry under another id only a failed attempt."""
        performer = self.performer
        if past is None:
            return await performer.perform(attempt_at(step, performer.run, 1))
        attempt = attempt_at(step, performer.run, past.attempt)
        if step.kind in _SENT and past.outcome in _GOES_ON and not is_undone:
            ending = await performer.perform(attempt, begun=True, logged=True)
            is_over = ending.outcome is StepOutcome.FAILED or ending.interrupted
            if not (is_over and ending.outcome is not StepOutcome.DONE and ending.begun):
                return ending
        elif past.outcome is None:
            return await performer.perform(attempt, begun=step.kind is StepKind.CONSOLE, logged=True)
        return await performer.perform(attempt_at(step, performer.run, past.attempt + 1))
