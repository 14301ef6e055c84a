"""Text output of failover commands."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import RULES, Acceptances, Finding, Level
from boks_exporter.failover.preflight import Candidate, argument, next_master_by
from boks_exporter.failover.procedures.step import UNNAMED, ProcedureStep, StepKind
from boks_exporter.failover.runner import NextCommand, Proposal, in_words
from boks_exporter.model import Reach, Timestamp
from boks_exporter.text.formatting import span
from boks_exporter.text.harmless import harmless

_LEVELS: Final = {Level.REFUSE: "REFUSED", Level.UNKNOWN: "UNKNOWN", Level.NOTE: "note"}
_REACHES: Final = {
    Reach.REACHABLE: "reaches the master's port of",
    Reach.REFUSED: "is refused at the master's port of",
    Reach.TIMEOUT: "does not reach the master's port of",
    Reach.UNKNOWN: "could not check the master's port of",
}
_NAMES: Final = ("HOST", "ROLE", "STATE", "DAEMONS", "OPERATOR'S GATE")


def time_of(moment: Timestamp | None) -> str:
    """Write a time in UTC."""
    return "-" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def proposal_text(proposal: Proposal, accepted: Acceptances) -> Iterator[str]:
    """Write the domain, the findings, the plan and its fingerprint."""
    plan, facts = proposal.plan, proposal.facts
    yield domain_line(facts)
    yield ""
    yield from domain_table(facts)
    yield ""
    yield "Findings" if proposal.findings else "Findings: none"
    for finding in proposal.findings:
        yield from finding_text(finding, accepted)
    yield ""
    if plan.obstacle:
        yield f"There is no plan: {harmless(plan.obstacle)}"
        return
    if any(finding.level is Level.REFUSE and not finding.acceptable for finding in proposal.findings):
        yield f"Plan: {plan.procedure} {plan.target}, not shown, as what refuses it cannot be accepted"
        return
    yield f"Plan: {plan.procedure} {plan.target}"
    for step in plan.steps:
        yield from step_text(step)
    yield ""
    yield f"Locked meanwhile: {', '.join(plan.lock_hosts) or 'nothing'}"
    if plan.excused:
        yield f"Unreachable, skipped: {', '.join(plan.excused)}"
    yield "Afterwards"
    yield from (f"  {line}" for line in plan.afterwards)
    yield ""
    yield f"Fingerprint: {proposal.fingerprint}"


def domain_line(facts: FailoverFacts) -> str:
    """Write the state of the domain in one line."""
    health = facts.health
    return f"{facts.snapshot.domain}, polled {time_of(facts.seen_at)}: {health.state}: {harmless(health.reason)}"


def domain_table(facts: FailoverFacts) -> Iterator[str]:
    """Write every host in a line."""
    rows = [_NAMES]
    for host in facts.snapshot.hosts:
        verdict, gate = facts.health.host(host.name), facts.gates.get(host.name)
        ready = "answers" if gate and gate.readiness else f"unreachable: {gate.failure if gate else 'not asked'}"
        rows.append((host.name, facts.role(host.name), verdict.state, facts.daemons(host.name), harmless(ready)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_NAMES) - 1)]
    for row in rows:
        yield "  " + "  ".join((*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)), row[-1]))
    for witness in facts.witnesses:
        why = f" ({harmless(witness.detail)})" if witness.detail else ""
        yield f"  {witness.host} {_REACHES[witness.reach]} {witness.about}: {witness.reach}{why}"


def finding_text(finding: Finding, accepted: Acceptances) -> Iterator[str]:
    """Write one finding with its figures, and how it can be accepted."""
    word = "accepted" if finding.matters and finding in accepted else _LEVELS[finding.level]
    yield f"  {word:<8} {finding.guard}: {harmless(finding.sentence)}"
    figures = {"value": finding.value, "limit": finding.limit, "source": finding.source}
    parts = [f"{name} {harmless(value)}" for name, value in figures.items() if value is not None]
    if finding.age_seconds is not None:
        parts.append(f"age {span(finding.age_seconds)}")
    if parts:
        yield f"           {', '.join(parts)}"
    if finding.matters and finding not in accepted:
        how = f"--accept {argument(finding)} --reason ''" if finding.acceptable else "this cannot be accepted"
        yield f"           why: {RULES[finding.guard].reason}; {how}"


def step_text(step: ProcedureStep) -> Iterator[str]:
    """Write one step: purpose, host, request, what it needs and proves, and its undo."""
    mark = "  << POINT OF NO RETURN" if step.point_of_no_return else ""
    yield f"  {step.number}. on {step.host}: {step.purpose}{mark}"
    request = step.request(step.id(UNNAMED))
    if step.kind is StepKind.FENCE:
        yield "       calls   the fence with off; with status again before the promotion and in the verification"
    if request:
        yield f"       sends   {request.line()}"
    for claim in step.needs:
        yield f"       needs   {claim}"
    for claim in step.moment:
        yield f"       prefers {claim}"
    label = "waits  " if step.kind is StepKind.WAIT else "proves "
    for claim in step.proves:
        yield f"       {label} {claim}"
    if step.undo:
        yield f"       undo    {' '.join(step.undo).replace('{id}', step.id(UNNAMED))}"
    elif step.changes:
        yield f"       undo    none: {step.no_undo}"


def without_candidate(facts: FailoverFacts) -> tuple[Exit, str]:
    """Return how a search that finds no candidate ends, and why."""
    if any(facts.snapshot.observed()):
        return Exit.REFUSED, "there is no replica that could become master"
    return Exit.FACTS_UNKNOWN, "no host answers; whether a replica could become master is unknown"


def candidates_text(facts: FailoverFacts, found: Sequence[Candidate]) -> Iterator[str]:
    """Write the domain, the candidates with their reasons, and the next command."""
    yield domain_line(facts)
    report = [[_reason(finding) for finding in candidate.findings] for candidate in found]
    alike = [line for line in report[0] if all(line in lines for lines in report)] if len(report) > 1 else []
    if alike:
        yield "Of each of them"
        yield from alike
    for place, (candidate, lines) in enumerate(zip(found, report, strict=True), 1):
        yield _candidate(candidate, place)
        yield from (line for line in lines if line not in alike)
    best = next((candidate.host for candidate in found), None)
    if not best:
        yield f"No candidate: {without_candidate(facts)[1]}"
    elif not any(candidate.is_free for candidate in found):
        yield "None is free. The next command shows which findings can be accepted, and how."
    is_conflict = len(facts.snapshot.masters) > 1
    look = NextCommand("conflict") if is_conflict else NextCommand("check")
    yield in_words((NextCommand(next_master_by(facts), (best,)) if best and not is_conflict else look,))


def _candidate(candidate: Candidate, place: int) -> str:
    behind = f"{candidate.behind_best} updates behind the best"
    if candidate.behind_best is None:
        behind = "not behind in what could be read" if candidate.is_measured else "not comparable"
    against = sum(finding.matters for finding in candidate.findings)
    word = "free" if candidate.is_free else f"{against} finding{'' if against == 1 else 's'}"
    site = f", {candidate.site}" if candidate.site else ""
    return f"{place}. {candidate.host}{site}: {word}, {behind}, promotion {candidate.promotion}"


def _reason(finding: Finding) -> str:
    return f"     {_LEVELS[finding.level]:<8} {finding.guard}: {harmless(finding.sentence)}"
