"""The fault that a rehearsal injects, as it is typed on the command line."""

from dataclasses import dataclass

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.runner import Proposal
from boks_exporter.rehearsal.fault_injection import StepFault, can_meet


class RehearsalError(BoksExporterError):
    """A target, fault or step that does not exist; the message lists those that do."""


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault at a step, given by number or key, and the command that is typed first afterwards."""

    fault: StepFault
    step: str
    then: str = "resume"


def parse_fault_spec(word: str, then: str) -> FaultSpec:
    """Parse `FAULT@STEP`; raises RehearsalError with all faults."""
    fault, at, step = word.partition("@")
    known = {each.word: each for each in StepFault}
    if fault not in known or not at or not step:
        listed = "\n".join(f"  {each.word:<22} {each}" for each in StepFault)
        raise RehearsalError(f"expected FAULT@STEP, such as cut-during@3, found {word!r}; the faults are:\n{listed}")
    return FaultSpec(known[fault], step, then)


def step_number(live: Proposal, spec: FaultSpec) -> int:
    """Return the number of the chosen step; raises RehearsalError with those at which the fault can happen."""
    fitting = [step for step in live.plan.steps if can_meet(step, spec.fault)]
    for step in live.plan.steps:
        if spec.step in {str(step.number), step.key}:
            if step in fitting:
                return step.number
            break
    listed = "\n".join(f"  {step.number:>2}  {step.key} on {step.host}" for step in fitting)
    is_there = any(spec.step in {str(step.number), step.key} for step in live.plan.steps)
    why = "which sends no request to a host" if is_there else "which does not exist"
    raise RehearsalError(f"{spec.fault.word} cannot happen at step {spec.step}, {why}; it can at these:\n{listed}")
