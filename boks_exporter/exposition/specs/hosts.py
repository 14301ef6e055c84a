"""Metrics of every host, whatever its role, and of the tables of its database."""

from typing import Final

from boks_exporter.errors import FailureReason
from boks_exporter.exposition.metric_spec import HOST, NO_ANSWER, TABLE, UNIX, Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.model import Role

UP: Final = MetricSpec(
    name="boks_host_up",
    unit="1 or 0",
    labels=HOST,
    meaning="1 if the last poll of this host worked: connection, commands and parsing of their output. 0 proves "
    "nothing about BoKS: a host that cannot be polled is unknown, not down.",
)
INFO: Final = MetricSpec(
    name="boks_host_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=(*HOST, "address", "site", "section"),
    meaning="Where the host is reached and where it stands, for joins; empty where not configured.",
)
ROLE: Final = MetricSpec(
    name="boks_host_role",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*HOST, "role"),
    meaning="1 for the role that the host itself reports (BOKSINIT, where server means replica), 0 for each other; "
    "unknown while it does not answer.",
    source=Source("K1456", SourceCertainty.READ),
    choices=Role,
)
LAST_ATTEMPT: Final = MetricSpec(
    name="boks_host_last_attempt_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When this host was last asked, by the exporter's clock.",
    absent="before the first poll of the host",
)
LAST_SUCCESS: Final = MetricSpec(
    name="boks_host_last_success_timestamp_seconds",
    unit=UNIX,
    labels=HOST,
    meaning="When a poll of this host last worked, by the exporter's clock.",
    absent="before the first poll that works",
)
POLL_DURATION: Final = MetricSpec(
    name="boks_host_poll_duration_seconds",
    unit="seconds",
    labels=HOST,
    meaning="How long the last exchange with this host took, failed or not.",
)
CLOCK_OFFSET: Final = MetricSpec(
    name="boks_host_clock_offset_seconds",
    unit="seconds, exact to one second",
    labels=HOST,
    meaning="The host's clock minus the exporter's, at the middle of the last exchange. Verdicts use no host's clock.",
    absent=f"{NO_ANSWER}, and where its gate reports no time",
)
POLLS: Final = MetricSpec(
    name="boks_host_polls_total",
    kind=Kind.COUNTER,
    unit="polls",
    labels=HOST,
    meaning="Polls of this host since the exporter started.",
)
POLL_FAILURES: Final = MetricSpec(
    name="boks_host_poll_failures_total",
    kind=Kind.COUNTER,
    unit="polls",
    labels=(*HOST, "reason"),
    meaning="Polls of this host that failed since the exporter started, by what went wrong.",
    choices=FailureReason,
)
RECONNECTS: Final = MetricSpec(
    name="boks_host_reconnects_total",
    kind=Kind.COUNTER,
    unit="connections",
    labels=HOST,
    meaning="Further connections to this host after the first one since the exporter started.",
)
KEY_UNRESTRICTED: Final = MetricSpec(
    name="boks_host_key_unrestricted",
    unit="1 or 0",
    labels=HOST,
    meaning="1 if the monitoring key gives a shell on this host, because its forced command is missing: the key can "
    "then run anything there.",
    absent="where the transport is not ssh",
)
LOGIN_REFUSED: Final = MetricSpec(
    name="boks_host_login_refused",
    unit="1 or 0",
    labels=HOST,
    meaning="1 while the host refuses a new login of the exporter (reason auth) and only a connection that was opened "
    "before still works. It ends with connection_limit.",
    absent="where the transport is not ssh",
)
GATE_INFO: Final = MetricSpec(
    name="boks_host_gate_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=(*HOST, "version"),
    meaning="Version of the gate that answered on this host; where it is not installed but sent along, the exporter's "
    "own.",
    absent=NO_ANSWER,
)
UNRECOGNISED_LINES: Final = MetricSpec(
    name="boks_host_unrecognised_lines",
    unit="lines",
    labels=HOST,
    meaning="Lines of the host's last reply that cannot be read, without those that `parsing.ignore_lines` names.",
    absent=NO_ANSWER,
)
IGNORED_LINES: Final = MetricSpec(
    name="boks_host_ignored_lines",
    unit="lines",
    labels=HOST,
    meaning="Lines of the host's last reply that cannot be read and that `parsing.ignore_lines` names.",
    absent=NO_ANSWER,
)
MEMORY_TOTAL: Final = MetricSpec(
    name="boks_host_shared_memory_total_bytes",
    unit="bytes",
    labels=HOST,
    meaning="BoKS's shared memory, as dumpbase -m prints it.",
    absent=f"{NO_ANSWER} or has no dumpbase",
    source=Source("HS troubleshooting/312", SourceCertainty.READ),
)
MEMORY_FREE: Final = MetricSpec(
    name="boks_host_shared_memory_free_bytes",
    unit="bytes",
    labels=HOST,
    meaning="Free part of BoKS's shared memory; less than 30 % of the total is a warning, 50 % is the aim.",
    absent=f"{NO_ANSWER} or has no dumpbase",
    source=Source("HS troubleshooting/312", SourceCertainty.READ),
)
ERRLOG_LINES: Final = MetricSpec(
    name="boks_host_errlog_lines_total",
    kind=Kind.COUNTER,
    unit="lines",
    labels=HOST,
    meaning="Lines in the host's boks_errlog; restarts when the file is rotated.",
    absent=f"{NO_ANSWER} or has no such file",
    source=Source("HS", SourceCertainty.READ),
)
QUEUE_FILES: Final = MetricSpec(
    name="boks_host_queue_files",
    unit="files",
    labels=HOST,
    meaning="Files that wait in the master's spool (master_spool/dd_fcom_*).",
    absent=f"{NO_ANSWER} or is no master",
    source=Source("HS", SourceCertainty.READ),
)
QUEUE_OLDEST: Final = MetricSpec(
    name="boks_host_queue_oldest_timestamp_seconds",
    unit=f"{UNIX}, exact to the minute",
    labels=HOST,
    meaning="When the oldest waiting file was written.",
    absent="while no file waits or its date could not be read",
    source=Source("HS", SourceCertainty.READ),
)
PROCESS_RUNNING: Final = MetricSpec(
    name="boks_host_process_running",
    unit="1 or 0",
    labels=(*HOST, "process"),
    meaning="1 if a process that sites check runs, 0 if it does not, by the name of its program: boks_init, "
    "boks_servc, boks_clntd and the bridges servm.r, servc.s, servc.r and master.s; on a master also boks_master and "
    "boks_drainmast. As of the last poll of the rare sections (`poll.rare_interval`). Which of the bridges run on a "
    "master is not known.",
    absent=f"{NO_ANSWER}, is neither master nor replica, or has a gate older than 2.1",
    source=Source("SYS and BR1", SourceCertainty.READ),
)
DATA_FREE: Final = MetricSpec(
    name="boks_host_data_free_bytes",
    unit="bytes, exact to 1 KiB",
    labels=HOST,
    meaning="Free space of the file system of `$BOKS_var`, which holds the database, the spool and the logs.",
    absent=f"{NO_ANSWER} or has a gate older than 2.1",
    source=Source("POSIX df", SourceCertainty.READ),
)
DATA_SIZE: Final = MetricSpec(
    name="boks_host_data_size_bytes",
    unit="bytes, exact to 1 KiB",
    labels=HOST,
    meaning="Size of the file system of `$BOKS_var`.",
    absent=f"{NO_ANSWER} or has a gate older than 2.1",
    source=Source("POSIX df", SourceCertainty.READ),
)
CHECKSUM: Final = MetricSpec(
    name="boks_host_config_checksum_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=(*HOST, "name", "checksum"),
    meaning="Check sum (POSIX cksum) of what must be equal on all servers: method.conf and keys of ENV.",
    absent=f"{NO_ANSWER}, and for a file or key that it does not have",
    source=Source("HS troubleshooting/237 and 312", SourceCertainty.READ),
)


TABLE_SEQUENCE: Final = MetricSpec(
    name="boks_table_sequence",
    unit="updates",
    labels=TABLE,
    meaning="Sequence number of a table (T7), as boksdiag sequence prints it. Hosts are read at different instants: "
    "take boks_replica_lag_sequences and boks_replica_ahead_sequences, not a difference of these.",
    absent=f"{NO_ANSWER}, and for tables without findings where metrics.tables is worst",
    source=Source("K1456", SourceCertainty.READ),
)
TABLE_STAMP: Final = MetricSpec(
    name="boks_table_stamp_timestamp_seconds",
    unit=UNIX,
    labels=TABLE,
    meaning="The date that boksdiag sequence prints next to a table, read as days and time since 1970; equal on a "
    "healthy replica and its master.",
    absent=f"{NO_ANSWER}, for a table without a date, and for tables without findings where metrics.tables is worst",
    source=Source("K1456", SourceCertainty.INFERRED),
)
