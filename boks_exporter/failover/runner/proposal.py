"""A proposal: the plan, its findings and the fingerprint; made by observing only."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding, Guard
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
from boks_exporter.failover.runner.result import NextCommand, RunResult, check_first, in_words, next_for
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
    """Bind what is accepted for an open run to the hosts and values of the findings that there are now.

    Raises NoSuchFindingError where there is none.
    """
    findings = findings_of(PlanQuestion(run.plan, facts, limits, run.name))
    check_existing(accepted, run.plan, findings)
    return accepted.bound(findings).entries


def refusal_of(
    proposal: Proposal, accepted: Acceptances, fingerprint: str, shown: ShownPlan | None, limits: FailoverLimits
) -> RunResult | None:
    """Return why the plan that was shown under a fingerprint is not carried out now; None where it may be."""
    left = blocking_findings(proposal.findings, accepted)
    ways: tuple[NextCommand, ...] = (again(proposal.plan),)
    if proposal.fingerprint != fingerprint.lower():
        code, text = Exit.REFUSED, _changed(shown.basis if shown else None, proposal, fingerprint)
    elif left:
        code, text, ways = exit_for(left), refused(left, limits), ways_after(proposal, left)
    elif not proposal.plan.steps:
        code, text = Exit.REFUSED, (proposal.plan.obstacle,)
    else:
        try:
            check_existing(accepted, proposal.plan, proposal.findings)
        except NoSuchFindingError as error:
            code, text = Exit.USAGE, (str(error),)
        else:
            return None
    return RunResult(code, (*text, in_words(ways)), next=ways)


_LOOKS: Final = {
    Guard.UNKNOWN_HOST: "topology",
    Guard.WRONG_ROLE: "topology",
    Guard.HOST_LOCKED: "locks",
    Guard.HOST_BUSY: "locks",
    Guard.SEVERAL_MASTERS: "conflict",
    Guard.OLD_MASTER_REACHABLE: "conflict",
    Guard.NO_MASTER: "candidates",
    Guard.INCOMPLETE_COPY: "candidates",
    Guard.UNREACHABLE: "candidates",
    Guard.MASTER_UNSOUND: "verify",
    Guard.OTHER_HOST: "check",
    Guard.GATE_NOT_READY: "check",
    Guard.ODD_FILES: "check",
    Guard.PARTIAL_DATABASE: "check",
}
"""The command that shows more about what cannot be accepted."""


def ways_after(proposal: Proposal, left: Iterable[Finding]) -> tuple[NextCommand, ...]:
    """Return the commands that end what refuses a plan or show more of it, and the refused one, for afterwards."""
    guards, masters = {finding.guard for finding in left}, proposal.facts.snapshot.masters
    ways = [next_for(run.run) for run in proposal.facts.journal.open_runs] if Guard.RUN_OPEN in guards else []
    looks = [NextCommand(look) for guard, look in _LOOKS.items() if guard in guards]
    if Guard.MASTER_EXISTS in guards:
        is_other = len(masters) == 1 and proposal.plan.target not in masters
        other = NextCommand(Procedure.SWITCHOVER, (proposal.plan.target,))
        looks.insert(0, other if is_other and Guard.UNKNOWN_HOST not in guards else NextCommand("conflict"))
    return tuple(dict.fromkeys((*chain.from_iterable(ways), *looks, again(proposal.plan))))


def again(plan: Plan) -> NextCommand:
    """Return the command that shows the plan as it is then."""
    return NextCommand(plan.procedure, (plan.target,))


def _changed(before: Basis | None, proposal: Proposal, fingerprint: str) -> tuple[str, ...]:
    """Report why a fingerprint is not that of the present proposal."""
    plan = proposal.plan
    if before is None:
        return (f"no plan with the fingerprint {fingerprint} was shown from this journal: show the plan first",)
    shown = dict(before)
    if (shown["procedure"], shown["target"]) != (plan.procedure, plan.target):
        other = f"{shown['procedure']} {shown['target']}"
        return (f"{fingerprint} is the fingerprint of {other}, not of {plan.procedure} {plan.target}",)
    return ("things are no longer as in the plan that was shown; show a new one", *difference(before, proposal.basis))


def refused(left: tuple[Finding, ...], limits: FailoverLimits) -> tuple[str, ...]:
    """Report blocking findings; what a person looks at comes before how they are accepted."""
    first = check_first("the program of failover.fence" if limits.has_fence else "")
    is_acceptable = all(finding.acceptable for finding in left)
    return (*(first if is_acceptable else ()), *(finding_line(finding) for finding in left))
