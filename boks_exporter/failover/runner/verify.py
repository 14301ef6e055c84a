"""Check a whole domain as after a promotion (K1456), without a run."""

from collections.abc import Callable
from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.proofs import Certainty, Circumstances, Proven, prove_all
from boks_exporter.failover.survey import Survey

_LOOK_AGAIN_SECONDS = 3.0
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Verification:
    """One condition and whether it holds."""

    what: str
    proven: Proven


async def verified(survey: Survey, limits: FailoverLimits, journal: JournalView) -> tuple[Verification, ...]:
    """Check everything; what counts only when it is seen twice is observed again."""
    checks: tuple[Verification, ...] = ()
    for look in range(_LOOKS):
        if look:
            await survey.clock.sleep(_LOOK_AGAIN_SECONDS)
        checks = checks_of(await survey.observe(journal), limits)
        if look and all(check.proven.truth is not Certainty.UNKNOWN for check in checks):
            break
    return checks


def checks_of(facts: FailoverFacts, limits: FailoverLimits) -> tuple[Verification, ...]:
    """Judge the facts of one round."""
    masters = facts.snapshot.masters
    if not masters:
        return (Verification("a master", Proven(Certainty.NO, facts.health.reason)),)
    plan = make_plan(Procedure.VERIFY, masters[0], facts)
    by = Circumstances(max_behind_updates=limits.max_behind_updates)
    judged: Callable[[int], Proven] = lambda number: prove_all(plan.step(number).proves, facts, by)  # noqa: E731 - short
    names = ("one healthy master", "no replica ahead", "every replica healthy")
    return tuple(Verification(name, judged(number)) for number, name in enumerate(names, 1))
