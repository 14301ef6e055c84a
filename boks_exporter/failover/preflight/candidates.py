"""Candidates for the next master, best first, with their findings."""

from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import make_plan
from boks_exporter.failover.preflight.all_guards import findings_of
from boks_exporter.failover.preflight.question import PlanQuestion
from boks_exporter.failover.procedure import Procedure
from boks_exporter.model import HostName, Promotion

_PREFERENCE = {Promotion.PREFER: 0, Promotion.NEUTRAL: 1, Promotion.NEVER: 2}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One replica; `behind_best` is None where it could not be compared in every table.

    `is_measured`: its own numbers are all known, so that it is behind in none of the tables that could be read then.
    """

    host: HostName
    site: str
    promotion: Promotion
    behind_best: int | None
    findings: tuple[Finding, ...]
    is_measured: bool = True

    @property
    def is_possible(self) -> bool:
        """Whether everything that blocks it can be accepted."""
        return all(finding.acceptable for finding in self.findings if finding.matters)

    @property
    def is_free(self) -> bool:
        """Whether no finding blocks it."""
        return not any(finding.matters for finding in self.findings)


def next_master_by(facts: FailoverFacts) -> Procedure:
    """Return how a replica would become master: by a promotion while there is none, else by a switchover."""
    return Procedure.SWITCHOVER if facts.snapshot.masters else Procedure.PROMOTE


def candidates(facts: FailoverFacts, limits: FailoverLimits) -> tuple[Candidate, ...]:
    """Rank every replica as the next master."""
    procedure = next_master_by(facts)
    found = []
    for host in facts.snapshot.hosts:
        if not facts.health.host(host.name).is_replica:
            continue
        plan = make_plan(procedure, host.name, facts)
        compared = facts.comparison.replica(host.name)
        against = tuple(finding for finding in findings_of(PlanQuestion(plan, facts, limits)))
        behind = compared.behind_best if compared else None
        is_measured = compared is not None and not facts.unread(host.name)
        found.append(Candidate(host.name, host.site, host.promotion, behind, against, is_measured))
    return tuple(sorted(found, key=_rank))


def _rank(candidate: Candidate) -> tuple[bool, bool, bool, int, bool, int, int, HostName]:
    """Order by what cannot be accepted, then by the data, then by the number of other guards.

    Lines of another server that cannot be read leave open how far each copy is behind, and put none below a copy that
    is proven to be behind.
    """
    behind = candidate.behind_best
    guards = {finding.guard for finding in candidate.findings if finding.matters}
    return (
        not candidate.is_possible,
        Guard.UNSOUND_COPY in guards,
        behind is None and not candidate.is_measured,
        behind or 0,
        behind is None,
        len(guards),
        _PREFERENCE[candidate.promotion],
        candidate.host,
    )
