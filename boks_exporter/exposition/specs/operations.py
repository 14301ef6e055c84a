"""Runs of failover and maintenance, read from the journal."""

from typing import Final

from boks_exporter.exposition.failover_activity import RunOutcome
from boks_exporter.exposition.metric_spec import DOMAIN, HOST, UNIX, Kind, MetricSpec

_NO_JOURNAL: Final = "for a domain without a section failover, and while its journal cannot be read"

MAINTENANCE_ACTIVE: Final = MetricSpec(
    name="boks_maintenance_active",
    unit="1 or 0",
    labels=HOST,
    meaning="1 while the host is under maintenance; it becomes 0 by itself.",
    absent=_NO_JOURNAL,
)
MAINTENANCE_UNTIL: Final = MetricSpec(
    name="boks_maintenance_until_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When the maintenance of the host ends by itself.",
    absent="while there is none",
)
FREEZE_ACTIVE: Final = MetricSpec(
    name="boks_failover_freeze_active",
    unit="1 or 0",
    labels=DOMAIN,
    meaning="1 while the domain is frozen by `failover freeze`, as far as this journal shows; it becomes 0 by itself.",
    absent=_NO_JOURNAL,
)
FREEZE_UNTIL: Final = MetricSpec(
    name="boks_failover_freeze_until_timestamp_seconds",
    unit=UNIX,
    labels=DOMAIN,
    meaning="When the freeze of the domain ends by itself.",
    absent="while there is none",
)
JOURNAL_READABLE: Final = MetricSpec(
    name="boks_failover_journal_readable",
    unit="1 or 0",
    labels=DOMAIN,
    meaning="1 if the journal of failover can be read, or does not exist yet; with 0, maintenance is not known.",
    absent="for a domain without a section failover",
)
RUNS: Final = MetricSpec(
    name="boks_failover_runs_total",
    kind=Kind.COUNTER,
    unit="runs",
    labels=(*DOMAIN, "procedure", "outcome"),
    meaning="Runs of each procedure that are closed, by how they ended.",
    absent=_NO_JOURNAL,
    choices=RunOutcome,
)
IN_PROGRESS: Final = MetricSpec(
    name="boks_failover_in_progress",
    unit="1 or 0",
    labels=DOMAIN,
    meaning="1 while a run is open: it runs, or was interrupted and waits for `failover resume` or `failover abort`.",
    absent=_NO_JOURNAL,
)
LAST: Final = MetricSpec(
    name="boks_failover_last_timestamp_seconds",
    unit=UNIX,
    labels=DOMAIN,
    meaning="When the newest run ended, or began while it is open.",
    absent="before the first one",
)
