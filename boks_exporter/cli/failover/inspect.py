"""The failover commands that only read: candidates, verify, show, history."""

import json
from collections.abc import Iterator
from typing import Final

from boks_exporter.app.failover_wiring import ManagedDomain, earlier_knowledge, kept_journal, observed, open_survey
from boks_exporter.cli.failover.follow import exit_of, followed, is_at_work
from boks_exporter.cli.failover.json_output import candidate_json, run_json, whole_run_json
from boks_exporter.cli.failover.open_runs import open_runs, show_open_runs
from boks_exporter.cli.failover.options import Common, UsageWithNextError, run_async
from boks_exporter.cli.failover.text_output import candidates_text, finding_text, time_of, without_candidate
from boks_exporter.cli.streams import echo
from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.findings import Acceptances
from boks_exporter.failover.journal import Journal, LoggedStep, Run
from boks_exporter.failover.preflight import blocking_findings, exit_for
from boks_exporter.failover.preflight import candidates as ranked
from boks_exporter.failover.procedures.step import StepKind
from boks_exporter.failover.proofs import Certainty
from boks_exporter.failover.proofs.conflict import MasterInConflict, conflict_of
from boks_exporter.failover.proofs.conflict import sentences as conflict_sentences
from boks_exporter.failover.runner import NextCommand, in_words, next_for
from boks_exporter.failover.runner.console import retire_script
from boks_exporter.failover.runner.verify import Verification, verified
from boks_exporter.model import Role
from boks_exporter.text.harmless import harmless

_BEST_FIRST: Final = (Exit.DONE, Exit.FACTS_UNKNOWN, Exit.REFUSED, Exit.LOCKED)
"""How a ranking ends: as the best candidate would."""


def show_candidates(common: Common) -> int:
    """Rank the replicas and show them."""
    domain = common.domain(needs_operator=False)
    known = open_runs(domain)
    facts = run_async(lambda: observed(domain, known))
    found = ranked(facts, domain.limits)
    if common.is_json:
        echo(json.dumps([candidate_json(candidate) for candidate in found], indent=2))
    else:
        echo("\n".join(candidates_text(facts, found)))
    ends = [exit_for(blocking_findings(each.findings, Acceptances())) for each in found]
    return int(min(ends, key=_BEST_FIRST.index, default=without_candidate(facts)[0]))


def show_verification(common: Common) -> int:
    """Check the domain and show the result."""
    domain = common.domain(needs_operator=False)
    known = show_open_runs(domain)

    async def look() -> tuple[Verification, ...]:
        async with open_survey(domain) as survey:
            return await verified(survey, domain.limits, known)

    checks = run_async(look)
    if common.is_json:
        shown = [{"check": each.what, "truth": each.proven.truth, "sentence": each.proven.sentence} for each in checks]
        echo(json.dumps(shown, indent=2))
    else:
        words = {Certainty.YES: "yes", Certainty.NO: "NO", Certainty.UNKNOWN: "unknown"}
        for check in checks:
            echo(f"{words[check.proven.truth]:<8} {check.what}: {harmless(check.proven.sentence)}")
    truths = {check.proven.truth for check in checks}
    if Certainty.NO in truths:
        return int(Exit.NOT_CONVERGED)
    return int(Exit.FACTS_UNKNOWN if Certainty.UNKNOWN in truths else Exit.DONE)


def show_conflict(common: Common) -> int:
    """Show several masters and the ways out."""
    domain = common.domain(needs_operator=False)
    known = open_runs(domain)
    facts = run_async(lambda: observed(domain, known))
    found = conflict_of(facts)
    ways = [NextCommand("retire", (host,)) for host in (*facts.snapshot.masters, *facts.possible_masters)]
    if common.is_json:
        shown = [
            {
                "host": each.host,
                "alone_sequences": None if each.alone is None else {str(table): n for table, n in each.alone.items()},
                "followers": list(each.followers),
                "daemons": facts.daemons(each.host),
                "since_timestamp_seconds": facts.masters_since.get(each.host),
                "next": str(way),
            }
            for each, way in zip(found, ways, strict=False)
        ]
        echo(json.dumps(shown, indent=2))
    else:
        echo("\n".join(_conflict_text(facts, found, ways)))
    if found:
        return int(Exit.NOT_CONVERGED)
    is_unknown = facts.possible_masters or not any(facts.snapshot.observed())
    return int(Exit.FACTS_UNKNOWN if is_unknown else Exit.DONE)


def _conflict_text(facts: FailoverFacts, found: tuple[MasterInConflict, ...], ways: list[NextCommand]) -> Iterator[str]:
    """Write who is master since when, what each has alone, which replicas follow which, and the ways out."""
    yield from map(harmless, conflict_sentences(found))
    if not found:
        yield f"{', '.join(facts.snapshot.masters) or 'no host'} reports that it is master"
    else:
        yield harmless(facts.health.reason)
        followed = {name for each in found for name in each.followers}
        left = [
            each.host for each in facts.snapshot.observed() if each.role is Role.REPLICA and each.host not in followed
        ]
        yield f"listed as OK by none of them: {', '.join(left) or 'no replica'}"
    if facts.possible_masters:
        yield f"not reached, and master when last seen: {', '.join(facts.possible_masters)}"
    if len(ways) > 1:
        yield "Ways out; each shows its plan first. Keep the one whose updates are needed, retire every other:"
        yield from (f"  {way}" for way in ways)
    elif facts.possible_masters or not any(facts.snapshot.observed()):
        yield in_words((NextCommand("candidates"),))


def show_history(common: Common, limit: int) -> int:
    """List the runs."""
    domain = common.domain(needs_operator=False)
    open_runs(domain)
    with kept_journal(domain) as journal:
        runs = journal.runs(domain.domain.name, limit) if journal else ()
        broken = journal.broken(domain.domain.name) if journal else ()
        actions = journal.actions(domain.domain.name) if journal else ()
    if common.is_json:
        echo(json.dumps([run_json(run) for run in runs], indent=2))
        return int(Exit.DONE)
    nothing = "no run yet" if domain.failover.journal.exists() else f"no run yet: no journal {domain.failover.journal}"
    echo("\n".join(_line(run) for run in runs) or nothing)
    for each in broken[:limit]:
        became = each.became or "its outcome is unknown: failover locks"
        echo(
            harmless(f"{time_of(each.intended_at)}  {each.owner} broke the lock of {each.run} on {each.host}: {became}")
        )
    for action in actions[:limit]:
        what = " ".join(word for word in (action.kind, action.host, action.subject) if word)
        became = action.became or "its outcome is unknown"
        echo(harmless(f"{time_of(action.intended_at)}  {what}  {action.owner}: {action.reason}: {became}"))
    return int(Exit.DONE)


def _line(run: Run) -> str:
    how = "" if run.outcome is Outcome.OPEN else f" ({run.outcome})"
    state = f"OPEN{how}" if run.is_open else run.outcome
    return f"{time_of(run.started_at)}  {run.name}  {run.plan.procedure} {run.plan.target}  {state}  {run.who}"


def show_run(common: Common, name: str, *, follow: bool = False) -> int:
    """Show one run; followed until no process works on it, and then with its exit code."""
    domain = common.domain(needs_operator=False)
    open_runs(domain)
    with kept_journal(domain) as journal:
        run = journal.run(name) if journal else None
        if journal is None or run is None:
            raise UsageWithNextError(f"no run {name} in the journal {domain.failover.journal}", NextCommand("history"))
        if follow:
            return _follow(common, domain, journal, run)
        script = _console_script(domain, journal, run)
        if common.is_json:
            echo(_run_as_json(journal, run, script))
        else:
            echo("\n".join([*_whole(journal, run), *script.splitlines()]))
    return int(Exit.DONE)


def _run_as_json(journal: Journal, run: Run, script: str) -> str:
    parts = (journal.findings(run.name), journal.acceptances(run.name), journal.steps(run.name))
    more = {"exit_code": journal.exit_code(run.name), "console_script": script or None}
    return json.dumps(whole_run_json(run, *parts) | more, indent=2)


def _follow(common: Common, domain: ManagedDomain, journal: Journal, run: Run) -> int:
    def show(known: Run, step: LoggedStep) -> None:
        if not common.is_json:
            echo("\n".join(_step(known, step)))

    if not common.is_json:
        echo(_line(run))
    last = followed(journal, run.name, show) or run
    if common.is_json:
        echo(_run_as_json(journal, last, _console_script(domain, journal, last)))
    elif last.outcome is Outcome.OPEN:
        echo(f"no process works on it any longer; {in_words(next_for(last.name, journal.steps(last.name)))}")
    else:
        echo(harmless(last.message))
    return int(exit_of(journal, last))


def _console_script(domain: ManagedDomain, journal: Journal, run: Run) -> str:
    """Return the script of a step that is done at a console, or nothing."""
    steps = [step for step in run.plan.steps if step.kind is StepKind.CONSOLE]
    earlier = earlier_knowledge(domain) if steps else None
    known = {host.name: host.own_name for host in earlier.hosts} if earlier else {}
    return "".join(
        retire_script(
            run.name,
            step.host,
            step.number,
            domain.ssh.paths,
            known.get(step.host) or journal.own_name(run.domain, step.host),
        )
        for step in steps
    )


def _whole(journal: Journal, run: Run) -> Iterator[str]:
    yield _line(run)
    yield f"from {run.who.terminal or 'no terminal'}, fingerprint {run.fingerprint}, ended {time_of(run.ended_at)}"
    if run.reason:
        yield f"reason: {harmless(run.reason)}"
    accepted = journal.acceptances(run.name)
    for finding in journal.findings(run.name):
        yield from finding_text(finding, Acceptances(accepted))
    for acceptance in accepted:
        yield f"  accepted {acceptance}: {harmless(acceptance.reason)}"
    for step in journal.steps(run.name):
        yield from _step(run, step)
    if run.message:
        yield harmless(run.message)


def _step(run: Run, step: LoggedStep) -> Iterator[str]:
    key = run.plan.step(step.number).key
    attempt = f", attempt {step.attempt}" if step.attempt > 1 else ""
    took = f" after {step.ended_at - step.intended_at:.1f} s" if step.ended_at is not None else ""
    outcome = step.outcome or ("it runs" if is_at_work(run) else "no outcome: it was cut off")
    yield f"  {time_of(step.intended_at)} {step.phase} {step.number} {key} on {step.host}{attempt}: {outcome}{took}"
    if step.request:
        yield f"       sent    {step.request}"
    if step.sentence:
        yield f"       {harmless(step.sentence)}"
    for line in step.output.splitlines():
        yield f"       | {harmless(line)}"
