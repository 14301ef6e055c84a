"""JSON output of failover commands; keys are only ever added."""

from collections.abc import Collection
from typing import Any

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding
from boks_exporter.failover.journal import LoggedStep, Run
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.preflight import Candidate
from boks_exporter.failover.procedures.step import UNNAMED, ProcedureStep
from boks_exporter.failover.runner import Proposal, RunResult


def proposal_json(proposal: Proposal, accepted: Acceptances, code: Exit) -> dict[str, Any]:
    """Describe a proposal."""
    facts = proposal.facts
    return {
        "exit_code": int(code),
        "fingerprint": proposal.fingerprint,
        "domain": proposal.plan.domain,
        "domain_state": facts.health.state,
        "seen_timestamp_seconds": facts.seen_at,
        "hosts": hosts_json(facts),
        "witnesses": [
            {"host": each.host, "reach": each.reach, "detail": each.detail, "about": each.about}
            for each in facts.witnesses
        ],
        "findings": [finding_json(finding, accepted) for finding in proposal.findings],
        "plan": plan_json(proposal.plan),
        "basis": dict(proposal.basis),
    }


def hosts_json(facts: FailoverFacts) -> list[dict[str, Any]]:
    """Describe every host of a round."""
    return [
        {
            "host": host.name,
            "role": facts.role(host.name),
            "state": facts.health.host(host.name).state,
            "reason": facts.health.host(host.name).reason,
            "daemons": facts.daemons(host.name),
            "operator_gate": facts.readiness(host.name) is not None,
        }
        for host in facts.snapshot.hosts
    ]


def finding_json(finding: Finding, accepted: Acceptances) -> dict[str, Any]:
    """Describe one finding."""
    return {
        "name": finding.guard,
        "level": finding.level,
        "host": finding.host,
        "sentence": finding.sentence,
        "value": finding.value,
        "limit": finding.limit,
        "source": finding.source,
        "age_seconds": finding.age_seconds,
        "acceptable": finding.acceptable,
        "accepted": finding in accepted,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """Describe a plan."""
    return {
        "procedure": plan.procedure,
        "target": plan.target,
        "master": plan.master,
        "obstacle": plan.obstacle or None,
        "lock_hosts": list(plan.lock_hosts),
        "excused": list(plan.excused),
        "sound": list(plan.healthy),
        "steps": [_step(step) for step in plan.steps],
        "afterwards": list(plan.afterwards),
    }


def _step(step: ProcedureStep) -> dict[str, Any]:
    request = step.request(step.id(UNNAMED))
    return {
        "number": step.number,
        "key": step.key,
        "host": step.host,
        "kind": step.kind,
        "purpose": step.purpose,
        "request": request.line() if request else None,
        "needs": [str(claim) for claim in step.needs],
        "prefers": [str(claim) for claim in step.moment],
        "proves": [str(claim) for claim in step.proves],
        "undo": " ".join(step.undo).replace("{id}", step.id(UNNAMED)) if step.undo else None,
        "no_undo": step.no_undo or None,
        "point_of_no_return": step.point_of_no_return,
        "deadline_seconds": step.deadline_seconds,
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """Describe one candidate."""
    return {
        "host": candidate.host,
        "site": candidate.site,
        "promotion": candidate.promotion,
        "behind_best_sequences": candidate.behind_best,
        "free": candidate.is_free,
        "findings": [finding_json(finding, Acceptances()) for finding in candidate.findings],
    }


def result_json(result: RunResult) -> dict[str, Any]:
    """Describe how a command ended."""
    return {
        "exit_code": int(result.exit),
        "run": result.run,
        "sentences": list(result.sentences),
        "next": [str(command) for command in result.next],
    }


def run_json(run: Run) -> dict[str, Any]:
    """Describe a run in short."""
    return {
        "run": run.name,
        "domain": run.domain,
        "procedure": run.plan.procedure,
        "target": run.plan.target,
        "outcome": run.outcome,
        "open": run.is_open,
        "started_timestamp_seconds": run.started_at,
        "ended_timestamp_seconds": run.ended_at,
        "user": run.who.user,
        "sudo_user": run.who.sudo_user,
        "terminal": run.who.terminal,
        "host": run.who.host,
        "reason": run.reason,
        "fingerprint": run.fingerprint,
        "message": run.message,
    }


def whole_run_json(
    run: Run, findings: Collection[Finding], accepted: Collection[Acceptance], steps: Collection[LoggedStep]
) -> dict[str, Any]:
    """Describe a run with everything that the journal has of it."""
    acceptances = Acceptances(tuple(accepted))
    return {
        **run_json(run),
        "plan": plan_json(run.plan),
        "findings": [finding_json(finding, acceptances) for finding in findings],
        "acceptances": [
            {"name": each.guard, "reason": each.reason, "host": each.host, "value": each.value} for each in accepted
        ],
        "steps": [
            {
                "number": step.number,
                "phase": step.phase,
                "attempt": step.attempt,
                "id": step.step_id,
                "host": step.host,
                "request": step.request or None,
                "intended_timestamp_seconds": step.intended_at,
                "ended_timestamp_seconds": step.ended_at,
                "outcome": step.outcome,
                "sentence": step.sentence,
                "exit_status": step.exit_status,
                "output": step.output,
            }
            for step in steps
        ],
    }
