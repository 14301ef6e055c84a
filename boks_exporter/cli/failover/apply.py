"""Show a plan, ask for confirmation, and apply it."""

import asyncio
import json
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import click

from boks_exporter.app.failover_signals import heeding_signals
from boks_exporter.app.failover_wiring import (
    ManagedDomain,
    journal_of,
    kept_journal,
    observed,
    open_runner,
    open_survey,
)
from boks_exporter.cli.failover.json_output import proposal_json, result_json
from boks_exporter.cli.failover.open_runs import open_runs, show_open_runs
from boks_exporter.cli.failover.options import (
    AcceptArguments,
    Common,
    UsageWithNextError,
    acceptances,
    is_interactive,
    refused,
    run_async,
)
from boks_exporter.cli.failover.text_output import proposal_text, without_candidate
from boks_exporter.cli.streams import OutputError, echo
from boks_exporter.failover.failover_exits import Exit, Outcome
from boks_exporter.failover.findings import Acceptance, Acceptances, Finding
from boks_exporter.failover.journal import JournalError
from boks_exporter.failover.preflight import (
    NoSuchFindingError,
    NotAcceptableError,
    argument,
    blocking_findings,
    candidates,
    check_acceptable,
    check_existing,
    exit_for,
)
from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.runner import (
    FingerprintError,
    NextCommand,
    Order,
    Proposal,
    Runner,
    RunResult,
    StopRequest,
    again,
    check_first,
    fence_command,
    in_words,
    next_for,
    propose,
    validate_fingerprint,
    ways_after,
)
from boks_exporter.observe import SystemClock
from boks_exporter.text.harmless import harmless

Work: TypeAlias = Callable[[Runner], Coroutine[Any, Any, RunResult]]


def show_or_apply(
    common: Common,
    procedure: Procedure,
    host: str | None,
    *,
    fingerprint: str | None,
    accept: AcceptArguments,
    reason: str,
) -> int:
    """Show a plan; with a fingerprint, apply it."""
    if common.detach and fingerprint is None and (common.is_json or not is_interactive()):
        raise click.UsageError("--detach needs --apply, where no terminal asks whether to go on")
    accepted = acceptances(accept, reason)
    shown = NextCommand(procedure, (host or "--best",))
    try:
        check_acceptable(accepted)
        if fingerprint is not None:
            validate_fingerprint(fingerprint)
    except (NotAcceptableError, FingerprintError) as error:
        raise UsageWithNextError(str(error), shown) from error
    domain = common.domain(host)
    if not host:
        known = open_runs(domain)
        facts = run_async(lambda: observed(domain, known))
        host = next((each.host for each in candidates(facts, domain.limits)), None)
        if host is None:
            code, text = without_candidate(facts)
            return refused(common, code, f"--best: {text}", NextCommand("candidates"))
    order = Order(procedure=procedure, target=host, accepted=accepted, reason=reason.strip())
    if fingerprint is not None:
        show_open_runs(domain)
        return _carried_out(common, domain, lambda runner: runner.apply(order, fingerprint), shown)
    proposal, code = show(common, domain, order)
    if code is not Exit.DONE or common.is_json or not is_interactive() or not proposal.plan.steps:
        return int(code)
    try:
        typed = click.prompt(f"To go on, type {host}; anything else ends", default="", show_default=False, err=True)
    except click.Abort:
        click.echo("\nnothing was changed", err=True)
        raise
    if typed.strip() != host:
        echo("nothing was changed")
        return int(Exit.DONE)
    return _carried_out(common, domain, lambda runner: runner.apply(order, proposal.fingerprint), shown)


def show(common: Common, domain: ManagedDomain, order: Order) -> tuple[Proposal, Exit]:
    """Observe and show; nothing here can change a host."""
    known = open_runs(domain)

    async def look() -> Proposal:
        async with open_survey(domain) as survey:
            return await propose(survey, order.procedure, order.target, domain.limits, known)

    proposal = run_async(look)
    problem = _kept(domain, proposal)
    accepted = order.acceptances
    left = blocking_findings(proposal.findings, accepted)
    unmatched: list[str] = []
    try:
        check_existing(accepted, proposal.plan, proposal.findings)
    except NoSuchFindingError as error:
        if not left:
            raise UsageWithNextError(str(error), again(proposal.plan)) from error
        unmatched = [str(error)]
    code = Exit.REFUSED if proposal.plan.obstacle and not left else exit_for(left)
    code = Exit.INTERNAL if problem else code
    ways = (again(proposal.plan),) if problem else _ways(order, proposal, left)
    if common.is_json:
        echo(json.dumps(proposal_json(proposal, accepted, code) | {"next": [str(way) for way in ways]}, indent=2))
    else:
        lines = ["Nothing was changed."] if problem else _what_next(domain, proposal, left)
        echo("\n".join((*proposal_text(proposal, accepted), *unmatched, *lines, *(f"  {way}" for way in ways))))
    if problem:
        click.echo(f"Error: this plan cannot be applied, as it could not be kept: {problem}", err=True)
    return proposal, code


def _kept(domain: ManagedDomain, proposal: Proposal) -> str:
    """Store what the plan is based on, so that it can be applied by its fingerprint; returns why it could not be."""
    try:
        with journal_of(domain) as journal:
            now = SystemClock().now()
            journal.show(proposal.fingerprint, proposal.plan.domain, proposal.basis, proposal.findings, now)
            journal.end_lost(proposal.plan.domain, proposal.facts.lost_that_answer, now)
    except JournalError as error:
        return str(error)
    return ""


def _ways(order: Order, proposal: Proposal, left: Collection[Finding]) -> tuple[NextCommand, ...]:
    """Return the commands that can be run next: one to accept each finding, or the one that applies the plan."""
    known = (entry for entry in order.accepted if _is_found(entry, proposal))
    accepted = tuple(word for entry in known for word in ("--accept", str(entry)))
    more: list[tuple[str, ...]] = []
    if left and all(finding.acceptable for finding in left):
        more = [("--accept", name, "--reason", "") for name in dict.fromkeys(map(argument, left))]
    elif left or proposal.plan.obstacle:
        return ways_after(proposal, left)
    else:
        more = [(*(("--reason", order.reason) if order.reason else ()), "--apply", proposal.fingerprint)]
    return tuple(NextCommand(order.procedure, (order.target, *accepted, *words)) for words in more)


def _is_found(entry: Acceptance, proposal: Proposal) -> bool:
    try:
        check_existing(Acceptances((entry,)), proposal.plan, proposal.findings)
    except NoSuchFindingError:
        return False
    return True


def _what_next(domain: ManagedDomain, proposal: Proposal, left: Collection[Finding]) -> list[str]:
    """Write the lines above the commands that can be run next."""
    if not left and proposal.plan.obstacle:
        return [f"Nothing was changed, as there is no plan (exit {int(Exit.REFUSED)}). Next:"]
    if not left:
        return ["Nothing was changed. To do exactly this:"]
    names = ", ".join(dict.fromkeys(finding.guard for finding in left))
    text = (
        f"Nothing was changed, and nothing will be while these findings remain: {names} (exit {int(exit_for(left))})."
    )
    if not all(finding.acceptable for finding in left):
        return [text, "What shows more or ends it, and the same command for afterwards:"]
    fence = fence_command(domain.failover.fence.program, proposal.facts.host(proposal.plan.master or ""))
    return [text, *check_first(fence), "After the check accept each finding by name, with a reason:"]


def resume_or_abort(common: Common, run: str, *, accepted: tuple[Acceptance, ...] = (), abort: bool = False) -> int:
    """Continue a run, or roll it back."""
    try:
        check_acceptable(accepted)
    except NotAcceptableError as error:
        raise UsageWithNextError(str(error), NextCommand("show", (run,))) from error

    async def work(runner: Runner) -> RunResult:
        return await (runner.abort(run, accepted) if abort else runner.resume(run, accepted))

    return _carried_out(common, common.domain(), work, NextCommand("abort" if abort else "resume", (run,)))


def forget(common: Common, run: str, reason: str) -> int:
    """Close a run that cannot be continued."""
    domain = common.domain()
    command = NextCommand("forget", (run, "--reason", reason))
    return _ended(common, _run(common, domain, lambda runner: runner.forget(run, reason), command))


def _carried_out(common: Common, domain: ManagedDomain, work: Work, command: NextCommand) -> int:
    """Carry out a run here, or in a process without this terminal."""
    if not common.detach:
        return _ended(common, _run(common, domain, work, command))
    from boks_exporter.cli.failover.detach import detached

    def run_there(announce: Callable[[str], None]) -> int:
        return _ended(common, _run(common, domain, work, command, announce))

    return detached(common, domain, run_there, command)


def _run(
    common: Common,
    domain: ManagedDomain,
    work: Work,
    command: NextCommand,
    announce: Callable[[str], None] = lambda _name: None,
) -> RunResult:
    halt = StopRequest()

    def progress(text: str) -> None:
        if at_work and at_work[0].at_work_on:
            announce(at_work[0].at_work_on)
        try:
            echo("\n".join(harmless(line) for line in text.split("\n"))) if not common.is_json else None
        except OutputError:
            halt.ask("its output is no longer read: its terminal or its pipe was closed")

    at_work: list[Runner] = []

    async def carry_out() -> RunResult:
        with journal_of(domain) as journal, heeding_signals(halt, progress):
            async with open_runner(domain, journal, progress, halt) as runner:
                at_work.append(runner)
                return await work(runner)

    try:
        return run_async(carry_out)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _interrupted(domain, at_work[0].at_work_on if at_work else None, command)


def _interrupted(domain: ManagedDomain, name: str | None, command: NextCommand) -> RunResult:
    """Report the run that was left open; hosts complete what they have begun."""
    with kept_journal(domain) as journal:
        run = journal.run(name) if name and journal else None
        if journal is None or run is None or not run.is_open:
            why = ("interrupted before anything was begun", in_words((command,)))
            return RunResult(Exit.UNCHANGED, why, next=(command,))
        ways = next_for(run.name, journal.steps(run.name))
    text = f"interrupted; the run {run.name} stays open, and what a host has begun goes on there"
    code = int(Exit.RESULT_UNKNOWN)
    with suppress(JournalError), journal_of(domain) as journal:  # its disk may be full; the result is the same
        journal.end(run.name, Outcome.UNKNOWN, text, SystemClock().now(), is_open=True, code=code)
    return RunResult(Exit.RESULT_UNKNOWN, (text, in_words(ways)), run.name, ways)


def _ended(common: Common, result: RunResult) -> int:
    ending = f"exit {int(result.exit)}" + (f", run {result.run}" if result.run else "")
    lines = [*(harmless(sentence) for sentence in result.sentences), ending]
    with suppress(OutputError):  # the output is closed; the exit code is still correct
        echo(json.dumps(result_json(result), indent=2) if common.is_json else "\n".join(lines))
    return int(result.exit)
