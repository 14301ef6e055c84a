"""Guards about other runs: in the journal, and on the hosts."""

from collections.abc import Iterator
from dataclasses import replace

from boks_exporter.failover.failover_exits import Outcome
from boks_exporter.failover.findings import Finding, Guard, Level
from boks_exporter.failover.preflight.question import PlanQuestion, judged, refuse, unknown
from boks_exporter.failover.proofs.domains import is_registered
from boks_exporter.failover.proofs.proven import Circumstances
from boks_exporter.model import HostName, Role
from boks_exporter.text.formatting import span, utc_clock


def open_runs(question: PlanQuestion) -> Iterator[Finding]:
    """No other run of the domain is open."""
    for run in question.facts.journal.open_runs:
        if run.run != question.own_run:
            text = (
                f"the run {run.run} ({run.procedure} {run.target}, by {run.owner}) is open: failover resume "
                f"{run.run}, or failover abort {run.run}"
            )
            yield refuse(Guard.RUN_OPEN, text, run.target, source="journal")


def last_run(question: PlanQuestion) -> Iterator[Finding]:
    """The last run succeeded; and masters do not change twice in a short time."""
    last = question.facts.journal.last
    if last is None:
        return
    age = question.facts.seen_at - (last.ended_at or last.started_at)
    if last.outcome in {Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_CONVERGED}:
        text = f"the run {last.run} ({last.procedure} {last.target}) ended as {last.outcome}: failover show {last.run}"
        yield refuse(Guard.LAST_RUN_FAILED, text, last.target, source="journal", age_seconds=age)
    limit = question.limits.cool_down_seconds
    if 0 <= age < limit and question.makes_master and last.procedure.makes_master:
        text = f"the run {last.run} ended {span(age)} ago; another begins {span(limit)} after it at the earliest"
        yield refuse(Guard.COOL_DOWN, text, value=f"{age:.0f} s", limit=f"{limit:.0f} s", source="journal")


def clock(question: PlanQuestion) -> Iterator[Finding]:
    """Nothing that the journal has happened in the future: the clock of this machine was not set back since."""
    journal, now = question.facts.journal, question.facts.seen_at
    times = {f"the run {each.run} ended": each.ended_at or each.started_at for each in (journal.last,) if each}
    times |= {f"the fork point of {fork.new_master} was taken": fork.at for fork in journal.forks}
    times |= {f"the database of {host} was moved aside": at for host, at in journal.removed.items()}
    times |= {f"{host} was declared lost": lost.at for host, lost in journal.lost.items()}
    for what, at in times.items():
        if at > now:
            text = f"{what} {span(at - now)} in the future: the clock of this machine was set back"
            yield unknown(Guard.CLOCK_SET_BACK, text, source="journal", age_seconds=now - at)


def maintenance(question: PlanQuestion) -> Iterator[Finding]:
    """No host that is changed is under maintenance, other than by this run."""
    now, hosts = question.facts.seen_at, {question.target, *question.plan.concerned_hosts}
    for window in question.facts.journal.windows:
        is_over = window.ended_at is not None or window.until <= now
        if not is_over and window.host in hosts and (window.run is None or window.run != question.own_run):
            text = f"{window.host} is under maintenance, by {window.owner}: {window.reason}"
            yield refuse(Guard.UNDER_MAINTENANCE, text, window.host, source="journal")


def freezes(question: PlanQuestion) -> Iterator[Finding]:
    """No host keeps a freeze of the domain; one freeze is one finding, on however many hosts it is kept."""
    kept: dict[tuple[str, str], dict[HostName, int | None]] = {}
    for host, gate in sorted(question.facts.gates.items()):
        freeze = gate.readiness.freeze if gate.readiness else None
        if freeze is not None:
            kept.setdefault((freeze.owner, freeze.reason), {})[host] = freeze.until
    for (owner, reason), ends in kept.items():
        hosts, only = ", ".join(ends), next(iter(ends)) if len(ends) == 1 else None
        known = [until for until in ends.values() if until is not None]
        if known:
            text = f"the domain is frozen until {utc_clock(max(known))} by {owner}: {reason} (kept on {hosts})"
            yield refuse(Guard.FROZEN, text, only, value=owner, source="operator's gate")
        else:
            text = f"whether the domain is frozen is unknown: the freeze on {hosts} cannot be read"
            yield unknown(Guard.FROZEN, text, only, source="operator's gate")


def locks(question: PlanQuestion) -> Iterator[Finding]:
    """No other run holds the lock of a host, and no change is still running there."""
    yield from _locked(question)
    for host in question.plan.lock_hosts:
        readiness = question.facts.readiness(host)
        if readiness is None:
            continue
        if readiness.busy and readiness.busy.split(".")[0] != question.own_run:
            text = f"the change {readiness.busy} still runs on {host}"
            yield refuse(Guard.HOST_BUSY, text, host, value=readiness.busy, source="operator's gate")


def _locked(question: PlanQuestion) -> Iterator[Finding]:
    """Report each run once, however many hosts it holds."""
    held: dict[str, dict[HostName, str]] = {}
    for host in question.plan.lock_hosts:
        readiness = question.facts.readiness(host)
        if readiness and readiness.lock and readiness.lock.split()[0] != question.own_run:
            held.setdefault(readiness.lock.split()[0], {})[host] = readiness.lock
    for run, hosts in held.items():
        lock, breaks = next(iter(hosts.values())), "; ".join(f"failover break-lock {run} {host}" for host in hosts)
        text = (
            f"{', '.join(hosts)} {'is' if len(hosts) == 1 else 'are'} locked by {lock}: failover resume {run}, or "
            f"failover abort {run}, where it was begun; if it is closed there or permanently lost: {breaks}"
        )
        only = next(iter(hosts)) if len(hosts) == 1 else None
        yield refuse(Guard.HOST_LOCKED, text, only, value=lock, source="operator's gate")


def gates(question: PlanQuestion) -> Iterator[Finding]:
    """The operator's gate works wherever something is changed, and every other server can be locked."""
    for host in question.plan.changed_hosts:
        yield from _gate(question, host)
    for seen in question.facts.snapshot.observed():
        is_server = seen.role in {Role.MASTER, Role.REPLICA}
        if is_server and seen.host not in question.plan.lock_hosts and question.plan.concerned_hosts:
            gate = question.facts.gates.get(seen.host)
            text = f"{seen.host} cannot be locked: {gate.failure if gate else 'its gate was not asked'}"
            yield unknown(Guard.LOCK_INCOMPLETE, text, seen.host, source="operator's gate")


def _gate(question: PlanQuestion, host: str) -> Iterator[Finding]:
    gate = question.facts.gates.get(host)
    if gate is None or gate.readiness is None:
        text = f"the operator's gate of {host} does not answer: {gate.failure if gate else 'not asked'}"
        yield refuse(Guard.GATE_NOT_READY, text, host, source="operator's gate")
        return
    ready = gate.readiness
    for is_fine, what in (
        (ready.permitted, "may not become root (permitted)"),
        (ready.boksadm, "does not find boksadm"),
        (ready.state_writable, "cannot write its directory of records (state)"),
        (ready.outlives_session, "would lose BoKS's daemons with its connection (session): KillUserProcesses is set"),
    ):
        if not is_fine:
            sure = "" if is_fine is False else ", as far as it reports"
            yield refuse(Guard.GATE_NOT_READY, f"the operator's gate of {host} {what}{sure}", host, source="preflight")


def registered(question: PlanQuestion) -> Iterator[Finding]:
    """The database has the host as a replica; where a later step waits for it, it is only noted."""
    steps = [step for step in question.plan.steps if step.key == "wait-registered"]
    if not steps:
        return
    host = steps[0].host
    found = is_registered(question.facts, host, question.facts.snapshot.master or "the master", Circumstances())
    for finding in judged(Guard.NOT_REGISTERED, found, host, source="hostadm -l -t BOKSREPLICA"):
        is_awaited = finding.level is Level.REFUSE and steps[0].number > 1
        yield replace(finding, level=Level.NOTE) if is_awaited else finding
