"""Every metric: its name, kind, unit, labels and meaning, written once."""

from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.exposition.metric_spec import Certainty, Kind, MetricSpec, Source
from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.model import ReportedStatus, Role

_EXPORTER: Final = ()
_DOMAIN: Final = ("boks_domain",)
_HOST: Final = ("boks_domain", "host")
_TABLE: Final = ("boks_domain", "host", "table")

_UNIX: Final = "Unix seconds"
_NO_ANSWER: Final = "while the host does not answer"
_NOT_LISTED: Final = "while the one master's list does not show the host"

# -- the exporter -----------------------------------------------------------------------------------------------------

BUILD_INFO: Final = MetricSpec(
    name="boks_exporter_build_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=("version", "revision", "python"),
    meaning="Which exporter this is and which Python runs it.",
)
RELOAD_SUCCESSFUL: Final = MetricSpec(
    name="boks_exporter_config_last_reload_successful",
    kind=Kind.GAUGE,
    unit="1 or 0",
    labels=_EXPORTER,
    meaning="1 if the newest configuration is in force, 0 if it was refused and the one before goes on.",
)
RELOAD_SUCCESS_TIMESTAMP: Final = MetricSpec(
    name="boks_exporter_config_last_reload_success_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_EXPORTER,
    meaning="When a configuration was last taken over.",
    absent="before the first one is",
)
INSECURE_HOST_KEYS: Final = MetricSpec(
    name="boks_exporter_insecure_host_keys",
    kind=Kind.GAUGE,
    unit="1 or 0",
    labels=_DOMAIN,
    meaning="1 if SSH host keys of this domain are not verified (insecure_ignore_host_keys): anybody on the path could "
    "then feed false figures.",
)

# -- hosts ------------------------------------------------------------------------------------------------------------

HOST_UP: Final = MetricSpec(
    name="boks_host_up",
    kind=Kind.GAUGE,
    unit="1 or 0",
    labels=_HOST,
    meaning="1 if the last look at this host worked: connection, commands and the reading of what they printed. 0 says "
    "nothing about BoKS: a host that cannot be looked at is unknown, not down.",
)
HOST_INFO: Final = MetricSpec(
    name="boks_host_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=(*_HOST, "address", "site", "section"),
    meaning="Where the host is reached and where it stands, for joins; empty where not configured.",
)
HOST_ROLE: Final = MetricSpec(
    name="boks_host_role",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*_HOST, "role"),
    meaning="1 for the role that the host itself says it has (BOKSINIT, where server means replica), 0 for each other; "
    "unknown while it does not answer.",
    source=Source("K1456", Certainty.READ),
    choices=Role,
)
HOST_LAST_ATTEMPT: Final = MetricSpec(
    name="boks_host_last_attempt_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_HOST,
    meaning="When this host was last asked, by the exporter's clock.",
    absent="before the first look at the host",
)
HOST_LAST_SUCCESS: Final = MetricSpec(
    name="boks_host_last_success_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_HOST,
    meaning="When a look at this host last worked, by the exporter's clock.",
    absent="before the first look that works",
)
HOST_POLL_DURATION: Final = MetricSpec(
    name="boks_host_poll_duration_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=_HOST,
    meaning="How long the last exchange with this host took, failed or not.",
)
HOST_POLLS: Final = MetricSpec(
    name="boks_host_polls_total",
    kind=Kind.COUNTER,
    unit="looks",
    labels=_HOST,
    meaning="Looks at this host since the exporter started.",
)
HOST_POLL_FAILURES: Final = MetricSpec(
    name="boks_host_poll_failures_total",
    kind=Kind.COUNTER,
    unit="looks",
    labels=(*_HOST, "reason"),
    meaning="Looks at this host that failed since the exporter started, by what went wrong.",
    choices=FailureReason,
)
HOST_RECONNECTS: Final = MetricSpec(
    name="boks_host_reconnects_total",
    kind=Kind.COUNTER,
    unit="connections",
    labels=_HOST,
    meaning="Connections to this host made anew after the first one since the exporter started.",
)
HOST_UNRECOGNISED_LINES: Final = MetricSpec(
    name="boks_host_unrecognised_lines",
    kind=Kind.GAUGE,
    unit="lines",
    labels=_HOST,
    meaning="Lines of the host's last reply that no rule knows; more than a banner's worth means that a command prints "
    "what nobody has described yet.",
    absent=_NO_ANSWER,
)
HOST_MEMORY_TOTAL: Final = MetricSpec(
    name="boks_host_shared_memory_total_bytes",
    kind=Kind.GAUGE,
    unit="bytes",
    labels=_HOST,
    meaning="BoKS's shared memory, as dumpbase -m prints it.",
    absent=f"{_NO_ANSWER} or has no dumpbase",
    source=Source("HS troubleshooting/312", Certainty.READ),
)
HOST_MEMORY_FREE: Final = MetricSpec(
    name="boks_host_shared_memory_free_bytes",
    kind=Kind.GAUGE,
    unit="bytes",
    labels=_HOST,
    meaning="Free part of BoKS's shared memory; less than 30 % of the total is a warning, 50 % is the aim.",
    absent=f"{_NO_ANSWER} or has no dumpbase",
    source=Source("HS troubleshooting/312", Certainty.READ),
)
HOST_ERRLOG_LINES: Final = MetricSpec(
    name="boks_host_errlog_lines_total",
    kind=Kind.COUNTER,
    unit="lines",
    labels=_HOST,
    meaning="Lines in the host's boks_errlog; starts anew when the file is rotated.",
    absent=f"{_NO_ANSWER} or has no such file",
    source=Source("HS", Certainty.READ),
)
HOST_QUEUE_FILES: Final = MetricSpec(
    name="boks_host_queue_files",
    kind=Kind.GAUGE,
    unit="files",
    labels=_HOST,
    meaning="Files that wait in the master's spool (master_spool/dd_fcom_*).",
    absent=f"{_NO_ANSWER} or is no master",
    source=Source("HS", Certainty.READ),
)
HOST_QUEUE_OLDEST: Final = MetricSpec(
    name="boks_host_queue_oldest_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=f"{_UNIX}, exact to the minute",
    labels=_HOST,
    meaning="When the oldest waiting file was written.",
    absent="while no file waits or its date could not be read",
    source=Source("HS", Certainty.READ),
)
HOST_CHECKSUM: Final = MetricSpec(
    name="boks_host_config_checksum_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=(*_HOST, "name", "checksum"),
    meaning="Check sum (POSIX cksum) of what must be equal on all servers: method.conf and keys of ENV.",
    absent=f"{_NO_ANSWER}, and for a file or key that it does not have",
    source=Source("HS troubleshooting/237 and 312", Certainty.READ),
)
TABLE_SEQUENCE: Final = MetricSpec(
    name="boks_table_sequence",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_TABLE,
    meaning="Sequence number of a table (T7), as boksdiag sequence prints it. Hosts are read at different instants: "
    "take boks_replica_lag_sequences and boks_replica_ahead_sequences, not a difference of these.",
    absent=f"{_NO_ANSWER}, and for sound tables where metrics.tables is worst",
    source=Source("K1456", Certainty.READ),
)
TABLE_STAMP: Final = MetricSpec(
    name="boks_table_stamp_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_TABLE,
    meaning="The date that boksdiag sequence prints beside a table, read as days and time since 1970; equal on a sound "
    "replica and its master.",
    absent=f"{_NO_ANSWER}, for a table without a date, and for sound tables where metrics.tables is worst",
    source=Source("K1456", Certainty.INFERRED),
)

# -- replicas ---------------------------------------------------------------------------------------------------------

_NOT_PROVABLE: Final = "while it cannot be proven, above all without exactly one master"

REPLICA_LAG: Final = MetricSpec(
    name="boks_replica_lag_sequences",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_HOST,
    meaning="Updates that the replica's worst table certainly lacks: the master had them before the replica was read.",
    absent=_NOT_PROVABLE,
    source=Source("K1456", Certainty.READ),
)
REPLICA_AHEAD: Final = MetricSpec(
    name="boks_replica_ahead_sequences",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_HOST,
    meaning="Updates that the replica's worst table has and the master, read afterwards, still had not; never caused "
    "by timing.",
    absent=_NOT_PROVABLE,
    source=Source("K1456", Certainty.READ),
)
REPLICA_LAG_SECONDS: Final = MetricSpec(
    name="boks_replica_lag_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=_HOST,
    meaning="Age of the oldest update that the replica has not got, counted from when its number first showed on the "
    "master; exact to one poll interval, 0 if none is missing. Needs no clock on the hosts.",
    absent=f"{_NOT_PROVABLE}, and while the missing updates are older than what the exporter has seen",
)
REPLICA_TABLE_LAG: Final = MetricSpec(
    name="boks_replica_table_lag_sequences",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_TABLE,
    meaning="boks_replica_lag_sequences of one table.",
    absent=f"{_NOT_PROVABLE}, and at 0 unless metrics.table_lag is all",
    source=Source("K1456", Certainty.READ),
)
REPLICA_TABLE_AHEAD: Final = MetricSpec(
    name="boks_replica_table_ahead_sequences",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_TABLE,
    meaning="boks_replica_ahead_sequences of one table.",
    absent=f"{_NOT_PROVABLE}, and at 0 unless metrics.table_lag is all",
    source=Source("K1456", Certainty.READ),
)
REPLICA_BEHIND_BEST: Final = MetricSpec(
    name="boks_replica_behind_best_sequences",
    kind=Kind.GAUGE,
    unit="updates",
    labels=_HOST,
    meaning="Updates that the replica's worst table is behind the most advanced server that answers; lives on when the "
    "master is dead. Not bracketed: while updates are written, a few are under way.",
    absent=f"{_NO_ANSWER} as a replica",
    source=Source("K1456", Certainty.READ),
)
REPLICA_STAMP_MISMATCH: Final = MetricSpec(
    name="boks_replica_stamp_mismatch_tables",
    kind=Kind.GAUGE,
    unit="tables",
    labels=_HOST,
    meaning="Tables whose stamp is not the master's: very probably another generation of the database.",
    absent="while no stamp can be compared",
    source=Source("K1456", Certainty.INFERRED),
)
REPLICA_MISSING: Final = MetricSpec(
    name="boks_replica_missing_tables",
    kind=Kind.GAUGE,
    unit="tables",
    labels=_HOST,
    meaning="Tables that the master has and the replica does not show.",
    absent="while master and replica cannot be compared",
    source=Source("K1456", Certainty.INFERRED),
)
REPLICA_STATE: Final = MetricSpec(
    name="boks_replica_state",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*_HOST, "state"),
    meaning="1 for the exporter's verdict on the replica, 0 for each other.",
    absent="for hosts that are no replicas",
    choices=ReplicaState,
)
REPLICA_STATUS: Final = MetricSpec(
    name="boks_replica_reported_status",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*_HOST, "status"),
    meaning="1 for the status in the master's boksdiag list, 0 for each other; other stands for any further word.",
    absent=_NOT_LISTED,
    source=Source("K1256", Certainty.READ),
    choices=ReportedStatus,
)
REPLICA_LAST_PACKET: Final = MetricSpec(
    name="boks_replica_last_packet_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_HOST,
    meaning="When the master last sent this replica a packet, from the age in its list; never more than a couple of "
    "minutes ago on a sound replica.",
    absent=_NOT_LISTED,
    source=Source("K1256", Certainty.READ),
)
REPLICA_LAST_FAILURE: Final = MetricSpec(
    name="boks_replica_last_failure_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_HOST,
    meaning="When the master last failed to update this replica's database, from the age in its list.",
    absent=f"{_NOT_LISTED}, and if it never failed",
    source=Source("K1256", Certainty.READ),
)
REPLICA_LAST_SYNC: Final = MetricSpec(
    name="boks_replica_last_sync_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_HOST,
    meaning="When a database update was last sent to this replica, from the age in the master's list. On an idle "
    "database it grows old on every replica: compare them with one another.",
    absent=_NOT_LISTED,
    source=Source("K1256", Certainty.READ),
)
REPLICA_PACKETS: Final = MetricSpec(
    name="boks_replica_packets",
    kind=Kind.GAUGE,
    unit="packets",
    labels=_HOST,
    meaning="The count in the master's list; undocumented, behaves as a packet counter that can be reset.",
    absent=_NOT_LISTED,
    source=Source("K1456", Certainty.INFERRED),
)
REPLICA_PROMOTABLE: Final = MetricSpec(
    name="boks_replica_promotable",
    kind=Kind.GAUGE,
    unit="1 or 0",
    labels=_HOST,
    meaning="1 if nothing that can be judged from outside speaks against promoting the replica, 0 if something does.",
    absent="for hosts that are no replicas, and while too little is known",
)

# -- sites, sections, domains -----------------------------------------------------------------------------------------

SITE_REPLICAS: Final = MetricSpec(
    name="boks_site_replicas",
    kind=Kind.GAUGE,
    unit="replicas",
    labels=(*_DOMAIN, "site", "state"),
    meaning="Replicas of a site by state; there should be one that is ok at each location, better several.",
    absent="for hosts without a site",
    source=Source("K1456", Certainty.READ),
    choices=ReplicaState,
)
SECTION_REPLICAS: Final = MetricSpec(
    name="boks_section_replicas",
    kind=Kind.GAUGE,
    unit="replicas",
    labels=(*_DOMAIN, "section", "state"),
    meaning="Replicas of a network section by state; there should be one that is ok in each.",
    absent="for hosts without a section",
    source=Source("K1456", Certainty.READ),
    choices=ReplicaState,
)
DOMAIN_STATE: Final = MetricSpec(
    name="boks_domain_state",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*_DOMAIN, "state"),
    meaning="1 for the exporter's verdict on the domain, 0 for each other.",
    choices=DomainState,
)
DOMAIN_MASTERS: Final = MetricSpec(
    name="boks_domain_masters",
    kind=Kind.GAUGE,
    unit="hosts",
    labels=_DOMAIN,
    meaning="Hosts that say they are master: one is right, none and several are two different emergencies.",
)
DOMAIN_HOSTS: Final = MetricSpec(
    name="boks_domain_hosts",
    kind=Kind.GAUGE,
    unit="hosts",
    labels=_DOMAIN,
    meaning="Hosts that are looked at, configured and discovered.",
)
DOMAIN_REPLICAS: Final = MetricSpec(
    name="boks_domain_replicas",
    kind=Kind.GAUGE,
    unit="replicas",
    labels=(*_DOMAIN, "state"),
    meaning="Replicas of the domain by state.",
    choices=ReplicaState,
)
DOMAIN_UNRESOLVED: Final = MetricSpec(
    name="boks_domain_unresolved_replicas",
    kind=Kind.GAUGE,
    unit="names",
    labels=_DOMAIN,
    meaning="Names in the master's list that no known host bears: replicas that nobody watches.",
    absent="while the one master's list cannot be read",
)

# -- rounds -----------------------------------------------------------------------------------------------------------

ROUND_DURATION: Final = MetricSpec(
    name="boks_round_duration_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=_DOMAIN,
    meaning="How long the last round over the domain took.",
)
ROUND_INTERVAL: Final = MetricSpec(
    name="boks_round_interval_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=_DOMAIN,
    meaning="Configured time from the beginning of one round to that of the next.",
)
ROUND_LAST: Final = MetricSpec(
    name="boks_round_last_timestamp_seconds",
    kind=Kind.GAUGE,
    unit=_UNIX,
    labels=_DOMAIN,
    meaning="When the last round ended; every figure of the domain is as old as this.",
)
ROUND_SKEW: Final = MetricSpec(
    name="boks_round_skew_seconds",
    kind=Kind.GAUGE,
    unit="seconds",
    labels=_DOMAIN,
    meaning="Time between the first and the last reading of the master in the last round.",
    absent="without a second reading of the one master",
)
ROUNDS: Final = MetricSpec(
    name="boks_rounds_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=_DOMAIN,
    meaning="Rounds over the domain since the exporter started.",
)
ROUND_OVERRUNS: Final = MetricSpec(
    name="boks_round_overruns_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=_DOMAIN,
    meaning="Rounds that took longer than the interval since the exporter started; the next one came later.",
)

SPECS: Final = tuple(spec for spec in tuple(globals().values()) if isinstance(spec, MetricSpec))
"""All metrics, in the order in which they are written above and shown on the page."""
