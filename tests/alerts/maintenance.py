"""What the alerts about maintenance and failovers must do."""

from typing import Final

from tests.alerts.histories import (
    DOMAIN,
    HOST,
    Case,
    of_domain,
    of_host,
)

WORK: Final = (
    Case(
        alert="BoksMaintenanceActive",
        severity="info",
        lines=(of_host("boks_maintenance_active", "0", "1"),),
        fires=0,
        ends=300,
        labels=HOST,
        summary="Maintenance of replica1 is in progress (BoKS domain prod).",
        description="Alerts about replica1 are suppressed until the maintenance ends.",
    ),
    Case(
        alert="BoksMaintenanceOverdue",
        severity="warning",
        lines=(
            of_host("boks_maintenance_active", "0", "0"),
            of_host("boks_replica_state", "1", "0", state="ok"),
            of_host("boks_maintenance_until_timestamp_seconds", "_", "1200"),
        ),
        fires=420,
        ends=0,
        labels=HOST,
        summary="The maintenance of replica1 is over, and the replica is not OK (BoKS domain prod).",
        description="Its announced end has passed. The work on replica1 continues without maintenance, or was left unfinished.",
    ),
    Case(
        alert="BoksFailoverFrozen",
        severity="info",
        lines=(of_domain("boks_failover_freeze_active", "0", "1"),),
        fires=0,
        ends=120,
        labels=DOMAIN,
        summary="Role changes of BoKS domain prod are frozen.",
        description="An operator froze the domain. Every failover command reports it, and it ends by itself within seven days.",
    ),
    Case(
        alert="BoksFailoverRunning",
        severity="info",
        lines=(of_domain("boks_failover_in_progress", "0", "1"),),
        fires=0,
        ends=120,
        labels=DOMAIN,
        summary="A failover is in progress in BoKS domain prod.",
        description="A failover procedure is running; roles and states may change for some minutes.",
    ),
    Case(
        alert="BoksFailoverUnfinished",
        severity="critical",
        lines=(of_domain("boks_failover_in_progress", "0", "1"),),
        fires=1860,
        ends=0,
        labels=DOMAIN,
        summary="A failover of BoKS domain prod has not finished.",
        description="A run has been open for half an hour. It was interrupted or waits for an operator; no other run can start until it ends.",
    ),
    Case(
        alert="BoksFailoverFailed",
        severity="critical",
        lines=(of_domain("boks_failover_runs_total", "+0", "+1", procedure="promote", outcome="failed"),),
        fires=60,
        ends=570,
        labels=DOMAIN | {"procedure": "promote", "outcome": "failed"},
        summary="A promote in BoKS domain prod ended as failed.",
        description="Some of its changes may be made and others not. Check the domain before changing anything else.",
    ),
)
