"""All dashboards, and their text."""

import json
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from scripts.dashboards.failover import failover
from scripts.dashboards.overview import overview
from scripts.dashboards.replica import replica

DASHBOARDS: Final = (overview, replica, failover)


def text(built: dashboard.Dashboard) -> str:
    """Write a dashboard as Grafana reads it."""
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
