"""One attempt at a step or at its undo."""

from dataclasses import dataclass, replace
from typing import Final

from boks_exporter.failover.journal import LoggedStep, StepPhase
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Words, claim_after
from boks_exporter.model import Seconds, Timestamp
from boks_exporter.remote.operator_requests import OperatorChange, RunName, StepId

_UNDO_SECONDS: Final[Seconds] = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A step with the id under which the host records it, and its place in the journal."""

    step: ProcedureStep
    phase: StepPhase
    number: int
    id: StepId

    @property
    def request(self) -> OperatorChange | None:
        return self.step.request(self.id)

    def entry(self, at: Timestamp) -> LoggedStep:
        """Return the journal's entry of the intent."""
        return LoggedStep(
            number=self.step.number,
            phase=self.phase,
            attempt=self.number,
            step_id=self.id,
            host=self.step.host,
            request=self.request.line() if self.request else "",
            intended_at=at,
        )


def attempt_at(step: ProcedureStep, run: RunName, number: int) -> Attempt:
    """Return an attempt at a step."""
    return Attempt(step=step, phase=StepPhase.DO, number=number, id=step.id(run, number))


def undo_attempt(step: ProcedureStep, run: RunName, done_as: StepId, number: int) -> Attempt:
    """Return an attempt at undoing a step that was done under an id."""
    words = step.undo_words(done_as)
    undo = replace(
        step,
        key=f"undo {step.key}",
        words=words,
        kind=StepKind.CHANGE,
        needs=step.undo_needs,
        proves=(claim_after(words, step.host),),
        trusts_exit=words == Words.BOOT_START,
        deadline_seconds=_UNDO_SECONDS,
    )
    suffix = "undo" if number == 1 else f"undo{number}"
    return Attempt(step=undo, phase=StepPhase.UNDO, number=number, id=f"{run}.{step.number}-{suffix}")
