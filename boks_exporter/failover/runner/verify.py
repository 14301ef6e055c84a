"""Check a whole domain as after a promotion (K1456), without a run."""

from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import Certainty, Circumstances, Proven, prove
from boks_exporter.failover.survey import Survey

_LOOK_AGAIN_SECONDS = 3.0
_READINGS = 3
_CHECKS = {
    "one healthy master": ClaimKind.MASTER_IS_SOUND,
    "no replica ahead": ClaimKind.NONE_IS_AHEAD,
    "every replica healthy": ClaimKind.DOMAIN_IS_SOUND,
}


@dataclass(frozen=True, slots=True)
class Verification:
    """One condition and whether it holds."""

    what: str
    proven: Proven


async def verified(survey: Survey, limits: FailoverLimits, journal: JournalView) -> tuple[Verification, ...]:
    """Check everything; what counts only when it is seen twice is observed again."""
    checks: tuple[Verification, ...] = ()
    for reading in range(_READINGS):
        if reading:
            await survey.clock.sleep(_LOOK_AGAIN_SECONDS)
        checks = checks_of(await survey.observe(journal), limits)
        if reading and all(check.proven.truth is not Certainty.UNKNOWN for check in checks):
            break
    return checks


def checks_of(facts: FailoverFacts, limits: FailoverLimits) -> tuple[Verification, ...]:
    """Judge the facts of one round."""
    masters = facts.snapshot.masters
    if not masters:
        truth = Certainty.NO if any(facts.snapshot.observed()) else Certainty.UNKNOWN
        return (Verification("a master", Proven(truth, facts.health.reason)),)
    by = Circumstances(max_behind_updates=limits.max_behind_updates)
    return tuple(Verification(what, prove(Claim(kind, masters[0]), facts, by)) for what, kind in _CHECKS.items())
