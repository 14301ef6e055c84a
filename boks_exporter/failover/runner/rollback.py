"""Roll back what a run changed, last step first, as far as the hosts show that it is not as before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.gate_client import named
from boks_exporter.failover.journal import LoggedStep, StepOutcome, StepPhase, undone_since
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import ProcedureStep, StepKind, Words, claim_after
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.runner.attempt import undo_attempt
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.send_once import claim_void
from boks_exporter.model import HostName
from boks_exporter.parsing.operator_facts import RecordState, StepRecord

_LEFT_BEHIND = "; what it had loaded by then stays in its data directory, and the next add-replica moves it aside"
_MAY_STILL_RUN: Final = "the script needs no open run: it can still be run there, while another host is the master"
_UNCLEAR: Final = {
    RecordState.NONE: "its host could not be asked, or its gate cannot claim the id of a request that may come late",
    RecordState.RUNNING: "the command still runs",
}


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """The result of a rollback; `whole`: everything is as it was before. `passed` is the point of no return."""

    whole: bool
    sentences: tuple[str, ...]
    passed: Certainty = Certainty.NO
    is_unknown: bool = False
    """Whether a step began could not be found out."""
    leftovers: tuple[HostName, ...] = ()


@dataclass
class Rollback:
    """Roll back the steps of one run."""

    performer: StepExecutor
    leftovers: list[HostName] = field(default_factory=list)
    is_unknown: bool = False

    def begun(self) -> list[tuple[ProcedureStep, LoggedStep]]:
        """Return the steps of which a command may have run, each with its last attempt, in their order."""
        tools, run = self.performer.tools, self.performer.run
        last: dict[int, LoggedStep] = {}
        for entry in tools.journal.steps(run):
            if entry.phase is StepPhase.DO and entry.begun:
                last[entry.number] = entry
        return [(step, last[step.number]) for step in self.performer.plan.steps if step.changes and step.number in last]

    def changed(self) -> bool:
        """Return whether a step was begun that is not undone."""
        log = self.performer.tools.journal.steps(self.performer.run)
        undone = ({each.outcome for each in undone_since(log, entry)} for _, entry in self.begun())
        return any(StepOutcome.DONE not in outcomes for outcomes in undone)

    async def undo(self) -> RollbackResult:
        """Undo all that was begun; nothing is undone where the point of no return is passed or may be."""
        steps = self.begun()
        begun = {step.number: entry for step, entry in steps}
        for step in self.performer.plan.steps:
            if step.point_of_no_return and steps:
                passed, sentence = await self._passed(step, begun.get(step.number))
                if passed is not Certainty.NO:
                    is_unknown = passed is Certainty.UNKNOWN
                    return RollbackResult(whole=False, sentences=(sentence,), passed=passed, is_unknown=is_unknown)
        sentences: list[str] = []
        for step, entry in reversed(steps):
            is_undone, sentence = await self._undo(step, entry)
            sentences.append(sentence)
            if not is_undone:
                return RollbackResult(whole=False, sentences=tuple(sentences), is_unknown=self.is_unknown)
        return RollbackResult(
            whole=True, sentences=tuple(sentences) or ("nothing had been changed",), leftovers=tuple(self.leftovers)
        )

    async def _passed(self, step: ProcedureStep, entry: LoggedStep | None) -> tuple[Certainty, str]:
        """Return whether a point of no return is passed; by hand as well, where the run did not come to it."""
        text = f"step {step.number} ({step.key} on {step.host})"
        if entry is not None and entry.outcome is StepOutcome.DONE:
            return Certainty.YES, f"{text} was done: {step.no_undo}"
        fate = await self._fate(step, entry) if entry is not None else StepRecord(RecordState.VOID)
        if entry is not None and fate.state is RecordState.VOID:
            return Certainty.NO, ""
        is_conversion = step.words == Words.CONVERT_MASTER
        effect = Claim(ClaimKind.REPORTS_MASTER, step.host) if is_conversion else step.proves[0]
        found = await self.performer.proven((effect,))
        if found.holds:
            return Certainty.YES, f"{text} has come true: {step.no_undo}"
        if entry is None:
            return Certainty.NO, ""
        if fate.state in {RecordState.NONE, RecordState.RUNNING}:
            return Certainty.UNKNOWN, f"the result of {text} is unknown: {_UNCLEAR[fate.state]}"
        before = Claim(ClaimKind.IS_REPLICA, step.host)
        if is_conversion and (await self.performer.proven((before,))).holds:
            return Certainty.NO, ""
        if found.truth is Certainty.NO and not is_conversion:
            return Certainty.NO, ""
        later = f"; {_MAY_STILL_RUN}" if step.kind is StepKind.CONSOLE else ""
        return Certainty.UNKNOWN, f"the result of {text} is unknown: {found.sentence}{later}"

    async def _fate(self, step: ProcedureStep, entry: LoggedStep) -> StepRecord:
        """Return what became of an attempt whose end the journal does not have; `none` where that is unknown."""
        tools = self.performer.tools
        if step.kind is StepKind.CONSOLE or not is_open(entry):
            return StepRecord(RecordState.DONE)
        try:
            return await claim_void(tools, named(tools.survey.hosts, step.host), entry.step_id)
        except (TransportError, ParseError):
            return StepRecord(RecordState.NONE)

    async def _undo(self, step: ProcedureStep, entry: LoggedStep) -> tuple[bool, str]:
        text = f"step {step.number} ({step.key} on {step.host})"
        log = self.performer.tools.journal.steps(self.performer.run)
        attempts = undone_since(log, entry)
        fate = await self._fate(step, entry)
        if fate.state is RecordState.VOID:
            return True, f"{text} was never begun"
        if fate.state is RecordState.NONE:
            self.is_unknown = True
            return False, f"whether {text} began is unknown: {_UNCLEAR[fate.state]}"
        if step.undo is None:
            return await self._without_undo(step, text)
        earlier = sum(each.phase is StepPhase.UNDO and each.number == step.number for each in log) - len(attempts)
        if fate.state is not RecordState.RUNNING and not any(map(is_open, attempts[-1:])):
            seen = await self._as_before(step, step.undo_words(entry.step_id))
            if seen.holds:
                return True, f"{text} needs no rollback: {seen.sentence}"
        return await self._undo_by_words(step, entry, attempts, text, earlier=earlier)

    async def _as_before(self, step: ProcedureStep, words: tuple[str, ...]) -> Proven:
        """Prove that a host is as before a step, or has a role again in which the step is not undone."""
        seen = await self.performer.proven((claim_after(words, step.host),))
        role = tuple(claim for claim in step.undo_needs if claim == Claim(ClaimKind.IS_CLIENT, step.host))
        if seen.holds or not role:
            return seen
        found = await self.performer.proven(role)
        return Proven(Certainty.YES, found.sentence) if found.truth is Certainty.NO else seen

    async def _without_undo(self, step: ProcedureStep, text: str) -> tuple[bool, str]:
        """Return whether a step without an undo changed nothing that remains."""
        if step.words == Words.BOOT_START:
            return True, f"{text} needs no rollback: {step.no_undo}"
        if step.words == Words.CONVERT_MASTER:
            still = (Claim(ClaimKind.IS_REPLICA, step.host), Claim(ClaimKind.IS_STARTED, step.host))
            found = await self.performer.proven(still)
            return found.holds, f"{text} did not happen: {found.sentence}"
        if step.point_of_no_return:
            found = await self.performer.proven((step.proves[0],))
            return found.truth is Certainty.NO, f"{text} did not happen: {found.sentence}"
        return False, f"{text} cannot be undone: {step.no_undo}"

    async def _undo_by_words(
        self, step: ProcedureStep, entry: LoggedStep, attempts: Sequence[LoggedStep], text: str, *, earlier: int
    ) -> tuple[bool, str]:
        performer = self.performer
        last = attempts[-1] if attempts else None
        # An undoing of which nothing is known goes on under its own id; one that failed is tried under another.
        goes_on = last is not None and is_open(last)
        number = (last.attempt if last else earlier) + (0 if goes_on else 1)
        attempt = undo_attempt(step, performer.run, entry.step_id, number)
        performer.tools.say(
            f"rolling back step {step.number} on {step.host}: {' '.join(step.undo_words(entry.step_id))}"
        )
        ending = await performer.perform(attempt, begun=goes_on, logged=goes_on)
        if ending.outcome is StepOutcome.DONE:
            is_left = step.words == Words.CONVERT_SERVER
            self.leftovers += [step.host] if is_left else []
            return True, f"{text} is undone: {ending.sentence}{_LEFT_BEHIND if is_left else ''}"
        return False, f"{text} could not be undone: {ending.sentence}"


def is_open(entry: LoggedStep) -> bool:
    """Return whether the end of an attempt is not known."""
    return entry.outcome in {None, StepOutcome.UNKNOWN}
