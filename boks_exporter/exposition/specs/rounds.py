"""The rounds themselves."""

from typing import Final

from boks_exporter.exposition.metric_spec import Kind, MetricSpec
from boks_exporter.exposition.specs.labels import DOMAIN, UNIX

DURATION: Final = MetricSpec(
    name="boks_round_duration_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=DOMAIN,
    meaning="How long the last round over the domain took.",
)
INTERVAL: Final = MetricSpec(
    name="boks_round_interval_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=DOMAIN,
    meaning="Configured time from the beginning of one round to that of the next.",
)
LAST: Final = MetricSpec(
    name="boks_round_last_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=UNIX,
    labels=DOMAIN,
    meaning="When the last round ended; every figure of the domain is as old as this.",
)
SKEW: Final = MetricSpec(
    name="boks_round_skew_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=DOMAIN,
    meaning="Time between the first and the last reading of the master in the last round.",
    absent="without a second reading of the one master",
)
TOTAL: Final = MetricSpec(
    name="boks_rounds_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=DOMAIN,
    meaning="Rounds over the domain since the exporter started.",
)
OVERRUNS: Final = MetricSpec(
    name="boks_round_overruns_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=DOMAIN,
    meaning="Rounds that took longer than the interval since the exporter started; the next one came later.",
)
