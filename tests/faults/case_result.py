"""What happened in a case, and whether the exit codes told the truth."""

from dataclasses import dataclass, field
from typing import Final

from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.runner import NextCommand, RunResult
from boks_exporter.model import HostName
from boks_exporter.simulator.domain.invariants import Breach
from tests.faults.cases import Case
from tests.faults.commands import open_run
from tests.faults.expected_state import ActualState, missing_to_goal, standing
from tests.faults.faults import FaultKind
from tests.faults.harness import World

CHANGED_NOTHING: Final = {Exit.UNCHANGED, Exit.REFUSED, Exit.FACTS_UNKNOWN, Exit.LOCKED, Exit.USAGE}
_OPEN: Final = {Exit.CHANGED, Exit.NOT_CONVERGED, Exit.RESULT_UNKNOWN}


@dataclass
class Story:
    """What happened in a case, and what is wrong with it."""

    case: Case
    exits: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    next: list[NextCommand] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    ended: str = ""
    happened: bool = False


def judge_exit(world: World, story: Story, result: RunResult | None, before: ActualState, target: HostName) -> None:
    """Hold an exit code to what is really so."""
    if result is None:
        return
    run = open_run(world)
    if result.exit in _OPEN and run is None:
        story.wrong.append(f"exit {int(result.exit)}, and no run is open")
    is_full = story.case.fault in {FaultKind.DISK_FULL_BEFORE, FaultKind.DISK_FULL_AFTER}
    if result.exit in CHANGED_NOTHING | {Exit.DONE} and run is not None and not is_full:
        story.wrong.append(f"exit {int(result.exit)}, and a run is open")
    changes = before.without(world.changed_from_outside).differs(standing(world.domain))
    leftovers = {f"database of {host} " for host in result.leftovers}
    changes = [change for change in changes if not change.startswith(tuple(leftovers))]
    if result.exit is Exit.DONE and story.exits[-1] == "0" and not world.changed_from_outside:
        reasons = missing_to_goal(world.domain, story.case.procedure, target)
        if reasons and changes:
            story.wrong.append(f"exit 0, but {'; '.join(reasons)}")
    if result.exit is Exit.UNCHANGED and changes:
        story.wrong.append(f"exit 20, but {'; '.join(changes)}")
    if result.exit is Exit.INTERNAL and story.case.fault not in {FaultKind.DISK_FULL_BEFORE, FaultKind.DISK_FULL_AFTER}:
        story.wrong.append(f"exit 1: {' '.join(result.sentences)}")
