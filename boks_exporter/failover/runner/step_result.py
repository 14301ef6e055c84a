"""The result of an attempt at a step."""

from collections.abc import Iterable
from dataclasses import dataclass

from boks_exporter.failover.journal import StepOutcome
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.runner.attempt import Attempt
from boks_exporter.failover.runner.send_once import SendResult
from boks_exporter.parsing.operator_facts import RecordState


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of an attempt. `begun`: a command may have run on the host.

    `is_refuted`: what was waited for is proven to be false, not only unknown.
    """

    outcome: StepOutcome
    sentence: str
    begun: bool = True
    told: SendResult | None = None
    is_refuted: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the command was cut off, by a reboot for example."""
        record = self.told.record if self.told else None
        return record is not None and record.state is RecordState.INTERRUPTED


def judge(attempt: Attempt, told: SendResult, found: Proven) -> StepResult:
    """Judge by the observed state first and by the command's exit status second."""
    record = told.record
    state = record.state if record else None
    if state is RecordState.RUNNING or (record is None and not told.garbled):
        return StepResult(StepOutcome.UNKNOWN, f"{told.sentence}; {found.sentence}", told=told)
    if found.holds:
        return StepResult(StepOutcome.DONE, "; ".join((found.sentence, *_notes(attempt, told))), told=told)
    is_fine = record is not None and record.exit_status == 0
    if is_fine and attempt.step.trusts_exit and found.truth is Certainty.UNKNOWN:
        return StepResult(
            StepOutcome.DONE, f"{told.sentence}, and the observed state proves no more: {found.sentence}", told=told
        )
    if found.truth is Certainty.NO and record is not None:
        return StepResult(StepOutcome.FAILED, f"{told.sentence}; {found.sentence}", told=told)
    return StepResult(StepOutcome.UNKNOWN, f"{told.sentence}; {found.sentence}", told=told)


def _notes(attempt: Attempt, told: SendResult) -> Iterable[str]:
    """Report what was unusual about a command that had the wanted effect."""
    record, last_line = told.record, attempt.step.last_line
    if record is None or record.state is not RecordState.DONE or record.exit_status:
        yield f"though {told.sentence}"
    elif last_line and not any(line.rstrip().endswith(last_line) for line in record.output[-1:]):
        yield f"though its last line is not '… {last_line}'"
