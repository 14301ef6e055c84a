"""Make a change exactly once, over a connection that may break at any time.

The request carries an id, under which the host keeps a record. After any failure the record is read first; the request
is sent again, with the same id, only to a host that has no record of it, and only while what must hold before the
change still holds. Before "nothing was begun" is concluded, the id is claimed as void, so that a request that is still
on its way runs nothing.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.gate_client import locked_by_other, named
from boks_exporter.failover.journal import StepOutcome
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.failover.runner.attempt import Attempt
from boks_exporter.failover.runner.run_context import ProgressReporter, Tools
from boks_exporter.model import Host
from boks_exporter.parsing.operator_facts import LockState, RecordState, StepRecord
from boks_exporter.remote.operator_requests import RunName, StepId

_VOID: Final = StepRecord(RecordState.VOID)


async def claim_void(tools: Tools, host: Host, step: StepId) -> StepRecord:
    """Claim an id, and return the record of what was begun under it; `void` where nothing was and nothing will be.

    Raises TransportError and ParseError, after which nothing is known. A gate of protocol 1 cannot claim an id: there
    only a lock that this run does not hold keeps a late request from running.
    """
    try:
        record = await tools.changing_gates.void(host, step)
    except ParseError:
        record = await tools.read_only_gates.record(host, step)
        if record.state is not RecordState.NONE:
            return record
        if not await _is_kept_out(tools, host, step.partition(".")[0]):
            raise
        record = await tools.read_only_gates.record(host, step)
        return _VOID if record.state is RecordState.NONE else record
    return StepRecord(RecordState.NONE) if record.state is RecordState.REFUSED else record


async def _is_kept_out(tools: Tools, host: Host, run: RunName) -> bool:
    """Return whether another run has the lock, so that the gate refuses every request of this one."""
    lock = await tools.read_only_gates.lock(host)
    return lock.state is not LockState.FAILED and locked_by_other(lock, run)


_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0
_BUSY: Final = "busy"


@dataclass(frozen=True, slots=True)
class SendResult:
    """What is known of a change on a host.

    `never`: nothing was begun, and nothing ever will be under this id. Without it and without a record, nothing is
    known. `garbled`: the host's answer was not a valid reply.
    """

    record: StepRecord | None
    never: bool = False
    garbled: bool = False
    sentence: str = ""


@dataclass
class Sender:
    """Send one change to one host."""

    tools: Tools
    attempt: Attempt
    needs: Callable[[], Awaitable[Proven]]
    shown: int = 0
    is_lost: bool = field(init=False)
    """A request may still be on its way."""

    async def send(self, *, ask_first: bool) -> SendResult:
        """Make the change; `ask_first` where it may have been sent already."""
        host = named(self.tools.survey.hosts, self.attempt.step.host)
        deadline = self.tools.clock.monotonic() + self.attempt.step.deadline_seconds
        self.is_lost = ask_first
        result, pause, progress = (
            SendResult(None, sentence="the host was not asked"),
            _FIRST_PAUSE,
            ProgressReporter(self.tools),
        )
        while True:
            try:
                result = await self._once(host, ask_first=ask_first)
            except ParseError as error:
                result, ask_first, self.is_lost = SendResult(None, garbled=True, sentence=str(error)), True, True
            except TransportError as error:
                result, ask_first, self.is_lost = SendResult(None, sentence=str(error)), True, True
            else:
                if result.never or (result.record and not self._goes_on(result.record)):
                    return result
                ask_first, pause = result.record is None or result.record.state is not RecordState.REFUSED, _FIRST_PAUSE
            if self.tools.clock.monotonic() >= deadline:
                return await self._at_deadline(host, result)
            if result.record is not None:
                progress.running(self.attempt.step.host, result.sentence)
            else:
                self.tools.say(
                    f"    {self.attempt.step.host}: {result.sentence}; asking again under the id {self.attempt.id}"
                )
            await self.tools.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @staticmethod
    def _goes_on(record: StepRecord) -> bool:
        return record.state is RecordState.RUNNING or record.refusal == _BUSY

    async def _once(self, host: Host, *, ask_first: bool) -> SendResult:
        if ask_first:
            record = await self.tools.read_only_gates.record(host, self.attempt.id)
            if record.state is not RecordState.NONE:
                return self._result_of(record)
            needs = await self.needs()
            if not needs.holds:
                return await self._denied(host, needs.sentence)
        if self.attempt.request is None:
            raise AssertionError(f"{self.attempt.step.key} changes nothing")
        record = await self.tools.changing_gates.do(host, self.attempt.request)
        result = self._result_of(record)
        if record.state is RecordState.REFUSED and self.is_lost and not self._goes_on(record):
            return await self._denied(host, result.sentence)
        return result

    async def _denied(self, host: Host, why: str) -> SendResult:
        """Conclude that nothing was begun, where the host makes sure of it; else return what it has begun."""
        try:
            record = await claim_void(self.tools, host, self.attempt.id)
        except ParseError as error:
            return SendResult(None, sentence=f"{why}; whether it was begun is unknown: {error}")
        if record.state is RecordState.VOID:
            return SendResult(None, never=True, sentence=f"nothing was begun: {why}")
        if record.state is RecordState.NONE:
            return SendResult(None, sentence=f"{why}; whether it was begun is unknown: its id could not be claimed")
        return self._result_of(record)

    async def _at_deadline(self, host: Host, result: SendResult) -> SendResult:
        """A host that was busy to the end refused the last request, and not the ones that were lost before it."""
        if not self.is_lost or result.record is None or result.record.state is not RecordState.REFUSED:
            return result
        try:
            return await self._denied(host, result.sentence)
        except TransportError as error:
            return SendResult(None, sentence=str(error))

    def _result_of(self, record: StepRecord) -> SendResult:
        for line in record.output[self.shown :]:
            self.tools.say(f"    {self.attempt.step.host}| {line}")
        self.shown = max(self.shown, len(record.output))
        if record.state is RecordState.VOID:
            return SendResult(None, never=True, sentence="nothing was begun: its id is void")
        return SendResult(record, sentence=_sentence_of(record))


def _sentence_of(record: StepRecord) -> str:
    if record.state is RecordState.DONE:
        return f"the command ended with exit status {record.exit_status}"
    if record.state is RecordState.REFUSED:
        return f"the gate refused it ({record.refusal}): nothing was run"
    if record.state is RecordState.INTERRUPTED:
        return "the command was interrupted before it reported how it ended"
    return "the command still runs"


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
