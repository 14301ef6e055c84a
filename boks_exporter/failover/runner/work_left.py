"""The work that a run leaves: the steps that were not done, and the commands that finish it."""

from collections.abc import Sequence

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import LoggedStep, StepOutcome
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.step import ProcedureStep
from boks_exporter.failover.proofs.conflict import sentences
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.result import NextCommand
from boks_exporter.model import Role


def is_past_return(plan: Plan, step: ProcedureStep) -> bool:
    """Return whether a step is the point of no return or comes after it."""
    return any(each.point_of_no_return and each.number <= step.number for each in plan.steps)


def ways_out(performer: StepExecutor) -> tuple[tuple[NextCommand, ...], tuple[str, ...]]:
    """Return the commands that end a conflict of several masters under an open run, and the report of both."""
    masters = [each.host for each in performer.conflict]
    others = [name for name in masters if name != performer.plan.target]
    ways = (NextCommand("abort", (performer.run,)), *(NextCommand("retire", (name,)) for name in others))
    return ways, (*sentences(performer.conflict), f"next: {', then '.join(str(way) for way in ways)}")


def commands_left(plan: Plan, facts: FailoverFacts) -> tuple[NextCommand, ...]:
    """Return the commands that finish a run past its point of no return, by the observed roles."""
    old = plan.target if plan.procedure is Procedure.RETIRE else plan.master
    new = plan.master if plan.procedure is Procedure.RETIRE else plan.target
    names = [name for name in facts.snapshot.masters if name != new]
    if plan.procedure is Procedure.RETIRE and facts.role(plan.target) is Role.UNKNOWN:
        names.append(plan.target)
    retire = [NextCommand("retire", (name,)) for name in names]
    if plan.procedure.is_switchover and old is not None and facts.role(old) is not Role.REPLICA:
        retire.append(NextCommand("add-replica", (old,)))
    return (*retire, NextCommand("verify"))


def steps_left(plan: Plan, log: Sequence[LoggedStep]) -> tuple[str, ...]:
    """Report the steps that were not done."""
    done = {entry.number for entry in log if entry.outcome is StepOutcome.DONE}
    left = [step for step in plan.steps if step.number not in done]
    return tuple(f"not done: step {step.number}, {step.key} on {step.host}: {step.purpose}" for step in left)
