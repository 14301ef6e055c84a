"""The tables of a host's database."""

from typing import Final

from boks_exporter.exposition.metric_spec import Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.exposition.specs.labels import NO_ANSWER, TABLE, UNIX

SEQUENCE: Final = MetricSpec(
    name="boks_table_sequence",
    kind=Kind.GAUGE,
    unit="updates",
    labels=TABLE,
    meaning="Sequence number of a table (T7), as boksdiag sequence prints it. Hosts are read at different instants: "
    "take boks_replica_lag_sequences and boks_replica_ahead_sequences, not a difference of these.",
    absent=f"{NO_ANSWER}, and for tables without findings where metrics.tables is worst",
    source=Source("K1456", SourceCertainty.READ),
)
STAMP: Final = MetricSpec(
    name="boks_table_stamp_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=UNIX,
    labels=TABLE,
    meaning="The date that boksdiag sequence prints next to a table, read as days and time since 1970; equal on a "
    "healthy replica and its master.",
    absent=f"{NO_ANSWER}, for a table without a date, and for tables without findings where metrics.tables is worst",
    source=Source("K1456", SourceCertainty.INFERRED),
)
