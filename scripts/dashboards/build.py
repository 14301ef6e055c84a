"""All dashboards, and their text."""

import json
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from scripts.dashboards.failover import failover
from scripts.dashboards.overview import overview
from scripts.dashboards.replica import replica

_DASHBOARDS: Final = (overview, replica, failover)


def texts() -> dict[str, str]:
    """Return the JSON of every dashboard, by file name."""
    return {f"{built.uid}.json": _text(built) for built in (build() for build in _DASHBOARDS)}


def _text(built: dashboard.Dashboard) -> str:
    plain = json.loads(json.dumps(built, cls=JSONEncoder))
    return json.dumps(_without_strangers(plain), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _without_strangers(plain: dict[str, Any]) -> dict[str, Any]:
    """Remove fields that the SDK writes and Grafana's schema does not contain."""
    for variable in plain["templating"]["list"]:
        for key in ("auto", "auto_min", "auto_count", "definition"):
            variable.pop(key, None)
    for panel in plain["panels"]:
        panel.get("options", {}).pop("footer", None)
    return plain
