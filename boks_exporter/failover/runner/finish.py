"""End a run: closed, with its locks released, or open, to be resumed or aborted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.journal import JournalError
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.locking import unlock_all
from boks_exporter.failover.runner.programs import Event
from boks_exporter.failover.runner.proposal import again
from boks_exporter.failover.runner.result import NextCommand, RunResult, in_words, next_for
from boks_exporter.failover.runner.run_context import Tools, facts_of_plan
from boks_exporter.model import HostName
from boks_exporter.remote.operator_requests import RunName

_BEGINS_AGAIN: Final = {
    Exit.REFUSED: (),
    Exit.FACTS_UNKNOWN: (NextCommand("check"),),
    Exit.LOCKED: (NextCommand("locks"),),
    Exit.UNCHANGED: (),
}
"""How a run can end with nothing changed: what shows more, before another is begun."""
_OUTCOMES: Final = {Exit.NOT_CONVERGED: Outcome.NOT_CONVERGED, Exit.RESULT_UNKNOWN: Outcome.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Finisher:
    """Store how a run ended, and call the hooks."""

    tools: Tools

    async def close(
        self,
        name: RunName,
        outcome: Outcome,
        code: Exit,
        text: Iterable[str],
        leftovers: tuple[HostName, ...] = (),
        work: tuple[NextCommand, ...] = (),
    ) -> RunResult:
        """End a run: it is no longer open, and its locks are released."""
        tools = self.tools
        left, run = await unlock_all(tools, name), tools.journal.run(name)
        sentences = (*text, *(kept.sentence for kept in left))
        if run is not None and code in _BEGINS_AGAIN:
            work = (*work, *_BEGINS_AGAIN[code], again(run.plan))
            sentences = (*sentences, in_words(work))
        ways = (*(kept.command for kept in left), *work)
        sentences = await self._ended(name, outcome, code, sentences, is_open=False)
        return RunResult(code, sentences, name, ways, leftovers)

    async def undone(
        self, name: RunName, outcome: Outcome, code: Exit, text: Iterable[str], leftovers: tuple[HostName, ...]
    ) -> RunResult:
        """End a run that was rolled back: it made no host the master, so it leaves no fork point either."""
        self.tools.journal.delete_fork(name)
        return await self.close(name, outcome, code, text, leftovers)

    async def stay_open(
        self, name: RunName, code: Exit, text: Iterable[str], instead: tuple[NextCommand, ...] = ()
    ) -> RunResult:
        """Leave a run open for resume or abort, or for what to do `instead`: its locks stay."""
        tools = self.tools
        ways = instead or next_for(name, tools.journal.steps(name))
        sentences = (*text, *(() if instead else (in_words(ways),)))
        outcome = _OUTCOMES.get(code, Outcome.FAILED)
        return RunResult(code, await self._ended(name, outcome, code, sentences, is_open=True), name, ways)

    async def _ended(
        self, name: RunName, outcome: Outcome, code: Exit, lines: tuple[str, ...], *, is_open: bool
    ) -> tuple[str, ...]:
        """Store how a run ended, and call the hook; returns the report, with what the hook objects."""
        tools, now = self.tools, self.tools.clock.now()
        tools.journal.end(name, outcome, "; ".join(lines), now, is_open=is_open, code=int(code))
        run = tools.journal.run(name)
        if run is None:
            return lines
        for host in () if is_open else run.plan.concerned_hosts:
            tools.journal.end_maintenance(tools.survey.domain.name, host, now, name)
        facts = facts_of_plan(tools, name, run.plan) | {"fingerprint": run.fingerprint, "outcome": run.outcome}
        facts |= {"exit": str(int(code)), "message": "; ".join(lines)}
        objection = await tools.hooks.call(Event.AFTER if code is Exit.DONE else Event.ON_FAILURE, facts)
        return (*lines, objection) if objection else lines

    def without_journal(self, performer: StepExecutor, error: JournalError) -> RunResult:
        """Stop where the journal cannot be written: no further step is begun."""
        if performer.in_flight:
            code, text = Exit.RESULT_UNKNOWN, "a step was under way; what became of it, resume asks the host"
        elif performer.changed:
            code, text = Exit.CHANGED, "no further step was begun"
        else:
            code, text = Exit.UNCHANGED, "no step was begun"
        resume = NextCommand("resume", (performer.run,))
        lines = (str(error), text, f"next, once the journal can be written: {resume}")
        return RunResult(code, lines, performer.run, (resume,))


def in_order(ways: Iterable[NextCommand]) -> tuple[str, ...]:
    """Write commands that are all to be run, one a line."""
    return tuple(f"then: {way}" for way in ways)


def given_up(name: RunName) -> str:
    """Return the way to close a run whose host is lost; an open run blocks every other run."""
    return f"where a host is permanently lost: {forget(name)}"


def forget(name: RunName) -> NextCommand:
    """Return the command that closes a run; its reason is left to the person who types it."""
    return NextCommand("forget", (name, "--reason", ""))
