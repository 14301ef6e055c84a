"""Make a change exactly once, over a connection that may break at any time.

The request carries an id, under which the host keeps a record. After any failure the record is read first; the request
is sent again, with the same id, only to a host that has no record of it, and only while what must hold before the
change still holds. Before "nothing was begun" is concluded, the id is claimed as void, so that a request that is still
on its way runs nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from boks_exporter.errors import ParseError, TransportError
from boks_exporter.failover.gate_client import named
from boks_exporter.failover.proofs import Proven
from boks_exporter.failover.runner.attempt import Attempt
from boks_exporter.failover.runner.progress import ProgressReporter
from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.failover.runner.void_id import claim_void
from boks_exporter.model import Host
from boks_exporter.parsing.operator_facts import RecordState, StepRecord

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
    is_lost: bool = False
    """A request may still be on its way."""

    async def send(self, *, ask_first: bool) -> SendResult:
        """Make the change; `ask_first` where it may have been sent already."""
        host = named(self.tools.survey.hosts, self.attempt.step.host)
        deadline = self.tools.clock.monotonic() + self.attempt.step.deadline_seconds
        self.is_lost = ask_first
        result, pause, said = (
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
                said.running(self.attempt.step.host, result.sentence)
            else:
                self.tools.say(
                    f"    {self.attempt.step.host}: {result.sentence}; asking again under the id {self.attempt.id}"
                )
            await self.tools.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @staticmethod
    def _goes_on(record: StepRecord) -> bool:
        is_busy = record.state is RecordState.REFUSED and record.refusal == _BUSY
        return record.state is RecordState.RUNNING or is_busy

    async def _once(self, host: Host, *, ask_first: bool) -> SendResult:
        if ask_first:
            record = await self.tools.looking.record(host, self.attempt.id)
            if record.state is not RecordState.NONE:
                return self._result_of(record)
            needs = await self.needs()
            if not needs.holds:
                return await self._denied(host, needs.sentence)
        if self.attempt.request is None:
            message = f"{self.attempt.step.key} changes nothing"
            raise AssertionError(message)
        result = self._result_of(await self.tools.changing.do(host, self.attempt.request))
        is_refused = result.record is not None and result.record.state is RecordState.REFUSED
        if is_refused and self.is_lost and result.record and not self._goes_on(result.record):
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
