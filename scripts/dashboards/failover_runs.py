"""Rows of runs and of hosts under maintenance."""

from scripts.dashboards import colours as c
from scripts.dashboards import scales
from scripts.dashboards.panel_types import Column, figure, grid, lines, words
from scripts.dashboards.panels import Builder, PanelFrame, Query, Scale
from scripts.dashboards.queries import BY_HOST, IN_DOMAIN, OF_HOSTS, counted, of_host

_UNDER_WAY = Scale(shown={0: ("none", c.GREEN), 1: ("RUNNING", c.ORANGE)})
_OVERDUE = (
    f"time() - {BY_HOST} (max_over_time(boks_maintenance_until_timestamp_seconds{{{OF_HOSTS}}}[30m])) > 0\n"
    f"  and {of_host('boks_maintenance_active')} == 0\n"
    f'  and {BY_HOST} (boks_replica_state{{{OF_HOSTS}, state="ok"}}) == 0'
)
_BY_OUTCOME = f"max by (boks_domain, procedure, outcome) (boks_failover_runs_total{{{IN_DOMAIN}}})"
_MAINTENANCE = {71: ("maintenance", c.SKY), 70: ("none", c.DARK)}


def runs() -> dict[int, Builder]:
    """Return the panels of runs and maintenance."""
    return {
        31: _under_way(),
        32: _last_run(),
        33: _maintained(),
        34: _overdue(),
        35: _by_outcome(),
        36: _over_time(),
        37: _maintenance(),
    }


def _under_way() -> Builder:
    return figure(
        PanelFrame("Procedure in progress", "Whether a failover or another procedure is running now.", 6, 4),
        Query(f"max(boks_failover_in_progress{{{IN_DOMAIN}}})", "run"),
        _UNDER_WAY,
        empty="no journal",
    )


def _last_run() -> Builder:
    return figure(
        PanelFrame("Last run", "Time since the last procedure ended, successful or not.", 6, 4),
        Query(
            f"time() - max by (boks_domain) (boks_failover_last_timestamp_seconds{{{IN_DOMAIN}}})",
            "{{boks_domain}}",
        ),
        scales.NEUTRAL_SECONDS,
        empty="never",
    )


def _maintained() -> Builder:
    return figure(
        PanelFrame("Hosts under maintenance", "Hosts whose alerts are suppressed by a maintenance window.", 6, 4),
        Query(counted(f"{of_host('boks_maintenance_active')} == 1")),
        scales.NEUTRAL_SECONDS._replace(unit="none"),
        empty="no exporter",
    )


def _overdue() -> Builder:
    return figure(
        PanelFrame("Overdue maintenance", "Replicas whose maintenance window has expired and which are not OK.", 6, 4),
        Query(counted(_OVERDUE)),
        scales.ANY_IS_A_WARNING,
        empty="no exporter",
    )


def _by_outcome() -> Builder:
    return grid(
        PanelFrame(
            "Runs by procedure and outcome",
            "Every closed run in the journal. Failed or unknown means: check the domain before changing anything.",
            12,
            8,
        ),
        [_BY_OUTCOME],
        [
            Column("procedure", "Procedure"),
            Column("outcome", "Outcome", width=200),
            Column("Value", "Runs", scales.UPDATES, 90),
            Column("boks_domain", "Domain", width=110),
        ],
        sort=[("Runs", True)],
        empty="No run is in the journal",
    )


def _over_time() -> Builder:
    return lines(
        PanelFrame("Runs over time", "Runs of each procedure, by outcome.", 12, 8),
        [Query(_BY_OUTCOME, "{{procedure}}: {{outcome}}")],
        scales.UPDATES,
        empty="no run is in the journal",
    )


def _maintenance() -> Builder:
    return words(
        PanelFrame("Maintenance of each host", "When alerts of a host were suppressed by a maintenance window.", 24, 7),
        [Query(f"70 + {of_host('boks_maintenance_active')}")],
        _MAINTENANCE,
    )
