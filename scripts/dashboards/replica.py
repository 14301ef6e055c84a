"""Dashboard "BoKS replica": details of one host."""

from grafana_foundation_sdk.models import dashboard

from scripts.dashboards import colours as c
from scripts.dashboards import panel_ids as n
from scripts.dashboards import scales
from scripts.dashboards import value_maps as w
from scripts.dashboards.frame import Frame, Row, framed
from scripts.dashboards.panel_types import lines, words
from scripts.dashboards.panels import Builder, PanelFrame, Query
from scripts.dashboards.queries import OF_HOSTS, coded, of_host
from scripts.dashboards.replica_now import distance, state
from scripts.dashboards.replica_server import polling, server
from scripts.dashboards.replica_tables import tables
from scripts.dashboards.thresholds import limit


def replica() -> dashboard.Dashboard:
    """Build the dashboard."""
    frame = Frame(
        uid=n.REPLICA,
        title="BoKS replica",
        description="Details of one BoKS server: state, tables, memory, error log, and polls.",
        since="now-3h",
        chooses_one_domain=True,
        chooses_one_host=True,
    )
    return framed(
        frame,
        (
            Row("$host now", {**state(), **distance()}),
            Row("$host over time", _history()),
            Row("Tables", tables()),
            Row("The server itself", server()),
            Row("Polling", polling()),
        ),
    )


def _history() -> dict[int, Builder]:
    return {
        21: words(
            PanelFrame(
                "Verdict, list, role, polls",
                "The exporter's verdict, the status in the master's list and the host's role. A gap means no data.",
                24,
                6,
            ),
            [
                Query(coded(w.STATE, OF_HOSTS), "state"),
                Query(coded(w.REPORTED, OF_HOSTS), "master's list"),
                Query(coded(w.ROLE, OF_HOSTS), "role"),
                Query(f"50 + {of_host('boks_host_up')}", "polls"),
            ],
            w.shown(w.STATE) | w.shown(w.REPORTED) | w.shown(w.ROLE) | w.ANSWERS,
        ),
        22: lines(
            PanelFrame(
                "Lag in time",
                "Age of the oldest missing update: exact, or a lower bound where it was written before the exporter "
                f"started. Alerts fire at {limit('lag_seconds:warning'):g} s and {limit('lag_seconds:critical'):g} s.",
                12,
                8,
            ),
            [
                Query(of_host("boks_replica_lag_seconds"), "exact"),
                Query(of_host("boks_replica_lag_at_least_seconds"), "at least"),
            ],
            scales.LAG_SECONDS,
            colours=(c.ORANGE, c.SKY),
        ),
        23: lines(
            PanelFrame(
                "Distance in updates",
                "Lag behind the master, updates ahead of it, and distance to the most advanced server that answers, "
                "which lives on when the master is dead.",
                12,
                8,
            ),
            [
                Query(of_host("boks_replica_lag_sequences"), "lag"),
                Query(of_host("boks_replica_ahead_sequences"), "ahead"),
                Query(of_host("boks_replica_behind_best_sequences"), "behind the best"),
            ],
            scales.UPDATES,
            colours=(c.ORANGE, c.PURPLE, c.SKY),
        ),
    }
