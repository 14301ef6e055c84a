"""First row of the overview: is there a problem right now?"""

from typing import Final

from scripts.dashboards import colours as c
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.master import master
from scripts.dashboards.panel_types import figure
from scripts.dashboards.panels import FAILOVER_LINK, HOST_LINK, Builder, Link, PanelFrame, Query, Scale, panel_link
from scripts.dashboards.queries import (
    AT_SITES,
    BY_HOST,
    FIRING,
    IN_DOMAIN,
    OF_HOSTS,
    coded,
    counted,
    of_host,
    replicas_at,
)
from scripts.dashboards.thresholds import limit, stalled_after_intervals

_SOUND: Final = ', state=~"ok|unknown"'
"""States that the alert tolerates: without a master no replica is known to be healthy."""


def problem() -> dict[int, Builder]:
    """Return ten panels that show whether there is a fault."""
    return {
        1: _domain(),
        2: _master(),
        3: _firing("Critical alerts", "critical", c.VERMILLION),
        4: _firing("Warnings", "warning", c.ORANGE),
        5: _not_ok(),
        6: _longest_lag(),
        7: _foreign(),
        8: _dark_sites(),
        9: _silent_hosts(),
        10: _exporter(),
    }


def _domain() -> Builder:
    return figure(
        PanelFrame(
            "Domain",
            "The exporter's verdict on each domain. NO MASTER and SEVERAL MASTERS are emergencies of their own; "
            "degraded means that at least one replica is not healthy. Click for the candidates.",
            8,
            3,
        ),
        Query(coded(w.DOMAIN, IN_DOMAIN, "boks_domain"), "{{boks_domain}}"),
        scales.DOMAIN,
        empty="no exporter",
        targets=[FAILOVER_LINK],
    )


def _master() -> Builder:
    return master(
        PanelFrame(
            "Master",
            "The host that reports that it is master. NONE means that nothing can be changed; logins still work; "
            "two mean that changes go to different databases. Click for who can take over.",
            8,
            3,
        ),
        [FAILOVER_LINK],
    )


def _not_ok() -> Builder:
    return _number(
        PanelFrame(
            "Replicas not OK",
            "Replicas in any state except OK. Click for the table.",
            4,
            3,
        ),
        f'{BY_HOST} (boks_replica_state{{{OF_HOSTS}, state!="ok"}}) == 1',
        scales.ANY_IS_A_WARNING,
        panel_link(n.OVERVIEW, n.REPLICAS, "Replicas"),
    )


def _longest_lag() -> Builder:
    return figure(
        PanelFrame(
            "Longest lag",
            "The longest lag of any replica: age of the oldest update that it lacks. "
            f"Orange from {limit('lag_seconds:warning'):g} s, red from {limit('lag_seconds:critical'):g} s, "
            "as the alerts have it. Not known without a master. Click for the replica.",
            4,
            3,
        ),
        Query(f"topk(1, {of_host('boks_replica_lag_seconds')})"),
        scales.LAG_SECONDS,
        targets=[HOST_LINK],
    )


def _foreign() -> Builder:
    return _number(
        PanelFrame(
            "Ahead or diverged",
            "Replicas whose database is not a copy of the master's. They decide logins with wrong data, "
            "even if the master's list shows OK.",
            4,
            3,
        ),
        f'{BY_HOST} (boks_replica_state{{{OF_HOSTS}, state=~"ahead|diverged"}}) == 1',
        scales.ANY_IS_BAD,
        panel_link(n.OVERVIEW, n.REPLICAS, "Replicas"),
    )


def _dark_sites() -> Builder:
    return _number(
        PanelFrame(
            "Sites without replica",
            "Sites without a healthy replica, as defined by the alert: logins there depend on other sites and on "
            "the lines to them. A site that only the exporter cannot reach does not count.",
            4,
            3,
        ),
        f"{replicas_at('site', AT_SITES + _SOUND)} == 0\n  and {replicas_at('site', AT_SITES)} > 0\n"
        f"  unless on (boks_domain, site) boks_site:replicas_only_the_master_reaches:count > 0",
        scales.ANY_IS_BAD,
        panel_link(n.OVERVIEW, n.SITES, "Sites"),
    )


def _silent_hosts() -> Builder:
    return _number(
        PanelFrame(
            "Unreachable hosts",
            "Hosts whose last poll failed. Their state is unknown, which is not the same as "
            "DOWN. Click for the time at which it began.",
            4,
            3,
        ),
        f"{of_host('boks_host_up')} == 0",
        scales.ANY_IS_A_WARNING,
        panel_link(n.OVERVIEW, n.ANSWERS, "Polls"),
    )


def _exporter() -> Builder:
    return figure(
        PanelFrame(
            "Exporter",
            f"Whether the exporter still polls: stalled means that a domain had no round for "
            f"{stalled_after_intervals():g} intervals. Then every figure here is old.",
            4,
            3,
        ),
        Query(
            f"max(\n  time() - max by (boks_domain) (boks_round_last_timestamp_seconds{{{IN_DOMAIN}}})\n"
            f"  > bool {stalled_after_intervals():g} * "
            f"max by (boks_domain) (boks_round_interval_seconds{{{IN_DOMAIN}}})\n)",
            "exporter",
        ),
        scales.EXPORTER,
        empty="ABSENT",
        targets=[Link("Rounds", panel_link(n.OVERVIEW, n.ROUNDS, "").url)],
    )


def _number(frame: PanelFrame, condition: str, scale: Scale, target: Link) -> Builder:
    """Count series for which a condition holds; without any exporter the panel is empty, not 0."""
    return figure(frame, Query(counted(condition)), scale, empty="no exporter", targets=[target])


def _firing(title: str, severity: str, colour: str) -> Builder:
    return figure(
        PanelFrame(
            title,
            f"Firing {severity} alerts of the selected domains. Shows NO ALERTING if the rules are not evaluated: "
            "BoksWatchdog must always fire. Click for the list.",
            4,
            3,
        ),
        Query(
            f'(count(ALERTS{{{FIRING}, severity="{severity}"}}) or vector(0))\n'
            'and on () ALERTS{alertname="BoksWatchdog", alertstate="firing"}',
            severity,
        ),
        Scale(limits=((None, c.GREEN), (1.0, colour))),
        empty="NO ALERTING",
        targets=[panel_link(n.OVERVIEW, n.ALERTS, "Alerts")],
    )
