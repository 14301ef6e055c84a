"""Maintenance windows of a run, for alerts and status."""

from typing import Final

from boks_exporter.failover.journal import Maintenance
from boks_exporter.failover.plan import Plan
from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Seconds
from boks_exporter.remote.operator_requests import RunName

_LONGEST_SECONDS: Final[Seconds] = 4 * 3600.0


def open_windows(tools: Tools, run: RunName, plan: Plan) -> None:
    """Open a window for every host that the run works on, where it has none; windows expire on their own."""
    now, domain = tools.clock.now(), tools.survey.domain.name
    covered = {window.host for window in tools.journal.maintenance(now, domain) if window.run == run}
    for host in plan.concerned_hosts:
        window = Maintenance(
            domain=domain,
            host=host,
            started_at=now,
            until=now + _LONGEST_SECONDS,
            reason=f"failover {plan.procedure} {plan.target}",
            owner=str(tools.who),
            run=run,
        )
        if host not in covered:
            tools.journal.start_maintenance(window)
