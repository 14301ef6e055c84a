"""Panel of the master, shown on two dashboards."""

from collections.abc import Sequence

from grafana_foundation_sdk.models import common

from scripts.dashboards import scales
from scripts.dashboards.panel_types import figure
from scripts.dashboards.panels import Builder, Link, PanelFrame, Query
from scripts.dashboards.queries import IN_DOMAIN, of_host


def master(frame: PanelFrame, targets: Sequence[Link]) -> Builder:
    """Show the names, coloured by their number."""
    selector = f'{IN_DOMAIN}, role="master"'
    return figure(
        frame,
        Query(
            f"({of_host('boks_host_role', selector)} == 1)\n"
            f"* on (boks_domain) group_left () max by (boks_domain) (boks_domain_masters{{{IN_DOMAIN}}})"
        ),
        scales.MASTERS,
        empty="NONE",
        targets=targets,
        text=common.BigValueTextMode.NAME,
    )
