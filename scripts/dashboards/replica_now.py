"""Present state of one host and its distance from the master."""

from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.panel_types import figure
from scripts.dashboards.panels import Builder, PanelFrame, Query, panel_link
from scripts.dashboards.queries import OF_HOSTS, age, coded, of_host


def state() -> dict[int, Builder]:
    """Return panels of the host's verdict, list status, role and polls."""
    return {
        1: figure(
            PanelFrame("State", "The exporter's verdict on this replica. Unknown for a master or a client.", 4, 4),
            Query(coded(w.STATE, OF_HOSTS)),
            scales.STATE,
            empty="no replica",
        ),
        2: figure(
            PanelFrame("Master's list", "Status of this host in the master's boksdiag list.", 4, 4),
            Query(coded(w.REPORTED, OF_HOSTS)),
            scales.REPORTED,
            empty="not listed",
        ),
        3: figure(
            PanelFrame("Role", "The role that the host reports; unknown while it does not answer.", 4, 4),
            Query(coded(w.ROLE, OF_HOSTS)),
            scales.ROLE,
        ),
        4: figure(
            PanelFrame(
                "Promotable",
                "Whether there is a finding against its promotion, as far as it is observable from outside.",
                4,
                4,
            ),
            Query(f"60 + {of_host('boks_replica_promotable')}"),
            scales.PROMOTABLE,
        ),
        5: figure(
            PanelFrame("Answers", "Whether the last poll of this host succeeded. Click for the polls.", 4, 4),
            Query(f"50 + {of_host('boks_host_up')}"),
            scales.ANSWERS,
            targets=[panel_link(n.REPLICA, n.POLLS, "Polls")],
        ),
        6: figure(
            PanelFrame("Age of the values", "Time since the last successful poll of this host.", 4, 4),
            Query(age("boks_host_last_success_timestamp_seconds")),
            scales.STALE,
            empty="never",
        ),
    }


def distance() -> dict[int, Builder]:
    """Return panels of the distance between its data and the master's."""
    return {
        7: _oldest_missing(),
        8: _lag(),
        9: _ahead(),
        10: _spoilt(),
        11: _last_packet(),
        12: _last_failure(),
    }


def _oldest_missing() -> Builder:
    return figure(
        PanelFrame("Oldest missing update", "Age of the oldest update that this replica lacks.", 4, 4),
        Query(of_host("boks_replica_lag_seconds")),
        scales.LAG_SECONDS,
    )


def _lag() -> Builder:
    return figure(
        PanelFrame("Lag", "Updates that its worst table certainly lacks. Click for the tables.", 4, 4),
        Query(of_host("boks_replica_lag_sequences")),
        scales.LAG_UPDATES,
        targets=[panel_link(n.REPLICA, n.TABLES, "Tables")],
    )


def _ahead() -> Builder:
    return figure(
        PanelFrame("Ahead", "Updates that its worst table has and the master lacks. Must be 0.", 4, 4),
        Query(of_host("boks_replica_ahead_sequences")),
        scales.AHEAD,
        targets=[panel_link(n.REPLICA, n.TABLES, "Tables")],
    )


def _spoilt() -> Builder:
    return figure(
        PanelFrame(
            "Faulty tables",
            "Tables that the master has and this replica does not show, and tables of another generation. Must be 0.",
            4,
            4,
        ),
        Query(f"{of_host('boks_replica_missing_tables')} + {of_host('boks_replica_stamp_mismatch_tables')}"),
        scales.ANY_IS_BAD,
        targets=[panel_link(n.REPLICA, n.TABLES, "Tables")],
    )


def _last_packet() -> Builder:
    return figure(
        PanelFrame(
            "Last packet",
            "Time since the master last sent this replica a packet: never more than a couple of minutes.",
            4,
            4,
        ),
        Query(age("boks_replica_last_packet_timestamp_seconds")),
        scales.NEUTRAL_SECONDS,
    )


def _last_failure() -> Builder:
    return figure(
        PanelFrame(
            "Last failure",
            "Time since the master last failed to update this replica. A couple of hours is recent; "
            "none means that the list shows none, or no list can be read.",
            4,
            4,
        ),
        Query(age("boks_replica_last_failure_timestamp_seconds")),
        scales.NEUTRAL_SECONDS,
        empty="none",
    )
