"""What shall go wrong in a rehearsal, as it is typed, and whether it can."""

from dataclasses import dataclass

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.runner import Proposal
from boks_exporter.rehearsal.fault_injection import StepFault, can_meet


class RehearsalError(BoksExporterError):
    """What is to be rehearsed does not exist; says what does."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall go wrong at which step, by its number or key, and which command is typed first afterwards."""

    fault: StepFault
    step: str
    then: str = "resume"


def wish_of(word: str, then: str) -> Wish:
    """Read `FAULT@STEP`; raises RehearsalError with the faults that there are."""
    fault, at, step = word.partition("@")
    known = {each.word: each for each in StepFault}
    if fault not in known or not at or not step:
        listed = "\n".join(f"  {each.word:<22} {each}" for each in StepFault)
        message = f"expected FAULT@STEP, such as cut-during@3, found {word!r}; the faults are:\n{listed}"
        raise RehearsalError(message)
    return Wish(known[fault], step, then)


def step_number(live: Proposal, wish: Wish) -> int:
    """Find the step that is meant; raises RehearsalError with those at which it can happen."""
    fitting = [step for step in live.plan.steps if can_meet(step, wish.fault)]
    for step in live.plan.steps:
        if wish.step in {str(step.number), step.key}:
            if step in fitting:
                return step.number
            break
    listed = "\n".join(f"  {step.number:>2}  {step.key} on {step.host}" for step in fitting)
    is_there = any(wish.step in {str(step.number), step.key} for step in live.plan.steps)
    why = "which tells no host anything" if is_there else "since there is none"
    message = f"{wish.fault.word} cannot happen at step {wish.step}, {why}; it can at these:\n{listed}"
    raise RehearsalError(message)
