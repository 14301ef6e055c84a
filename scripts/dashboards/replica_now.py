"""One host now: its state and its distance from the master."""

from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.panel_types import figure
from scripts.dashboards.panels import Builder, Look, Query, panel_link
from scripts.dashboards.queries import OF_HOSTS, age, coded, of_host


def state() -> dict[int, Builder]:
    """Say what everybody thinks of this host."""
    return {
        1: figure(
            Look("State", "The exporter's verdict on this replica. Not known for a master or a client.", 4, 4),
            Query(coded(w.STATE, OF_HOSTS)),
            scales.STATE,
            empty="no replica",
        ),
        2: figure(
            Look("Master's list", "What the master's boksdiag list says about this host.", 4, 4),
            Query(coded(w.REPORTED, OF_HOSTS)),
            scales.REPORTED,
            empty="not listed",
        ),
        3: figure(
            Look("Role", "What the host itself says it is; unknown while it does not answer.", 4, 4),
            Query(coded(w.ROLE, OF_HOSTS)),
            scales.ROLE,
        ),
        4: figure(
            Look("Promotable", "Whether anything that can be seen from outside speaks against promoting it.", 4, 4),
            Query(f"60 + {of_host('boks_replica_promotable')}"),
            scales.PROMOTABLE,
        ),
        5: figure(
            Look("Answers", "Whether the exporter's last look at this host worked. Click for the polls.", 4, 4),
            Query(f"50 + {of_host('boks_host_up')}"),
            scales.ANSWERS,
            targets=[panel_link(n.REPLICA, n.POLLS, "Show the polls")],
        ),
        6: figure(
            Look("Age of the facts", "How long ago this host was last looked at with success.", 4, 4),
            Query(age("boks_host_last_success_timestamp_seconds")),
            scales.STALE,
            empty="never",
        ),
    }


def distance() -> dict[int, Builder]:
    """Say how far its data are from the master's."""
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
        Look("Oldest missing update", "Age of the oldest update that this replica has not got.", 4, 4),
        Query(of_host("boks_replica_lag_seconds")),
        scales.LAG_SECONDS,
    )


def _lag() -> Builder:
    return figure(
        Look("Lag", "Updates that its worst table certainly lacks. Click for the tables.", 4, 4),
        Query(of_host("boks_replica_lag_sequences")),
        scales.LAG_UPDATES,
        targets=[panel_link(n.REPLICA, n.TABLES, "Show the tables")],
    )


def _ahead() -> Builder:
    return figure(
        Look("Ahead", "Updates that its worst table has and the master has not. Any is too many.", 4, 4),
        Query(of_host("boks_replica_ahead_sequences")),
        scales.AHEAD,
        targets=[panel_link(n.REPLICA, n.TABLES, "Show the tables")],
    )


def _spoilt() -> Builder:
    return figure(
        Look(
            "Spoilt tables",
            "Tables that the master has and this replica does not show, and tables of another generation. "
            "Any is too many.",
            4,
            4,
        ),
        Query(f"{of_host('boks_replica_missing_tables')} + {of_host('boks_replica_stamp_mismatch_tables')}"),
        scales.ANY_IS_BAD,
        targets=[panel_link(n.REPLICA, n.TABLES, "Show the tables")],
    )


def _last_packet() -> Builder:
    return figure(
        Look(
            "Last packet",
            "How long ago the master last sent this replica a packet: never more than a couple of minutes.",
            4,
            4,
        ),
        Query(age("boks_replica_last_packet_timestamp_seconds")),
        scales.NEUTRAL_SECONDS,
    )


def _last_failure() -> Builder:
    return figure(
        Look(
            "Last failure",
            "How long ago the master last failed to update this replica. A couple of hours is recent; "
            "none means that the list shows none, or no list can be read.",
            4,
            4,
        ),
        Query(age("boks_replica_last_failure_timestamp_seconds")),
        scales.NEUTRAL_SECONDS,
        empty="none",
    )
