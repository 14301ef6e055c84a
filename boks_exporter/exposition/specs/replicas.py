"""Metrics of replicas: what is proven, the verdict, and what the list reports."""

from typing import Final

from boks_exporter.exposition.metric_spec import (
    HOST,
    NO_ANSWER,
    NOT_LISTED,
    TABLE,
    UNIX,
    Kind,
    MetricSpec,
    Source,
    SourceCertainty,
)
from boks_exporter.health import ReplicaState
from boks_exporter.model import ReportedStatus
from boks_exporter.replication import EvidenceKind

_NOT_PROVABLE: Final = "while it cannot be proven, above all without exactly one master"

LAG: Final = MetricSpec(
    name="boks_replica_lag_sequences",
    unit="updates",
    labels=HOST,
    meaning="Updates that the replica's worst table certainly lacks: the master had them before the replica was read.",
    absent=_NOT_PROVABLE,
    source=Source("K1456", SourceCertainty.READ),
)
AHEAD: Final = MetricSpec(
    name="boks_replica_ahead_sequences",
    unit="updates",
    labels=HOST,
    meaning="Updates that the replica's worst table has and the master, read afterwards, still had not; never caused "
    "by timing. A table of another generation (boks_replica_stamp_mismatch_tables) counts, too.",
    absent=_NOT_PROVABLE,
    source=Source("K1456", SourceCertainty.READ),
)
LAG_POSSIBLE: Final = MetricSpec(
    name="boks_replica_lag_possible_sequences",
    unit="updates",
    labels=HOST,
    meaning="Updates that any table of the replica lacks at most, by its number: boks_replica_lag_sequences is the "
    "proven end of this bound. Updates in flight are between the two.",
    absent=f"{_NOT_PROVABLE}, and while a table has no such bound",
    source=Source("K1456", SourceCertainty.READ),
)
AHEAD_POSSIBLE: Final = MetricSpec(
    name="boks_replica_ahead_possible_sequences",
    unit="updates",
    labels=HOST,
    meaning="Updates by which any table of the replica is ahead at most, by its number: "
    "boks_replica_ahead_sequences is the proven end of this bound. Only 0 means that nothing is ahead.",
    absent=f"{_NOT_PROVABLE}, and while a table has no such bound",
    source=Source("K1456", SourceCertainty.READ),
)
EVIDENCE: Final = MetricSpec(
    name="boks_replica_evidence_timestamp_seconds",
    unit=UNIX,
    labels=(*HOST, "kind"),
    meaning="Since when it is proven that the replica's copy is or was wrong, and not cleared: ahead, was_ahead (the "
    "master has passed the number, the copy was not reloaded), diverged. A copy with evidence never counts as healthy.",
    absent="without such evidence, and for hosts that are no replicas",
    choices=EvidenceKind,
)
LAG_SECONDS: Final = MetricSpec(
    name="boks_replica_lag_seconds",
    unit="seconds",
    labels=HOST,
    meaning="Age of the oldest update that the replica lacks, counted from when its number first showed on the "
    "master; exact to one poll interval, 0 if none is missing. Needs no clock on the hosts.",
    absent=f"{_NOT_PROVABLE}, and while the exporter did not watch the master closely when that update was written",
)
LAG_AT_LEAST: Final = MetricSpec(
    name="boks_replica_lag_at_least_seconds",
    unit="seconds",
    labels=HOST,
    meaning="Proven age of the oldest update that the replica lacks; the state lagging rests on it. There, too, "
    "where boks_replica_lag_seconds cannot be exact, as for updates from before the exporter's first poll.",
    absent=_NOT_PROVABLE,
)
TABLE_LAG: Final = MetricSpec(
    name="boks_replica_table_lag_sequences",
    unit="updates",
    labels=TABLE,
    meaning="boks_replica_lag_sequences of one table.",
    absent=f"{_NOT_PROVABLE}, and at 0 unless metrics.table_lag is all",
    source=Source("K1456", SourceCertainty.READ),
)
TABLE_AHEAD: Final = MetricSpec(
    name="boks_replica_table_ahead_sequences",
    unit="updates",
    labels=TABLE,
    meaning="boks_replica_ahead_sequences of one table.",
    absent=f"{_NOT_PROVABLE}, and at 0 unless metrics.table_lag is all",
    source=Source("K1456", SourceCertainty.READ),
)
BEHIND_BEST: Final = MetricSpec(
    name="boks_replica_behind_best_sequences",
    unit="updates",
    labels=HOST,
    meaning="Updates that the replica's worst table is behind the most advanced server that answers, not counting "
    "those that were ahead or diverged when last compared with a master; stays when the master is dead. Not "
    "bracketed: while updates are written, a few are in flight.",
    absent=f"{NO_ANSWER} as a replica",
    source=Source("K1456", SourceCertainty.READ),
)
STAMP_MISMATCH: Final = MetricSpec(
    name="boks_replica_stamp_mismatch_tables",
    unit="tables",
    labels=HOST,
    meaning="Tables whose stamp is not the master's: very probably another generation of the database.",
    absent="while no stamp can be compared",
    source=Source("K1456", SourceCertainty.INFERRED),
)
MISSING: Final = MetricSpec(
    name="boks_replica_missing_tables",
    unit="tables",
    labels=HOST,
    meaning="Tables that the master has and the replica does not show.",
    absent="while master and replica cannot be compared",
    source=Source("K1456", SourceCertainty.INFERRED),
)
STATE: Final = MetricSpec(
    name="boks_replica_state",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*HOST, "state"),
    meaning="1 for the exporter's verdict on the replica, 0 for each other.",
    absent="for hosts that are no replicas",
    choices=ReplicaState,
)
STATUS: Final = MetricSpec(
    name="boks_replica_reported_status",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*HOST, "status"),
    meaning="1 for the status in the master's boksdiag list, 0 for each other; other stands for any further word.",
    absent=NOT_LISTED,
    source=Source("K1256", SourceCertainty.READ),
    choices=ReportedStatus,
)
LAST_PACKET: Final = MetricSpec(
    name="boks_replica_last_packet_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When the master last sent this replica a packet, from the age in its list; never more than a couple of "
    "minutes ago on a healthy replica.",
    absent=NOT_LISTED,
    source=Source("K1256", SourceCertainty.READ),
)
LAST_FAILURE: Final = MetricSpec(
    name="boks_replica_last_failure_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When the master last failed to update this replica's database, from the age in its list.",
    absent=f"{NOT_LISTED}, and if it never failed",
    source=Source("K1256", SourceCertainty.READ),
)
LAST_SYNC: Final = MetricSpec(
    name="boks_replica_last_sync_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When a database update was last sent to this replica, from the age in the master's list. On an idle "
    "database it grows old on every replica: compare them with one another.",
    absent=NOT_LISTED,
    source=Source("K1256", SourceCertainty.READ),
)
PACKETS: Final = MetricSpec(
    name="boks_replica_packets",
    unit="packets",
    labels=HOST,
    meaning="The count in the master's list; undocumented, behaves as a packet counter that can be reset.",
    absent=NOT_LISTED,
    source=Source("K1456", SourceCertainty.INFERRED),
)
PROMOTABLE: Final = MetricSpec(
    name="boks_replica_promotable",
    unit="1 or 0",
    labels=HOST,
    meaning="1 if nothing that can be judged from outside speaks against promoting the replica, 0 if something does.",
    absent="for hosts that are no replicas, and while too little is known",
)
