"""The effect of findings on a run, once some are accepted."""

from collections.abc import Iterable
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import NAMES_HOST, RULES, Acceptance, Acceptances, Finding, Guard, Level
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.procedures.claims import ClaimKind

_LOCKS: Final = frozenset({Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY})


class NotAcceptableError(BoksExporterError):
    """A finding was accepted that cannot be."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(f"--accept {guard}: it cannot be accepted: {RULES[guard].because}")


class NoSuchFindingError(BoksExporterError):
    """A finding was accepted that does not exist."""

    def __init__(self, entry: Acceptance, found: Iterable[Finding] = ()) -> None:
        self.entry = entry
        hosts = dict.fromkeys(each.host for each in found if each.guard is entry.guard and each.host and each.matters)
        where = f" on {entry.host}" if entry.host else ""
        names = f"; it is accepted for one host, as {entry.guard}=HOST" if entry.guard in NAMES_HOST else ""
        others = f"; there is one on {', '.join(hosts)}" if hosts else ""
        super().__init__(f"--accept {entry}: there is no finding {entry.guard}{where}{others}{names}")


def check_acceptable(accepted: Iterable[Acceptance]) -> None:
    """Raise NotAcceptableError for an acceptance that is not allowed."""
    for entry in accepted:
        if not RULES[entry.guard].acceptable:
            raise NotAcceptableError(entry.guard)


def check_existing(accepted: Acceptances, plan: Plan, findings: Iterable[Finding]) -> None:
    """Raise NoSuchFindingError for an acceptance that neither a finding nor a step of the plan needs."""
    several = tuple(findings)
    claims = {claim.kind for step in plan.steps for claim in (*step.needs, *step.proves, *step.undo_needs)}
    consulted = {guard for kind in claims for guard in CONSULTED.get(kind, ())}
    hosts = {None, plan.target, plan.master}
    for entry in accepted.entries:
        is_consulted = entry.guard in consulted and entry.host in hosts
        if not is_consulted and not any(each.matters and each in Acceptances((entry,)) for each in several):
            raise NoSuchFindingError(entry, several)


CONSULTED: Final = {
    ClaimKind.IS_AS_ADVANCED: (Guard.BEHIND_LAST_MASTER,),
    ClaimKind.MAY_BE_REMOVED: (Guard.BEHIND_LAST_MASTER, Guard.UPDATES_ONLY_HERE),
    ClaimKind.IS_REGISTERED: (Guard.NOT_REGISTERED,),
    ClaimKind.ERROR_LOG_IS_CLEAN: (Guard.ERROR_LOG,),
}
"""The acceptances that a claim consults when it is proven, though there may be no finding before the run."""


def blocking_findings(findings: Iterable[Finding], accepted: Acceptances) -> tuple[Finding, ...]:
    """Return the findings that block a run; raises NotAcceptableError for an acceptance that is not allowed."""
    check_acceptable(accepted.entries)
    return tuple(finding for finding in findings if finding.matters and finding not in accepted)


def argument(finding: Finding) -> str:
    """Write the argument of `--accept` for a finding; its host has to be typed where the guard asks for it."""
    return f"{finding.guard}={finding.host}" if finding.guard in NAMES_HOST and finding.host else finding.guard


def finding_line(finding: Finding) -> str:
    """Write a blocking finding in a line, with its name and how it can be accepted."""
    how = f"--accept {argument(finding)} --reason ''" if finding.acceptable else "this cannot be accepted"
    return f"{finding.guard}: {finding.sentence} ({how})"


def exit_for(left: Iterable[Finding]) -> Exit:
    """Return the exit code for blocking findings: a refusal outweighs an unknown fact."""
    several = tuple(left)
    if any(finding.guard in _LOCKS for finding in several):
        return Exit.LOCKED
    if any(finding.level is Level.REFUSE for finding in several):
        return Exit.REFUSED
    return Exit.FACTS_UNKNOWN if several else Exit.DONE
