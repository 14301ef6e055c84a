"""Carry out one step: needs, intent, request, proof, outcome; in this order."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import StepOutcome, StepPhase
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, When, Words, claim_after
from boks_exporter.failover.proofs import Certainty, Circumstances, Proven, prove_all
from boks_exporter.failover.proofs.conflict import MasterInConflict, conflict_of
from boks_exporter.failover.runner.attempt import Attempt
from boks_exporter.failover.runner.console import retire_script
from boks_exporter.failover.runner.fork import fork_point
from boks_exporter.failover.runner.locking import held_by_copies
from boks_exporter.failover.runner.programs import FenceWord
from boks_exporter.failover.runner.run_context import ProgressReporter, Tools, facts_of_plan
from boks_exporter.failover.runner.send_once import Sender, StepResult, judge
from boks_exporter.model import HostName, Seconds
from boks_exporter.parsing.operator_facts import Daemons, RecordState
from boks_exporter.remote.operator_requests import RunName

_NEEDS_SECONDS: Final[Seconds] = 30.0
_PROOF_SECONDS: Final[Seconds] = 90.0
_PROOF_AFTER_FAILURE_SECONDS: Final[Seconds] = 20.0
_COMPARE_SECONDS: Final[Seconds] = 30.0
_LOOK_EVERY_SECONDS: Final[Seconds] = 3.0
_LOOK_AT_LEAST_EVERY_SECONDS: Final[Seconds] = 20.0
_LESS_OFTEN: Final = 1.2
_AFTER_EVERY_HOST: Final = (Words.REMOVE_DATABASE, Words.CONVERT_MASTER, Words.BOOT_START)
"""What makes a running master or moves a copy aside: only after every host was waited for."""
_KEPT_OUTPUT: Final = 64 * 1024


@dataclass
class StepExecutor:
    """Carry out attempts of one run."""

    tools: Tools
    run: RunName
    plan: Plan
    by: Circumstances
    in_flight: bool = False
    """A command may run on a host, and the journal does not know yet how it ended."""
    changed: bool = False
    """A command was sent to a host in this process."""
    finishes: bool = False
    """A request to stop waits until the stretch that is under way is finished."""
    conflict: tuple[MasterInConflict, ...] = ()
    """Several masters that were seen in the last round."""
    _conflicts: int = 0
    _facts: FailoverFacts | None = None
    _remembered: dict[HostName, object] = field(default_factory=dict)

    async def perform(self, attempt: Attempt, *, begun: bool = False, logged: bool = False) -> StepResult:
        """Carry one out; `begun` where it may have been sent already under the same id, `logged` if it is journaled.

        Raises JournalError before anything is sent, where the intent cannot be stored.
        """
        if attempt.phase is StepPhase.DO:
            await self._check_fence(attempt.step)
        seen = None if begun else await self._seen(attempt.step)
        if not begun and seen is None:
            needs = await self._needed(attempt)
            if self.tools.halt.is_asked() and self._may_halt(attempt):
                return StepResult(StepOutcome.FAILED, f"not begun: {self.tools.halt.reason}", begun=False)
            if not needs.holds:
                return StepResult(StepOutcome.FAILED, f"not begun: {needs.sentence}", begun=False)
        is_promotion = attempt.step.words == Words.CONVERT_MASTER and attempt.phase is StepPhase.DO
        if is_promotion and not begun and self._facts is not None:
            self.tools.journal.fork(self.plan.domain, fork_point(self.run, self.plan, self._facts))
        if not logged:
            entry = attempt.entry(self.tools.clock.now())
            self.tools.journal.intend(self.run, entry if seen is None else replace(entry, request=""))
        self.in_flight = attempt.step.changes and seen is None
        self.changed = self.changed or self.in_flight
        ending = seen or await self._carried_out(attempt, begun=begun)
        self.conclude(attempt, ending)
        self.in_flight = False
        return ending

    def conclude(self, attempt: Attempt, ending: StepResult) -> None:
        record = ending.send_result.record if ending.send_result else None
        output = "\n".join((*record.output, *(f"! {line}" for line in record.errors))) if record else ""
        entry = replace(
            attempt.entry(self.tools.clock.now()),
            ended_at=self.tools.clock.now(),
            outcome=ending.outcome,
            sentence=ending.sentence,
            exit_status=record.exit_status if record else None,
            output=output[:_KEPT_OUTPUT],
            begun=ending.begun,
        )
        self.tools.journal.conclude(self.run, entry)

    async def proven(self, claims: Iterable[Claim], *, is_patient: bool = False) -> Proven:
        """Observe once, and judge; where it is patient, a host that came back is seen, however slow it is."""
        if is_patient:
            self.tools.survey.be_patient()
        facts = await self.observe()
        if copies := held_by_copies(self.tools, self.run, self.plan.lock_hosts, facts):
            return Proven(Certainty.NO, copies.sentence)
        return prove_all(claims, facts, self.by)

    async def _carried_out(self, attempt: Attempt, *, begun: bool) -> StepResult:
        if attempt.step.kind is StepKind.WAIT:
            found = await self._until(
                attempt.step.proves, attempt.step.deadline_seconds, may_halt=self._may_halt(attempt)
            )
            outcome = StepOutcome.DONE if found.holds else StepOutcome.NOT_CONVERGED
            return StepResult(outcome, found.sentence, begun=False)
        if attempt.step.kind is StepKind.CONSOLE:
            return await self._at_console(attempt)
        if attempt.step.kind is StepKind.FENCE:
            return await self._fenced(attempt)
        sender = Sender(
            self.tools, attempt, lambda: self.proven(attempt.step.needs, is_patient=_is_patient(attempt.step))
        )
        send_result = await sender.send(ask_first=begun)
        if send_result.never:
            failed = StepResult(StepOutcome.FAILED, send_result.sentence, begun=False, send_result=send_result)
            return await self._seen(attempt.step) or failed
        record = send_result.record
        if record and record.state is RecordState.REFUSED:
            return StepResult(StepOutcome.FAILED, send_result.sentence, begun=False, send_result=send_result)
        has_failed = record is not None and record.exit_status not in {0, None}
        is_quiesced = attempt.step.kind is StepKind.QUIESCE
        claims = (claim_after(attempt.step.words, attempt.step.host),) if is_quiesced else attempt.step.proves
        found = await self._until(claims, _PROOF_AFTER_FAILURE_SECONDS if has_failed else _PROOF_SECONDS)
        ending = judge(attempt, send_result, found)
        if is_quiesced and ending.outcome is StepOutcome.DONE:
            return await self._compared(attempt, ending)
        return ending

    async def _seen(self, step: ProcedureStep) -> StepResult | None:
        """Return that a host runs, where it is started only if it is stopped: nothing is sent then."""
        if step.when is not When.IS_STOPPED:
            return None
        found = await self._until(step.proves, _NEEDS_SECONDS)
        return StepResult(StepOutcome.DONE, found.sentence, begun=False) if found.holds else None

    async def _compared(self, attempt: Attempt, stopped: StepResult) -> StepResult:
        """Compare with a master that is stopped; what it wrote at that moment is sent only when it runs again."""
        found = await self._until(attempt.step.proves, _COMPARE_SECONDS)
        if found.holds:
            return replace(stopped, sentence=found.sentence)
        is_missed = found.truth is Certainty.NO
        return replace(stopped, outcome=StepOutcome.NOT_CONVERGED, sentence=found.sentence, is_missed=is_missed)

    async def _at_console(self, attempt: Attempt) -> StepResult:
        """Print the script, and wait until the host shows that it ran."""
        tools, host = self.tools, attempt.step.host
        own = tools.survey.own_names.get(host) or tools.journal.own_name(self.plan.domain, host)
        tools.say(retire_script(self.run, host, attempt.step.number, tools.paths, own))
        found = await self._until(attempt.step.proves, attempt.step.deadline_seconds, may_halt=True)
        if found.holds:
            return StepResult(StepOutcome.DONE, found.sentence)
        return StepResult(StepOutcome.UNKNOWN, f"it is not proven that the script ran: {found.sentence}")

    async def _fenced(self, attempt: Attempt) -> StepResult:
        """Call the fence; without its proof nothing else is done."""
        host = attempt.step.host
        if problem := await self._call_fence(FenceWord.OFF, host):
            text = f"{problem}; whether {host} was switched off is unknown"
            return StepResult(StepOutcome.FAILED, text, begun=False)
        found = await self._until(attempt.step.proves, 0.0)
        outcome = StepOutcome.DONE if found.holds else StepOutcome.FAILED
        return StepResult(outcome, found.sentence, begun=False)

    async def _check_fence(self, step: ProcedureStep) -> None:
        """Ask the fence again from the promotion on: what was off can have been switched on."""
        fences = [each for each in self.plan.steps if each.kind is StepKind.FENCE and each.number < step.number]
        for fence in fences:
            if problem := await self._call_fence(FenceWord.STATUS, fence.host):
                self.tools.say(f"    {problem}")

    async def _call_fence(self, word: FenceWord, name: HostName) -> str:
        addresses = {host.name: host.address for host in self.tools.survey.hosts}
        facts = facts_of_plan(self.tools, self.run, self.plan)
        facts |= {"master": name, "host": name, "address": addresses.get(name, "")}
        problem = await self.tools.fence.call(word, facts)
        fenced = self.by.fenced - {name} if problem else self.by.fenced | {name}
        self.by = replace(self.by, fenced=fenced)
        return problem

    def _may_halt(self, attempt: Attempt) -> bool:
        return attempt.phase is StepPhase.DO and not self.finishes

    async def _needed(self, attempt: Attempt) -> Proven:
        """Wait for what must hold; before that, for a configured time, for what should hold as well."""
        may_halt = self._may_halt(attempt)
        if attempt.step.moment:
            wanted, seconds = (*attempt.step.needs, *attempt.step.moment), self.tools.limits.quiet_seconds
            best = await self._until(wanted, seconds, may_halt=may_halt, less_often=1.0)
            if best.holds or (may_halt and self.tools.halt.is_asked()):
                return best
            self.tools.say(f"    continuing without it: {best.sentence}")
        is_patient = _is_patient(attempt.step)
        return await self._until(attempt.step.needs, _NEEDS_SECONDS, may_halt=may_halt, is_patient=is_patient)

    async def _until(
        self,
        claims: tuple[Claim, ...],
        seconds: Seconds,
        *,
        may_halt: bool = False,
        less_often: float = _LESS_OFTEN,
        is_patient: bool = False,
    ) -> Proven:
        """Observe until the claims are proven, for a limited time; a stop can be requested where `may_halt`."""
        clock, halt = self.tools.clock, self.tools.halt
        deadline, progress, pause = clock.monotonic() + seconds, ProgressReporter(self.tools), _LOOK_EVERY_SECONDS
        while True:
            found = Proven(Certainty.YES, "nothing is needed")
            if claims:
                found = await self.proven(claims, is_patient=is_patient)
            left = max(0.0, deadline - clock.monotonic())
            if found.holds or not left or (may_halt and halt.is_asked()) or self._is_conflict_certain():
                return found
            progress.waiting(left, found.sentence)
            sleep = clock.sleep(min(pause, left))
            await (halt.unless(sleep) if may_halt else sleep)
            pause = min(pause * less_often, _LOOK_AT_LEAST_EVERY_SECONDS)

    def stopped_hosts(self) -> tuple[HostName, ...]:
        """Return the hosts of the plan on which BoKS was stopped when they were last polled."""
        facts = self._facts
        return tuple(name for name in self.plan.concerned_hosts if facts and facts.daemons(name) is Daemons.STOPPED)

    def stopped_report(self) -> tuple[str, ...]:
        """Report where the run leaves BoKS stopped, and that it leaves no master."""
        stopped = self.stopped_hosts()
        lines = (f"BoKS is stopped on {', '.join(stopped)}",) if stopped else ()
        is_left = self._facts is not None and not self._facts.snapshot.masters
        return (*lines, "no host reports that it is master") if is_left else lines

    def _is_conflict_certain(self) -> bool:
        """Whether several masters were seen twice in succession: waiting does not end that."""
        return self._conflicts > 1

    async def observe(self) -> FailoverFacts:
        """Observe, and store readings that a host no longer shows later."""
        journal = self.tools.journal.view(self.tools.survey.domain.name)
        facts = await self.tools.survey.observe(journal)
        self._facts = facts
        retired = self.plan.target if self.plan.procedure is Procedure.RETIRE else None
        is_conflict = len(set(facts.snapshot.masters) - {retired}) > 1
        self.conflict = conflict_of(facts) if is_conflict else ()
        self._conflicts = self._conflicts + 1 if is_conflict else 0
        for host in {self.plan.target, self.plan.master or self.plan.target, *self.plan.concerned_hosts}:
            reading = facts.reading(host)
            if reading and self._remembered.get(host) != (reading.numbers, reading.is_final):
                self.tools.journal.remember(self.run, reading)
                self._remembered[host] = (reading.numbers, reading.is_final)
        return facts


def _is_patient(step: ProcedureStep) -> bool:
    """Return whether every host is waited for in each round before a step is sent, and before it is sent again."""
    return step.point_of_no_return or step.words in _AFTER_EVERY_HOST
