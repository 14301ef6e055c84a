"""A runner's tools whose gates answer by a script, on a clock that stands still between pauses."""

from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from boks_exporter.errors import FailureReason, ParseError, TransportError
from boks_exporter.failover.proofs import Certainty, Proven
from boks_exporter.model import Host
from boks_exporter.parsing.operator_facts import HostLock, LockState, RecordState, StepRecord

HOSTS = tuple(Host(name, f"192.0.2.{place}") for place, name in enumerate(("A", "B", "C"), 1))
LOST = TransportError(FailureReason.TIMEOUT, "no answer")
GARBLED = ParseError(line=1, column=1, expected="a reply of the gate", found="nothing")
NONE, RUNNING, DONE, VOID = (
    StepRecord(state) for state in (RecordState.NONE, RecordState.RUNNING, RecordState.DONE, RecordState.VOID)
)
HELD, FREE, FAILED = HostLock(LockState.HELD, "run"), HostLock(LockState.NONE), HostLock(LockState.FAILED)
TAKEN = HostLock(LockState.OTHER, "other")


def refused(why: str) -> StepRecord:
    return StepRecord(RecordState.REFUSED, refusal=why)


def proven(holds: bool) -> Proven:
    return Proven(Certainty.YES if holds else Certainty.NO, "it holds" if holds else "it does not hold")


@dataclass
class Script:
    """The next answer of each kind of request; the last of a kind is repeated. What was asked is kept in order."""

    answers: dict[str, deque[Any]]
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    now: float = 0.0

    @classmethod
    def of(cls, **answers: Any) -> "Script":
        return cls({kind: deque(several) for kind, several in answers.items()})

    async def answer(self, kind: str, *about: Any) -> Any:
        self.asked.append(" ".join((kind, *(str(each) for each in about))))
        left = self.answers[kind]
        found = left.popleft() if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def tools(self, **more: Any) -> Any:
        """Return what stands for a runner's tools."""

        async def record(_host: Host, _step: str) -> StepRecord:
            return await self.answer("record")

        async def do(_host: Host, _request: object) -> StepRecord:
            return await self.answer("do")

        async def void(_host: Host, _step: str) -> StepRecord:
            return await self.answer("void")

        async def lock_shown(_host: Host) -> HostLock:
            return await self.answer("show")

        async def lock(host: Host, _run: str, _owner: str) -> HostLock:
            return await self.answer("lock", host.name)

        async def unlock(host: Host, _run: str) -> HostLock:
            return await self.answer("unlock", host.name)

        known = {
            "survey": SimpleNamespace(hosts=HOSTS),
            "read_only_gates": SimpleNamespace(record=record, lock=lock_shown),
            "changing_gates": SimpleNamespace(do=do, void=void, lock=lock, unlock=unlock),
            "clock": SimpleNamespace(monotonic=lambda: self.now, now=lambda: self.now, sleep=self.sleep),
            "say": self.said.append,
            "who": SimpleNamespace(sudo_user="", user="anna", host="ops1"),
        }
        return SimpleNamespace(**known, **more)

    async def needs(self) -> Proven:
        return proven(await self.answer("needs"))
