"""A rehearsal as text for a person, and as JSON for a script."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from boks_exporter.cli.failover.json_output import hosts_json, proposal_json, result_json
from boks_exporter.cli.failover.text_output import domain_table, finding_text, time_of
from boks_exporter.failover.findings import Acceptances
from boks_exporter.failover.journal import LoggedStep, StepPhase
from boks_exporter.failover.runner import Proposal
from boks_exporter.rehearsal.rehearsal_report import Rehearsal, TwinCommand
from boks_exporter.simulator.domain.invariants import Breach

_STEPS: Final = (
    "Steps, in the twin's seconds; how long commands, boot and loading take there is assumed, not measured on the hosts"
)


HEADING: Final = "Rehearsal: the hosts are only polled; everything else happens on a simulated twin on this machine."


def domain_in_short(proposal: Proposal) -> list[str]:
    """Write a domain as it was seen."""
    facts = proposal.facts
    seen = f"{proposal.plan.domain}, polled {time_of(facts.seen_at)}: {facts.health.state}: {facts.health.reason}"
    return [seen, "", *domain_table(facts), ""]


def proposal_in_short(proposal: Proposal, accepted: Acceptances) -> list[str]:
    """Write a domain, and what speaks against the plan."""
    plan = proposal.plan
    lines = [
        *domain_in_short(proposal),
        "Findings" if proposal.findings else "Findings: none",
        *(line for finding in proposal.findings for line in finding_text(finding, accepted)),
        "",
    ]
    if plan.obstacle:
        return [*lines, f"There is no plan: {plan.obstacle}"]
    return [
        *lines,
        f"Plan: {plan.procedure} {plan.target}, {len(plan.steps)} steps, fingerprint {proposal.fingerprint}",
    ]


def differences_text(differences: Collection[str]) -> list[str]:
    """Write in what the twin differs from the domain, which is nothing most of the time."""
    if not differences:
        return ["The twin shows the same facts, findings and steps: its plan has the same fingerprint.", ""]
    return ["The twin could not be made like the domain in everything:", *(f"  {line}" for line in differences), ""]


def rehearsal_text(rehearsal: Rehearsal) -> Iterator[str]:
    """Write how it ended."""
    code = int(rehearsal.exit)
    if rehearsal.blocking or not rehearsal.proposal.plan.steps:
        yield f"Nothing was rehearsed: the real command would be refused in the same way (exit {code})."
        return
    if not rehearsal.commands:
        yield f"Nothing was rehearsed: the twin's plan differs or is refused; the differences are above (exit {code})."
        return
    yield ""
    yield _STEPS
    yield from (_step(rehearsal, step) for step in rehearsal.steps)
    yield ""
    if rehearsal.injected:
        what = f"{rehearsal.injected.fault.word} at step {rehearsal.injected.step} ({rehearsal.injected.fault})"
        yield f"Injected: {what}" if rehearsal.happened else f"Not injected, because it did not come to it: {what}"
    if rehearsal.afterwards:
        yield "The twin afterwards"
        yield from domain_table(rehearsal.afterwards)
    yield from _truth(rehearsal)
    yield from _end(rehearsal)


def _step(rehearsal: Rehearsal, step: LoggedStep) -> str:
    key = rehearsal.proposal.plan.step(step.number).key
    attempt = f", attempt {step.attempt}" if step.attempt > 1 else ""
    took = f" after {step.ended_at - step.intended_at:.0f} s" if step.ended_at is not None else ""
    phase = "" if step.phase is StepPhase.DO else f"{step.phase} "
    outcome = step.outcome or "no outcome: it was cut off"
    why = f": {step.sentence}" if step.sentence else ""
    return f"  {phase}{step.number:>2}. {key} on {step.host}{attempt}: {outcome}{took}{why}"


def _truth(rehearsal: Rehearsal) -> Iterator[str]:
    yield "By the simulator's own truth, which no command sees"
    yield f"  masters that run: {', '.join(rehearsal.masters) or 'none'}"
    for accepted in rehearsal.accepted_breaches:
        yield f"  as accepted, updates that no other server has were moved aside on {', '.join(accepted.hosts)}"
    if not rehearsal.breaches:
        yield "  at no instant did two masters run that did not before, and no last copy was removed"
    for breach in rehearsal.breaches:
        yield f"  BROKEN: {breach.invariant} at {breach.event} ({', '.join(breach.hosts)}): report this as a fault"


def _end(rehearsal: Rehearsal) -> Iterator[str]:
    codes = ", then ".join(f"{_name(played)} {_ended(played)}" for played in rehearsal.commands)
    yield f"It took {rehearsal.took_seconds:.0f} s of the twin's time: {codes}"
    if rehearsal.still_open:
        yield f"The run {rehearsal.still_open} of the twin is still open: a person has to fix what is left"
    why = (
        "as the real run would have ended"
        if rehearsal.commands[0].result
        else "a run that is killed has no code itself"
    )
    yield f"exit {int(rehearsal.exit)}: {why}"


def _name(played: TwinCommand) -> str:
    return played.command.split()[0]


def _ended(played: TwinCommand) -> str:
    return f"exits with {int(played.result.exit)}" if played.result else "is killed"


def rehearsal_json(rehearsal: Rehearsal, accepted: Acceptances) -> dict[str, Any]:
    """Describe a rehearsal; keys are only ever added."""
    injected, facts, hypothetical = rehearsal.injected, rehearsal.afterwards, rehearsal.hypothetical
    return {
        "exit_code": int(rehearsal.exit),
        "live": proposal_json(rehearsal.live, accepted, rehearsal.exit),
        "supposed": {"dead": list(rehearsal.dead), **proposal_json(hypothetical, accepted, rehearsal.exit)}
        if hypothetical
        else None,
        "rehearsed": bool(rehearsal.commands),
        "differences": list(rehearsal.differences),
        "inject": {"fault": injected.fault.word, "step": injected.step, "happened": rehearsal.happened}
        if injected
        else None,
        "commands": [
            {"command": each.command, "killed": each.result is None}
            | (result_json(each.result) if each.result else {"exit_code": None, "run": None, "sentences": []})
            for each in rehearsal.commands
        ],
        "steps": [_step_json(rehearsal, step) for step in rehearsal.steps],
        "seconds": rehearsal.took_seconds,
        "open_run": rehearsal.still_open,
        "hosts": hosts_json(facts) if facts else [],
        "truth": {
            "masters": list(rehearsal.masters),
            "breaches": [_breach_json(each) for each in rehearsal.breaches],
            "accepted": [_breach_json(each) for each in rehearsal.accepted_breaches],
        },
    }


def _breach_json(breach: Breach) -> dict[str, Any]:
    return {"invariant": breach.invariant, "event": breach.event, "hosts": list(breach.hosts)}


def _step_json(rehearsal: Rehearsal, step: LoggedStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "key": rehearsal.proposal.plan.step(step.number).key,
        "host": step.host,
        "phase": step.phase,
        "attempt": step.attempt,
        "outcome": step.outcome,
        "seconds": None if step.ended_at is None else step.ended_at - step.intended_at,
        "sentence": step.sentence,
        "exit_status": step.exit_status,
    }
