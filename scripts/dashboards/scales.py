"""Units and colours of values, the same on every dashboard."""

from typing import Final

from scripts.dashboards import colours as c
from scripts.dashboards import value_maps as w
from scripts.dashboards.panels import Scale
from scripts.dashboards.thresholds import limit

SECONDS: Final = Scale("s")
WHOLE_SECONDS: Final = Scale("s", decimals=0)
UPDATES: Final = Scale("locale")
SHORT: Final = Scale("short")
DATE: Final = Scale("dateTimeAsIso")

LAG_SECONDS: Final = Scale(
    "s",
    ((None, c.GREEN), (limit("lag_seconds:warning"), c.ORANGE), (limit("lag_seconds:critical"), c.VERMILLION)),
)
LAG_UPDATES: Final = Scale("locale", ((None, c.GREEN), (limit("lag_sequences:critical"), c.ORANGE)))
AHEAD: Final = Scale("locale", ((None, c.GREEN), (1.0, c.PURPLE)))
STALE: Final = Scale("s", ((None, c.GREEN), (limit("stale_seconds:warning"), c.ORANGE)))
MEMORY: Final = Scale(
    "percentunit", ((None, c.ORANGE), (limit("shared_memory_free_ratio:warning"), c.GREEN)), decimals=0, worst="min"
)
DATA_FREE: Final = Scale(
    "percentunit", ((None, c.ORANGE), (limit("data_free_ratio:warning"), c.GREEN)), decimals=0, worst="min"
)
ERRORS: Final = Scale("suffix: lines/s", ((None, c.GREEN), (limit("errlog_lines_per_second:warning"), c.ORANGE)))
QUEUE: Final = Scale("s", ((None, c.GREEN), (limit("queue_age_seconds:warning"), c.ORANGE)))

SPARES: Final = Scale(limits=((None, c.VERMILLION), (1.0, c.ORANGE), (2.0, c.GREEN)))
MASTERS: Final = Scale(limits=((None, c.VERMILLION), (1.0, c.GREEN), (2.0, c.VERMILLION)))
VERSIONS: Final = Scale(limits=((None, c.GREEN), (2.0, c.ORANGE)))
ANY_IS_BAD: Final = Scale(limits=((None, c.GREEN), (1.0, c.VERMILLION)))
ANY_IS_A_WARNING: Final = Scale(limits=((None, c.GREEN), (1.0, c.ORANGE)))
GOOD: Final = Scale(limits=((None, c.GREEN),))
NEUTRAL_SECONDS: Final = Scale("s", ((None, c.BLUE),))

STATE: Final = Scale(shown=w.shown(w.STATE))
REPORTED: Final = Scale(shown=w.shown(w.REPORTED))
ROLE: Final = Scale(shown=w.shown(w.ROLE))
DOMAIN: Final = Scale(shown=w.shown(w.DOMAIN))
SEVERITY: Final = Scale(shown=w.shown(w.SEVERITY))
ANSWERS: Final = Scale(shown=w.ANSWERS)
PROMOTABLE: Final = Scale(shown=w.PROMOTABLE)
EXPORTER: Final = Scale(shown={0: ("looking", c.GREEN), 1: ("STALLED", c.VERMILLION)})
