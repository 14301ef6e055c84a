"""Apply, resume and abort: the only ways in which a domain is changed."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.findings import Acceptance, Acceptances
from boks_exporter.failover.journal import (
    JournalError,
    LoggedStep,
    Run,
    RunOpenError,
    StepOutcome,
    StepPhase,
    is_undoing,
)
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.plan import difference
from boks_exporter.failover.preflight import NoSuchFindingError, blocking_findings, exit_for
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind
from boks_exporter.failover.proofs import Certainty, Circumstances
from boks_exporter.failover.proofs.conflict import sentences
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.finish import Finisher, given_up, in_order
from boks_exporter.failover.runner.locking import held_by_copies, lock_all, open_windows
from boks_exporter.failover.runner.programs import Event
from boks_exporter.failover.runner.proposal import Proposal, bound_now, propose, refusal_of, refused
from boks_exporter.failover.runner.result import NextCommand, RunResult, in_words, next_for, validate_fingerprint
from boks_exporter.failover.runner.resumed_run import (
    adopt_records,
    circumstances_of,
    objection,
    observe_again,
    start_stopped,
    undo_and_void,
)
from boks_exporter.failover.runner.rollback import Rollback, RollbackResult
from boks_exporter.failover.runner.run_context import Order, Tools, circumstances, facts_of_plan, run_name
from boks_exporter.failover.runner.step_loop import StepLoop
from boks_exporter.failover.runner.work_left import commands_left, is_past_return, steps_left, ways_out
from boks_exporter.model import DomainName
from boks_exporter.remote.operator_requests import RunName

_TRIES: Final = 3
"""How often a master is stopped at most, for a moment in which it writes nothing."""
_TOO_BUSY: Final = (
    "tried {tries} times, and each time something was written at the moment of the stop: choose a quieter minute, "
    "or configure a longer wait (failover.quiet in the configuration)"
)

GoOn: TypeAlias = Callable[[Run, StepExecutor], Awaitable[RunResult]]


class Runner:
    """Carry out orders on one domain."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.end = Finisher(tools)
        self.at_work_on: RunName | None = None

    def __repr__(self) -> str:
        return f"<Runner of {self.domain}>"

    @property
    def domain(self) -> DomainName:
        return self.tools.survey.domain.name

    def _known(self) -> JournalView:
        return self.tools.journal.view(self.domain)

    async def apply(self, order: Order, fingerprint: str) -> RunResult:
        """Carry out the plan of a fingerprint; raises FingerprintError where it is malformed."""
        validate_fingerprint(fingerprint)
        try:
            with self.tools.journal.at_work_on(self.domain):
                return await self._apply(order, fingerprint)
        except RunOpenError as error:
            return self._occupied(error)

    async def _apply(self, order: Order, fingerprint: str) -> RunResult:
        tools = self.tools
        tools.say(f"polling {self.domain}")
        first = await propose(tools.survey, order.procedure, order.target, tools.limits, self._known())
        shown = tools.journal.shown(fingerprint.lower())
        accepted = order.acceptances.bound(shown.findings if shown else first.findings)
        if refusal := refusal_of(first, accepted, fingerprint, shown, tools.limits):
            return refusal
        name = run_name(order.procedure, tools.clock.now(), tools.token())
        self._begin(name, first, order, accepted)
        self.at_work_on = name
        tools.say(f"run {name}")
        performer = StepExecutor(tools, name, first.plan, circumstances(first.plan, accepted, tools.limits))
        try:
            return await self._locked(performer, first, order)
        except JournalError as error:
            return self.end.without_journal(performer, error)

    def _begin(self, name: RunName, proposal: Proposal, order: Order, accepted: Acceptances) -> None:
        tools = self.tools
        run = Run(
            name=name,
            plan=proposal.plan,
            who=tools.who,
            reason=order.reason,
            fingerprint=proposal.fingerprint,
            outcome=Outcome.OPEN,
            is_open=True,
            started_at=tools.clock.now(),
            ended_at=None,
        )
        tools.journal.begin(run, proposal.findings, accepted.entries)

    async def _locked(self, performer: StepExecutor, first: Proposal, order: Order) -> RunResult:
        tools, plan, name = self.tools, first.plan, performer.run
        tools.say(f"locking {', '.join(plan.lock_hosts) or 'nothing'}")
        if refusal := await lock_all(tools, name, plan.lock_hosts):
            return await self.end.close(name, Outcome.ABORTED, refusal.exit, (refusal.sentence,))
        tools.say("polling again, under the lock")
        again = await propose(tools.survey, order.procedure, order.target, tools.limits, self._known(), name)
        if again.basis != first.basis:
            report = ("things changed between the plan and the lock", *difference(first.basis, again.basis))
            return await self.end.close(name, Outcome.ABORTED, Exit.REFUSED, report)
        if left := blocking_findings(again.findings, performer.by.accepted):
            report = ("more than what was accepted was found under the lock", *refused(left, tools.limits))
            return await self.end.close(name, Outcome.ABORTED, exit_for(left), report)
        facts = facts_of_plan(tools, name, again.plan) | {"fingerprint": again.fingerprint}
        if objection := await tools.hooks.call(Event.BEFORE, facts):
            return await self.end.close(name, Outcome.ABORTED, Exit.UNCHANGED, (objection,))
        open_windows(tools, name, again.plan)
        return await self._go_on(performer, ())

    # -- the steps ---------------------------------------------------------------------------------------------------

    async def _go_on(self, performer: StepExecutor, log: tuple[LoggedStep, ...]) -> RunResult:
        while (result := await self._gone(performer, log)) is None:
            log = self.tools.journal.steps(performer.run)
        return result

    async def _gone(self, performer: StepExecutor, log: tuple[LoggedStep, ...]) -> RunResult | None:
        """Carry out the steps; None where the run was rolled back to be tried again."""
        stop = await StepLoop(performer).run_steps(log)
        if stop.step is None:
            return await self.end.close(performer.run, Outcome.DONE, Exit.DONE, ("every step is done",))
        if stop.ending is None:
            return await self._halted(performer, stop.step, must_undo=stop.must_undo)
        report: tuple[str, ...] = (
            f"step {stop.step.number} ({stop.step.key} on {stop.step.host}): {stop.ending.sentence}",
        )
        if performer.conflict and is_past_return(performer.plan, stop.step):
            ways, lines = ways_out(performer)
            return await self.end.stay_open(performer.run, Exit.CHANGED, (*report, *lines), ways)
        if stop.ending.outcome is StepOutcome.UNKNOWN:
            return await self.end.stay_open(performer.run, Exit.RESULT_UNKNOWN, report)
        undoer = Rollback(performer)
        changed = undoer.begun()
        if stop.ending.outcome is StepOutcome.NOT_CONVERGED and changed and not stop.must_undo:
            return await self.end.stay_open(performer.run, Exit.NOT_CONVERGED, report)
        self.tools.say(report[0])
        undone = await undoer.undo()
        if undone.whole and stop.ending.is_missed:
            tried = self._tried(performer.run, stop.step)
            if tried < _TRIES:
                self.tools.say(f"try {tried + 1} of {_TRIES}: another moment is waited for")
                return None
            report = (*report, _TOO_BUSY.format(tries=tried))
        return await self._after_undoing(performer, undone, report)

    async def _halted(self, performer: StepExecutor, step: ProcedureStep, *, must_undo: bool) -> RunResult:
        """End where a stop was requested: no change is running, and what is changed waits for resume or abort."""
        lines: tuple[str, ...] = (
            f"stopped before step {step.number} ({step.key} on {step.host}) was over: {self.tools.halt.reason}",
        )
        if not Rollback(performer).changed():
            return await self.end.close(performer.run, Outcome.ABORTED, Exit.UNCHANGED, (*lines, "nothing is changed"))
        if must_undo:
            self.tools.say(f"{lines[0]}; rolling back, as the domain must not be left without a master")
            return await self._after_undoing(performer, await Rollback(performer).undo(), lines)
        return await self.end.stay_open(performer.run, Exit.CHANGED, (*lines, *performer.stopped_report()))

    def _tried(self, run: RunName, step: ProcedureStep) -> int:
        entries = self.tools.journal.steps(run)
        return sum(entry.number == step.number and entry.phase is StepPhase.DO for entry in entries)

    async def _after_undoing(self, performer: StepExecutor, undone: RollbackResult, why: tuple[str, ...]) -> RunResult:
        run, sentences = performer.run, (*why, *undone.sentences)
        if undone.whole:
            return await self.end.undone(run, Outcome.FAILED, Exit.UNCHANGED, sentences, undone.leftovers)
        code = Exit.RESULT_UNKNOWN if undone.is_unknown else Exit.CHANGED
        return await self.end.stay_open(run, code, (*sentences, *performer.stopped_report()))

    # -- resume and abort --------------------------------------------------------------------------------------------

    async def resume(self, name: RunName, accepted: tuple[Acceptance, ...] = ()) -> RunResult:
        """Continue an open run, by observing first; what is accepted in addition is journaled."""
        return await self._reopened(name, self._resume, accepted)

    async def abort(self, name: RunName, accepted: tuple[Acceptance, ...] = ()) -> RunResult:
        """Roll back an open run as far as possible, report what cannot be undone, and close it."""
        return await self._reopened(name, self._abort, accepted)

    async def forget(self, name: RunName, reason: str) -> RunResult:
        """Close an open run whose hosts are permanently lost; nothing is changed on hosts but released locks."""

        async def closed(run: Run) -> RunResult:
            facts = await self.tools.survey.observe(self._known())
            if copies := held_by_copies(self.tools, name, run.plan.lock_hosts, facts):
                return RunResult(copies.exit, (copies.sentence,), name, copies.ways)
            text = f"closed by {self.tools.who}, who no longer waits for it: {reason}"
            return await self.end.close(
                name, Outcome.UNKNOWN, Exit.DONE, (text, *steps_left(run.plan, self.tools.journal.steps(name)))
            )

        return await self._alone_with(name, closed)

    async def _alone_with(self, name: RunName, work: Callable[[Run], Awaitable[RunResult]]) -> RunResult:
        """Work on an open run while no other process does; whether it is open is read under that lock."""
        try:
            with self.tools.journal.at_work_on(self.domain):
                run = self.tools.journal.run(name)
                if run is None or run.domain != self.domain:
                    where = f"no run {name} of {self.domain} is in the journal {self.tools.journal.path}"
                    ways = (NextCommand("history"),)
                    return RunResult(Exit.USAGE, (where, in_words(ways)), next=ways)
                if not run.is_open:
                    ways, text = (NextCommand("show", (name,)),), f"the run {name} is closed: it ended as {run.outcome}"
                    return RunResult(Exit.USAGE, (text, in_words(ways)), name, ways)
                return await work(run)
        except RunOpenError as error:
            return self._occupied(error, name)

    def _occupied(self, error: RunOpenError, name: RunName | None = None) -> RunResult:
        """Report that another process works on the domain, and how to see on what."""
        ways = (NextCommand("history"),)
        return RunResult(Exit.LOCKED, (str(error), in_words(ways)), name, ways)

    async def _reopened(self, name: RunName, go_on: GoOn, more: tuple[Acceptance, ...]) -> RunResult:
        async def reopened(run: Run) -> RunResult:
            changed = any(entry.request for entry in self.tools.journal.steps(run.name))
            performer = StepExecutor(self.tools, run.name, run.plan, Circumstances(), changed=changed)
            self.at_work_on = name
            try:
                return await self._relocked(run, performer, go_on, Acceptances(more))
            except NoSuchFindingError as error:
                ways = next_for(name, self.tools.journal.steps(name))
                return RunResult(Exit.USAGE, (str(error), in_words(ways)), name, ways)
            except JournalError as error:
                return self.end.without_journal(performer, error)

        return await self._alone_with(name, reopened)

    async def _relocked(self, run: Run, performer: StepExecutor, go_on: GoOn, more: Acceptances) -> RunResult:
        tools, plan = self.tools, run.plan
        facts = await observe_again(tools, run, self._known())
        if why := objection(tools, run, facts):
            return RunResult(Exit.FACTS_UNKNOWN, why, run.name, next_for(run.name, tools.journal.steps(run.name)))
        tools.journal.accept(run.name, bound_now(more, run, facts, tools.limits))
        performer.by = circumstances_of(tools, run)
        spared = frozenset(tools.journal.locks(run.name)) - frozenset(plan.changed_hosts)
        if refusal := await lock_all(tools, run.name, plan.lock_hosts, spared):
            ways = (*refusal.ways, *next_for(run.name, tools.journal.steps(run.name)))
            lines = (refusal.sentence, f"once it can be locked, {in_words(ways)}", given_up(run.name))
            return RunResult(refusal.exit, lines, run.name, ways)
        open_windows(tools, run.name, plan)
        await adopt_records(performer)
        return await go_on(run, performer)

    async def _resume(self, run: Run, performer: StepExecutor) -> RunResult:
        log = self.tools.journal.steps(run.name)
        if is_undoing(log):
            ways = next_for(run.name, log)
            lines = ("the rollback of this run has begun; it cannot be resumed", in_words(ways))
            return RunResult(Exit.CHANGED, lines, run.name, ways)
        self._at_work_again(run.name)
        return await self._go_on(performer, log)

    def _at_work_again(self, name: RunName) -> None:
        self.tools.journal.reopen(name, self.tools.who.pid)
        self.tools.say(f"run {name}")

    async def _abort(self, run: Run, performer: StepExecutor) -> RunResult:
        self._at_work_again(run.name)
        undone = await undo_and_void(performer)
        if undone.whole:
            return await self.end.undone(run.name, Outcome.ABORTED, Exit.DONE, undone.sentences, undone.leftovers)
        is_at_console = any(step.kind is StepKind.CONSOLE for step in run.plan.steps)
        if undone.passed is Certainty.YES or (is_at_console and undone.is_unknown):
            stopped = await start_stopped(performer)
            work = commands_left(run.plan, await performer.observe())
            lines = (
                *undone.sentences,
                *steps_left(run.plan, self.tools.journal.steps(run.name)),
                *stopped,
                *sentences(performer.conflict),
                *in_order(work),
            )
            return await self.end.close(run.name, Outcome.ABORTED, Exit.WORK_LEFT, lines, work=work)
        code = Exit.RESULT_UNKNOWN if undone.is_unknown else Exit.CHANGED
        report = (*undone.sentences, *performer.stopped_report(), given_up(run.name))
        return await self.end.stay_open(run.name, code, report)
