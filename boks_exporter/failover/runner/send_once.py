"""Make a change exactly once, over a connection that may break at any time.

The request carries an id, under which the host keeps a record. After any failure the record is read first; the request
is sent again, with the same id, only to a host that has no record of it, and only while what must hold before the
change still holds.
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
from boks_exporter.model import Host
from boks_exporter.parsing.operator_facts import RecordState, StepRecord

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0
_BUSY: Final = "busy"


@dataclass(frozen=True, slots=True)
class SendResult:
    """What is known of a change on a host.

    `never`: nothing was begun, and nothing will be under this id while the lock is held. Without it and without a
    record, nothing is known. `garbled`: the host's answer was not a valid reply.
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

    async def send(self, *, ask_first: bool) -> SendResult:
        """Make the change; `ask_first` where it may have been sent already."""
        host = named(self.tools.survey.hosts, self.attempt.step.host)
        deadline = self.tools.clock.monotonic() + self.attempt.step.deadline_seconds
        told, pause, said = (
            SendResult(None, sentence="the host was not asked"),
            _FIRST_PAUSE,
            ProgressReporter(self.tools),
        )
        while True:
            try:
                told = await self._once(host, ask_first=ask_first)
            except ParseError as error:
                told, ask_first = SendResult(None, garbled=True, sentence=str(error)), True
            except TransportError as error:
                told, ask_first = SendResult(None, sentence=str(error)), True
            else:
                if told.never or (told.record and not self._goes_on(told.record)):
                    return told
                ask_first, pause = told.record is None or told.record.state is not RecordState.REFUSED, _FIRST_PAUSE
            if self.tools.clock.monotonic() >= deadline:
                return told
            if told.record is not None:
                said.running(self.attempt.step.host, told.sentence)
            else:
                self.tools.say(
                    f"    {self.attempt.step.host}: {told.sentence}; asking again under the id {self.attempt.id}"
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
                return self._heard(record)
            needs = await self.needs()
            if not needs.holds:
                return SendResult(None, never=True, sentence=f"nothing was begun: {needs.sentence}")
        if self.attempt.request is None:
            message = f"{self.attempt.step.key} changes nothing"
            raise AssertionError(message)
        return self._heard(await self.tools.changing.do(host, self.attempt.request))

    def _heard(self, record: StepRecord) -> SendResult:
        for line in record.output[self.shown :]:
            self.tools.say(f"    {self.attempt.step.host}| {line}")
        self.shown = max(self.shown, len(record.output))
        return SendResult(record, sentence=_said(record))


def _said(record: StepRecord) -> str:
    if record.state is RecordState.DONE:
        return f"the command ended with exit status {record.exit_status}"
    if record.state is RecordState.REFUSED:
        return f"the gate refused it ({record.refusal}): nothing was run"
    if record.state is RecordState.INTERRUPTED:
        return "the command was interrupted before it reported how it ended"
    return "the command still runs"
