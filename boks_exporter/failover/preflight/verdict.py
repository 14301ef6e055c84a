"""The effect of findings on a run, once some are accepted."""

from collections.abc import Collection, Iterable
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import RULES, Finding, Guard, Level

_LOCKS: Final = frozenset({Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY})


class NotAcceptableError(BoksExporterError):
    """A finding was accepted that cannot be."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(f"--accept {guard}: it cannot be accepted: {RULES[guard].because}")


def blocking_findings(findings: Iterable[Finding], accepted: Collection[Guard]) -> tuple[Finding, ...]:
    """Return the findings that block a run; raises NotAcceptableError for an acceptance that is not allowed."""
    for guard in accepted:
        if not RULES[guard].acceptable:
            raise NotAcceptableError(guard)
    return tuple(finding for finding in findings if finding.matters and finding.guard not in accepted)


def told(finding: Finding) -> str:
    """Write a blocking finding in a line, with its name and how it can be accepted."""
    how = f"--accept {finding.guard} --reason …" if finding.acceptable else "this cannot be accepted"
    return f"{finding.guard}: {finding.sentence} ({how})"


def exit_for(left: Iterable[Finding]) -> Exit:
    """Return the exit code for blocking findings: a refusal outweighs an unknown fact."""
    several = tuple(left)
    if any(finding.guard in _LOCKS for finding in several):
        return Exit.LOCKED
    if any(finding.level is Level.REFUSE for finding in several):
        return Exit.REFUSED
    return Exit.FACTS_UNKNOWN if several else Exit.DONE
