"""One run in worlds made by hand, and everything that it does, in order."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal import LoggedStep
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.proofs import Circumstances
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.run_context import StopRequest
from boks_exporter.failover.runner.send_once import StepResult
from boks_exporter.parsing.operator_facts import RecordState, StepRecord
from tests.unit.failover_claims import HEALTHY
from tests.unit.runner_tools import NONE, VOID, Script

ENDED = StepRecord(RecordState.DONE, 0)
OWNED = Circumstances(old_master="M", steps_down="M")


@dataclass
class Run:
    """A run in a world that is observed as given; everything that it does is kept in order."""

    plan: Plan
    rounds: tuple[FailoverFacts, ...]
    answers: dict[str, Any] = field(default_factory=dict)
    by: Circumstances = OWNED
    log: tuple[LoggedStep, ...] = ()
    fence: tuple[str, ...] = ("",)
    halted: bool = False
    by_commands: bool = False
    """Each command, not each round, leads to the next world."""

    def __post_init__(self) -> None:
        known = {"do": (ENDED,), "record": (NONE,), "void": (VOID,), **self.answers}
        self.script, self.left = Script.of(fence=self.fence, **known), deque(self.rounds)
        self.events = self.script.asked
        self.concluded: list[LoggedStep] = []
        self.flying: list[bool] = []
        self.halt = StopRequest()
        if self.halted:
            self.halt.ask("asked")
        survey = SimpleNamespace(
            hosts=HEALTHY.snapshot.hosts, domain=SimpleNamespace(name="bank"), own_names={}, observe=self._observe
        )
        survey.be_patient = lambda: self.events.append("patient")
        journal = SimpleNamespace(
            view=lambda _domain: None,
            fork=lambda _domain, point: self.events.append(f"fork {point.new_master}"),
            intend=lambda _run, entry: self.events.append(f"intend {entry.step_id}"),
            conclude=self._conclude,
            remember=lambda _run, reading: self.events.append(f"remember {reading.host}"),
            steps=lambda _run: self.log,
            own_name=lambda _domain, _host: "",
        )
        tools: Any = self.script.tools(
            journal=journal,
            halt=self.halt,
            limits=FailoverLimits(),
            fence=SimpleNamespace(call=self._fence),
            paths=None,
        )
        tools.survey = survey
        self.executor = StepExecutor(tools, "run", self.plan, self.by)

    async def _observe(self, _journal: object) -> FailoverFacts:
        if self.by_commands:
            return self.rounds[min(self.events.count("do"), len(self.rounds) - 1)]
        return self.left.popleft() if len(self.left) > 1 else self.left[0]

    async def _fence(self, word: str, _facts: object) -> str:
        return await self.script.answer("fence", word)  # type: ignore[no-any-return]  # the test writes the answer

    def _conclude(self, _run: str, entry: LoggedStep) -> None:
        self.events.append(f"conclude {entry.step_id}")
        self.concluded.append(entry)
        self.flying.append(self.executor.in_flight)

    async def step(self, key: str, **more: bool) -> StepResult:
        step = next(each for each in self.plan.steps if each.key == key)
        return await self.executor.perform(attempt_at(step, "run", 1), **more)

    def did(self) -> str:
        """Return what was done, readings that were kept apart; what is repeated is shown once."""
        shown = [each for each in self.events if not each.startswith("remember")]
        return ", ".join(each for before, each in pairwise(("", *shown)) if each != before)
