"""Follow a run in the journal, from any terminal."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.journal import Journal, LoggedStep, Run

_EVERY_SECONDS: Final = 1.0
_BY_OUTCOME: Final = {
    Outcome.DONE: Exit.DONE,
    Outcome.FAILED: Exit.CHANGED,
    Outcome.NOT_CONVERGED: Exit.NOT_CONVERGED,
    Outcome.ABORTED: Exit.UNCHANGED,
}
"""For runs of older programs, which stored no exit code."""


def followed(
    journal: Journal, name: str, show: Callable[[Run, LoggedStep], None], sleep: Callable[[float], None] = time.sleep
) -> Run | None:
    """Show each step when it begins and when it ends, until no process works on the run any longer."""
    shown: set[tuple[int, str, int, bool]] = set()
    while True:
        run = journal.run(name)
        if run is None:
            return None
        is_over = not is_at_work(run)
        for step in _news(journal.steps(name), shown):
            show(run, step)
        if is_over:
            return run
        sleep(_EVERY_SECONDS)


def _news(steps: tuple[LoggedStep, ...], shown: set[tuple[int, str, int, bool]]) -> Iterator[LoggedStep]:
    for step in steps:
        key = (step.number, str(step.phase), step.attempt, step.outcome is not None)
        if key not in shown:
            shown.add(key)
            yield step


def is_at_work(run: Run) -> bool:
    """Return whether a process may work on a run; one of this machine that has ended does not."""
    if not run.is_open or run.outcome is not Outcome.OPEN:
        return False
    if run.who.host != socket.gethostname() or not run.who.pid:
        return True
    try:
        os.kill(run.who.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def exit_of(journal: Journal, run: Run) -> Exit:
    """Return the exit code with which the command on the run ended."""
    code = journal.exit_code(run.name)
    if code is not None:
        return Exit(code)
    return _BY_OUTCOME.get(run.outcome, Exit.RESULT_UNKNOWN)
