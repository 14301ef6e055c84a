"""A plan that is proposed, and why one that was shown is not carried out."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Guard
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.runner.proposal import proposal_of, propose, refusal_of
from boks_exporter.model import Environment, Role
from tests.unit.failover_claims import HEALTHY
from tests.unit.failover_facts import host, sound_domain
from tests.unit.failover_judged import REBUILD

LIMITS = FailoverLimits()
NO_SIZE = sound_domain(replace(host("M", Role.MASTER, at=0.0), environment=Environment("master")))
FROZEN = (Acceptance(Guard.FROZEN, "so"),)


async def test_a_proposal_waits_for_every_host() -> None:
    """However long it takes: what a slow host would show is part of the plan."""
    asked: list[str] = []

    async def observe(_: JournalView) -> FailoverFacts:
        asked.append("observe")
        return HEALTHY

    survey: Any = SimpleNamespace(be_patient=lambda: asked.append("be patient"), observe=observe)
    proposal = await propose(survey, REBUILD, "R1", LIMITS, JournalView())
    assert (asked, proposal) == (["be patient", "observe"], proposal_of(HEALTHY, REBUILD, "R1", LIMITS))


@pytest.mark.parametrize(
    ("facts", "accepted", "refusal"),
    [(HEALTHY, (), None), (HEALTHY, FROZEN, Exit.USAGE), (NO_SIZE, (), Exit.REFUSED)],
    ids=["as shown", "what does not exist is accepted", "nothing blocks it, and there is no way to do it"],
)
def test_the_plan_of_a_fingerprint_is_carried_out_only_as_it_was_shown(
    facts: FailoverFacts, accepted: tuple[Acceptance, ...], refusal: Exit | None
) -> None:
    proposal = proposal_of(facts, REBUILD, "R1", LIMITS)
    found = refusal_of(proposal, Acceptances(accepted), proposal.fingerprint, None, LIMITS)
    assert (found and found.exit) == refusal
    if facts is NO_SIZE:
        assert found
        assert proposal.plan.obstacle in found.sentences
