"""Dashboard "BoKS overview": is there a problem, and where."""

from grafana_foundation_sdk.models import dashboard

from scripts.dashboards import panel_ids as n
from scripts.dashboards.frame import Frame, Row, framed
from scripts.dashboards.overview_places import places, polling
from scripts.dashboards.overview_problem import problem
from scripts.dashboards.overview_replicas import lag, replicas


def overview() -> dashboard.Dashboard:
    """Build the dashboard."""
    frame = Frame(
        uid=n.OVERVIEW,
        title="BoKS overview",
        description="Replication of BoKS domains: is there a problem right now, and where.",
        since="now-3h",
        chooses_one_domain=False,
        chooses_one_host=False,
    )
    return framed(
        frame,
        (
            Row("Is there a problem right now?", problem()),
            Row("Replicas", replicas()),
            Row("Lag", lag()),
            Row("Sites and sections", places()),
            Row("Polling", polling()),
        ),
    )
