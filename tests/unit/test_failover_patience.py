"""Before a request that makes a master or moves a copy aside, every host is waited for in every round."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner.attempt import attempt_at
from boks_exporter.failover.runner.execute_step import StepExecutor
from boks_exporter.failover.runner.send_once import StepResult
from boks_exporter.model import Role
from tests.unit.failover_facts import dead_master, host
from tests.unit.runner_tools import DONE, LOST, NONE, VOID, Script
from tests.unit.test_failover_unknown_facts import OFF

DEAD, LIVING = dead_master(), dead_master(host("M", Role.MASTER))
OTHER_UNASKED = dead_master(host("R2", Role.UNKNOWN))


@dataclass
class Rounds(StepExecutor):
    """An executor that observes given rounds, the last one again and again, and notes which were patient."""

    left: deque[FailoverFacts] = field(default_factory=deque)
    patient: list[bool] = field(default_factory=list)

    async def observe(self) -> FailoverFacts:
        survey: Any = self.tools.survey
        self.patient.append(survey.is_patient)
        survey.is_patient = False
        self._facts = self.left.popleft() if len(self.left) > 1 else self.left[0]
        return self._facts


class PatientSurvey(SimpleNamespace):
    """What stands for a survey."""

    def be_patient(self) -> None:
        self.is_patient = True


def performed(script: Script, *rounds: FailoverFacts) -> tuple[Rounds, StepResult]:
    """Promote R1 in a domain that is as in these rounds."""
    journal = SimpleNamespace(
        fork=lambda *_: None, intend=lambda *_: None, conclude=lambda *_: None, steps=lambda *_: ()
    )
    tools = script.tools(journal=journal, halt=SimpleNamespace(is_asked=lambda: False, unless=lambda each: each))
    tools.survey = PatientSurvey(is_patient=False, hosts=DEAD.snapshot.hosts)
    plan = make_plan(Procedure.PROMOTE, "R1", DEAD)
    rounds_of = Rounds(tools, "run", plan, OFF, left=deque(rounds))
    step = next(step for step in plan.steps if step.point_of_no_return)
    return rounds_of, asyncio.run(rounds_of.perform(attempt_at(step, "run", 1)))


def test_a_second_round_waits_for_every_host_as_the_first_did() -> None:
    """A former master that came back while another host could not be asked."""
    script = Script.of(do=(DONE,))
    rounds, ending = performed(script, OTHER_UNASKED, LIVING)
    assert not ending.begun
    assert script.asked == []
    assert len(rounds.patient) > 1
    assert all(rounds.patient)


@pytest.mark.parametrize("lost", [1, 2])
def test_a_request_is_sent_again_only_after_every_host_was_waited_for(lost: int) -> None:
    """Its connection broke, and the former master came back meanwhile."""
    script = Script.of(do=(LOST,), record=(NONE,), void=(VOID,))
    rounds, ending = performed(script, *(DEAD,) * lost, LIVING)
    assert not ending.begun
    assert script.asked.count("do") == lost
    assert rounds.patient == [True] * (lost + 1)
