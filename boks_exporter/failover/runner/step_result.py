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

    `is_missed`: a master that was stopped is proven to have updates of that moment, which are not known to be sent.
    """

    outcome: StepOutcome
    sentence: str
    begun: bool = True
    send_result: SendResult | None = None
    is_missed: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the command was cut off, by a reboot for example."""
        record = self.send_result.record if self.send_result else None
        return record is not None and record.state is RecordState.INTERRUPTED


def judge(attempt: Attempt, send_result: SendResult, found: Proven) -> StepResult:
    """Judge by the observed state first and by the command's exit status second."""
    record = send_result.record
    state = record.state if record else None
    if state is RecordState.RUNNING or (record is None and not send_result.garbled):
        return StepResult(StepOutcome.UNKNOWN, f"{send_result.sentence}; {found.sentence}", send_result=send_result)
    if found.holds:
        return StepResult(
            StepOutcome.DONE, "; ".join((found.sentence, *_notes(attempt, send_result))), send_result=send_result
        )
    is_fine = record is not None and record.exit_status == 0
    if is_fine and attempt.step.trusts_exit and found.truth is Certainty.UNKNOWN:
        return StepResult(
            StepOutcome.DONE,
            f"{send_result.sentence}, and the observed state proves no more: {found.sentence}",
            send_result=send_result,
        )
    if found.truth is Certainty.NO and record is not None:
        return StepResult(StepOutcome.FAILED, f"{send_result.sentence}; {found.sentence}", send_result=send_result)
    return StepResult(StepOutcome.UNKNOWN, f"{send_result.sentence}; {found.sentence}", send_result=send_result)


def _notes(attempt: Attempt, send_result: SendResult) -> Iterable[str]:
    """Report what was unusual about a command that had the wanted effect."""
    record, last_line = send_result.record, attempt.step.last_line
    if record is None or record.state is not RecordState.DONE or record.exit_status:
        yield f"though {send_result.sentence}"
    elif last_line and not any(line.rstrip().endswith(last_line) for line in record.output[-1:]):
        yield f"though its last line is not '… {last_line}'"
