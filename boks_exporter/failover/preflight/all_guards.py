"""Run every guard."""

from typing import Final

from boks_exporter.failover.findings import Finding
from boks_exporter.failover.preflight import copies, database, equal, roles, runs
from boks_exporter.failover.preflight.question import PlanQuestion

_GUARDS: Final = (
    roles.known_host,
    roles.machines,
    roles.names,
    roles.servers,
    runs.open_runs,
    runs.locks,
    runs.last_run,
    runs.clock,
    runs.maintenance,
    runs.freezes,
    roles.master,
    roles.every_host_asked,
    roles.former_masters,
    roles.target_role,
    roles.fresh,
    roles.daemons,
    copies.complete,
    copies.readable,
    copies.healthy,
    copies.evidence_age,
    copies.error_log,
    copies.behind_best,
    copies.behind_last_master,
    copies.only_here,
    copies.fork_point,
    copies.stale_database,
    copies.last_copy,
    database.files,
    runs.registered,
    equal.bridge,
    equal.shm_size,
    equal.method_conf,
    equal.promotion,
    equal.site,
    runs.gates,
)


def findings_of(question: PlanQuestion) -> tuple[Finding, ...]:
    """Collect the findings of all guards."""
    return tuple(finding for guard in _GUARDS for finding in guard(question))
