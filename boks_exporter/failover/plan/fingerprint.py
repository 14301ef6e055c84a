"""The fingerprint of a plan: what it rests on and what it does, without what changes from one second to the next.

In it: who is there and answers, every host's role, state and SHM_SIZE, whether its gate is ready and its daemons run,
who is registered, the findings by name, host and level (those about other people's decisions with their sentence), and
every step with its exact words. Left out: times and ages,
sequence numbers and amounts (a busy master would never show the same twice), free space, and the run's name.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.plan.build import Plan
from boks_exporter.failover.procedures.step import UNNAMED
from boks_exporter.model import HostName

Basis: TypeAlias = tuple[tuple[str, str], ...]

DIGITS: Final = 16
"""Hexadecimal digits: 64 bits, which do not collide by chance."""


def basis_of(plan: Plan, facts: FailoverFacts, findings: Iterable[Finding]) -> Basis:
    """List what a plan is based on and what it does, one fact a line, in a fixed order."""
    return (*sorted(_facts(facts)), *sorted(set(_found(findings))), *_plan(plan))


UNKNOWN: Final = "unknown"
_OWN_NAME: Final = "calls itself"
_BY_WORD: Final = {Guard.FROZEN, Guard.UNDER_MAINTENANCE, Guard.LAST_RUN_FAILED}
"""Findings that have no amount and do not change by themselves: another sentence is another finding."""


def own_name_key(host: HostName) -> str:
    """Return the key under which a basis has what the machine of a host calls itself."""
    return f"{host} {_OWN_NAME}"


def fingerprint_of(basis: Basis) -> str:
    """Return the digest of a basis."""
    canonical = json.dumps(basis, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGITS]


def difference(before: Basis, now: Basis) -> tuple[str, ...]:
    """Name line by line what has changed."""
    old, new = dict(before), dict(now)
    changed = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    return tuple(f"{key}: was {old.get(key, 'not there')}, is {new.get(key, 'not there')}" for key in changed)


def _facts(facts: FailoverFacts) -> Iterator[tuple[str, str]]:
    yield "old master", facts.old_master or "none"
    yield "fence", "configured" if facts.has_fence else "none"
    yield "registered replicas", "unknown" if facts.registered is None else " ".join(sorted(facts.registered))
    for host in facts.snapshot.hosts:
        for name, value in _host(facts, host.name):
            yield f"{host.name} {name}", value


def _host(facts: FailoverFacts, host: HostName) -> Iterator[tuple[str, str]]:
    seen, readiness = facts.seen(host), facts.readiness(host)
    known = facts.host(host)
    yield "address", f"{known.address} port {known.port or 'of SSH'}" if known else "unknown"
    yield _OWN_NAME, readiness.hostname if readiness and readiness.hostname else UNKNOWN
    yield "answers", "yes" if seen else "no, but its machine is up" if facts.is_up(host) else "no"
    yield "role", facts.role(host)
    yield "state", facts.health.host(host).state
    yield "SHM_SIZE", str(seen.environment.shm_size_kilobytes) if seen else "unknown"
    yield "operator's gate", "answers" if readiness else "unreachable"
    yield "daemons", facts.daemons(host)


def _found(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    for finding in findings:
        text = f"{finding.level}: {finding.sentence}" if finding.guard in _BY_WORD else finding.level
        yield f"finding {finding.guard}" + (f" on {finding.host}" if finding.host else ""), text


def _plan(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "procedure", plan.procedure
    yield "target", plan.target
    yield "master", plan.master or "none"
    yield "locks", " ".join(plan.lock_hosts)
    yield from steps_of(plan)


def steps_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the lines of a basis that describe the steps of its plan, with their exact words."""
    for step in plan.steps:
        request = step.request(step.id(UNNAMED))
        text = request.line() if request else step.kind
        proof = "; ".join(str(claim) for claim in step.proves)
        yield f"step {step.number}", f"{step.key} on {step.host}: {text}; proves: {proof}"
