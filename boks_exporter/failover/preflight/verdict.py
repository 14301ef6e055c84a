"""What the findings mean for the run, once some are accepted."""

from collections.abc import Collection, Iterable
from typing import Final

from boks_exporter.errors import BoksExporterError
from boks_exporter.failover.failover_exits import Exit
from boks_exporter.failover.findings import RULES, Finding, Guard, Level

_LOCKS: Final = frozenset({Guard.RUN_OPEN, Guard.HOST_LOCKED, Guard.HOST_BUSY})


class NotAcceptableError(BoksExporterError):
    """Somebody accepts what nobody may accept."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(f"--accept {guard}: nobody may accept this one: {RULES[guard].because}")


def blocking_findings(findings: Iterable[Finding], accepted: Collection[Guard]) -> tuple[Finding, ...]:
    """Tell which findings still stand in the way; raises NotAcceptableError for what nobody may accept."""
    for guard in accepted:
        if not RULES[guard].acceptable:
            raise NotAcceptableError(guard)
    return tuple(finding for finding in findings if finding.matters and finding.guard not in accepted)


def told(finding: Finding) -> str:
    """Tell a finding that stands in the way in one line, with its name and whether it can be accepted."""
    how = f"--accept {finding.guard} --reason …" if finding.acceptable else "nobody may accept this"
    return f"{finding.guard}: {finding.sentence} ({how})"


def exit_for(left: Iterable[Finding]) -> Exit:
    """Tell how a command ends before which these findings stand: what refuses outweighs what is not known."""
    several = tuple(left)
    if any(finding.guard in _LOCKS for finding in several):
        return Exit.LOCKED
    if any(finding.level is Level.REFUSE for finding in several):
        return Exit.REFUSED
    return Exit.FACTS_UNKNOWN if several else Exit.DONE
