"""A proposal: the plan, its findings and the fingerprint; made by observing only."""

from dataclasses import dataclass

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding
from boks_exporter.failover.journal import Run, ShownPlan
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.limits import FailoverLimits
from boks_exporter.failover.plan import Basis, Plan, basis_of, difference, fingerprint_of, make_plan
from boks_exporter.failover.preflight import (
    NoSuchFindingError,
    PlanQuestion,
    blocking_findings,
    check_existing,
    exit_for,
    finding_line,
    findings_of,
)
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner.result import NextCommand, RunResult, check_first
from boks_exporter.failover.survey import Survey
from boks_exporter.model import HostName


@dataclass(frozen=True)
class Proposal:
    """A plan, its basis and its findings. It holds no connection to any host."""

    plan: Plan
    facts: FailoverFacts
    findings: tuple[Finding, ...]
    basis: Basis

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.basis)


async def propose(
    survey: Survey,
    procedure: Procedure,
    target: HostName,
    limits: FailoverLimits,
    journal: JournalView,
    own_run: str | None = None,
) -> Proposal:
    """Observe every host, however long it takes, and propose; nothing that a survey holds can change a host."""
    survey.be_patient()
    return proposal_of(await survey.observe(journal), procedure, target, limits, own_run)


def proposal_of(
    facts: FailoverFacts, procedure: Procedure, target: HostName, limits: FailoverLimits, own_run: str | None = None
) -> Proposal:
    """Return the proposal for given facts."""
    plan = make_plan(procedure, target, facts)
    findings = findings_of(PlanQuestion(plan, facts, limits, own_run))
    return Proposal(plan, facts, findings, basis_of(plan, facts, findings))


def bound_now(accepted: Acceptances, run: Run, facts: FailoverFacts, limits: FailoverLimits) -> tuple[Acceptance, ...]:
    """Bind what is accepted for an open run to the hosts and values of the findings that there are now."""
    return accepted.bound(findings_of(PlanQuestion(run.plan, facts, limits, run.name))).entries


def refusal_of(
    proposal: Proposal,
    accepted: Acceptances,
    fingerprint: str,
    shown: ShownPlan | None,
    limits: FailoverLimits,
) -> RunResult | None:
    """Return why the plan that was shown under a fingerprint is not carried out now; None where it may be."""
    left = blocking_findings(proposal.findings, accepted)
    if proposal.fingerprint != fingerprint.lower():
        return RunResult(Exit.REFUSED, _changed(shown.basis if shown else None, proposal, fingerprint))
    if left:
        return RunResult(exit_for(left), refused(left, limits))
    if not proposal.plan.steps:
        return RunResult(Exit.REFUSED, (proposal.plan.obstacle,))
    try:
        check_existing(accepted, proposal.plan, proposal.findings)
    except NoSuchFindingError as error:
        return RunResult(Exit.USAGE, (str(error),))
    return None


def _changed(before: Basis | None, proposal: Proposal, fingerprint: str) -> tuple[str, ...]:
    """Report why a fingerprint is not that of the present proposal, and how to see the new plan."""
    plan = proposal.plan
    again = f"next: {NextCommand(plan.procedure, (plan.target,))} shows the plan as it is now"
    if before is None:
        return (f"no plan with the fingerprint {fingerprint} was shown from this journal: show the plan first", again)
    shown = dict(before)
    if (shown["procedure"], shown["target"]) != (plan.procedure, plan.target):
        other = f"{shown['procedure']} {shown['target']}"
        return (f"{fingerprint} is the fingerprint of {other}, not of {plan.procedure} {plan.target}", again)
    lines = difference(before, proposal.basis)
    return ("things are no longer as in the plan that was shown; show a new one", *lines, again)


def refused(left: tuple[Finding, ...], limits: FailoverLimits) -> tuple[str, ...]:
    """Report blocking findings; what a person looks at comes before how they are accepted."""
    first = check_first("the program of failover.fence" if limits.has_fence else "")
    is_acceptable = all(finding.acceptable for finding in left)
    return (*(first if is_acceptable else ()), *(finding_line(finding) for finding in left))
