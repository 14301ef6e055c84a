"""Tables of replicas and of firing alerts."""

from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.panel_types import Column, grid, lines, words
from scripts.dashboards.panels import HOST_LINK, ROW_LINK, Builder, PanelFrame, Query
from scripts.dashboards.queries import FIRING, OF_HOSTS, age, coded, of_host, sites_of_replicas, where
from scripts.dashboards.thresholds import limit


def replicas() -> dict[int, Builder]:
    """Return the tables of replicas and alerts, and the states over time."""
    return {
        n.REPLICAS: _by_replica(),
        n.ALERTS: _alerts(),
        13: _states(),
    }


def _by_replica() -> Builder:
    return grid(
        PanelFrame(
            "Replicas, worst first",
            "One row per replica. Lag and ahead are updates in its worst table and proven: "
            "empty means not known. Last packet is how long ago the master last sent one; "
            "more than a couple of minutes is bad. Promotable shows whether a finding that is observable from "
            "outside is against promoting it. Click a host for its dashboard.",
            15,
            9,
        ),
        [
            coded(w.STATE, OF_HOSTS),
            of_host("boks_replica_lag_sequences"),
            of_host("boks_replica_lag_seconds"),
            of_host("boks_replica_ahead_sequences"),
            age("boks_replica_last_packet_timestamp_seconds"),
            f"60 + {of_host('boks_replica_promotable')}",
            sites_of_replicas(),
        ],
        [
            Column("host", "Host", links=[ROW_LINK]),
            Column("Value #A", "State", scales.STATE, 105),
            Column("Value #B", "Lag", scales.LAG_UPDATES, 70),
            Column("Value #C", "Lag in time", scales.LAG_SECONDS, 95),
            Column("Value #D", "Ahead", scales.AHEAD, 70),
            Column("Value #E", "Last packet", scales.WHOLE_SECONDS, 95),
            Column("Value #F", "Promotable", scales.PROMOTABLE, 95),
            Column("site", "Site", width=95),
            Column("boks_domain", "Domain", width=80),
        ],
        sort=[("State", True), ("Lag", True)],
        empty="-",
    )


def _alerts() -> Builder:
    return grid(
        PanelFrame(
            "Firing alerts",
            "Firing alerts of the shipped rules, most severe first. Each has a runbook of its name.",
            9,
            9,
        ),
        [
            where(
                "\n  or ".join(
                    f'{each.code} * ALERTS{{{FIRING}, severity="{each.value}"}}' for each in w.SEVERITY.words
                )
            ),
            f"time() - {where(f'ALERTS_FOR_STATE and ignoring (alertstate) ALERTS{{{FIRING}}}')}",
        ],
        [
            Column("Value #A", "Severity", scales.SEVERITY, 85),
            Column("alertname", "Alert"),
            Column("instance", "Where", width=95),
            Column("Value #B", "For", scales.WHOLE_SECONDS, 70),
        ],
        sort=[("Severity", True)],
        empty="No firing alert",
    )


def _states() -> Builder:
    return words(
        PanelFrame(
            "State of each replica",
            "The exporter's verdict over time. A gap means that there is no data. Click for the replica.",
            24,
            8,
        ),
        [Query(coded(w.STATE, OF_HOSTS))],
        w.shown(w.STATE),
        targets=[HOST_LINK],
    )


def lag() -> dict[int, Builder]:
    """Return graphs of each replica's distance from its master."""
    return {
        21: lines(
            PanelFrame(
                "Lag in time",
                "Age of the oldest update that each replica lacks. The lines at "
                f"{limit('lag_seconds:warning'):g} s and {limit('lag_seconds:critical'):g} s are the alerts'. "
                "A gap means that it cannot be proven, mostly because there is not exactly one master.",
                8,
                9,
            ),
            [Query(of_host("boks_replica_lag_seconds"))],
            scales.LAG_SECONDS,
            targets=[HOST_LINK],
        ),
        22: lines(
            PanelFrame(
                "Lag in updates",
                "Updates that the worst table of each replica lacks. From "
                f"{limit('lag_sequences:critical'):g} on a lasting lag pages.",
                8,
                9,
            ),
            [Query(of_host("boks_replica_lag_sequences"))],
            scales.LAG_UPDATES,
            targets=[HOST_LINK],
        ),
        23: lines(
            PanelFrame(
                "Ahead in updates",
                "Updates that the worst table of each replica has and the master lacks. Must be 0.",
                8,
                9,
            ),
            [Query(of_host("boks_replica_ahead_sequences"))],
            scales.AHEAD,
            targets=[HOST_LINK],
        ),
    }
