"""Every metric: its name, kind, labels and meaning, written once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kinds of metric that are used here."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str


SPECS: Final[list[Spec]] = []
"""All metrics in the order in which the page shows them."""


def _add(name: str, labels: str, text: str) -> Spec:
    kind = Kind.COUNTER if name.endswith("_total") else Kind.GAUGE
    spec = Spec(name, kind, tuple(labels.split()), " ".join(text.split()))
    SPECS.append(spec)
    return spec


# -- the exporter -----------------------------------------------------------------------------------------------------

BUILD_INFO: Final = _add(
    "boks_exporter_build_info", "version revision python", "Always 1; which exporter this is and what it runs on."
)
RELOAD_SUCCESSFUL: Final = _add(
    "boks_exporter_config_last_reload_successful",
    "",
    "1 if the newest configuration was taken over, 0 if it was refused and the one before is still in force.",
)
RELOAD_SUCCESS_TIMESTAMP: Final = _add(
    "boks_exporter_config_last_reload_success_timestamp_seconds",
    "",
    "When a configuration was last taken over, in Unix seconds.",
)
INSECURE_HOST_KEYS: Final = _add(
    "boks_exporter_insecure_host_keys",
    "boks_domain",
    "1 if SSH host keys of this domain are not verified (insecure_ignore_host_keys), else 0.",
)

# -- hosts ------------------------------------------------------------------------------------------------------------

HOST_UP: Final = _add(
    "boks_host_up",
    "boks_domain host",
    """1 if the last look at this host worked: connection, commands and reading of what they printed. 0 says nothing
    about BoKS: a host that cannot be looked at is unknown, not down.""",
)
HOST_INFO: Final = _add(
    "boks_host_info",
    "boks_domain host address site section",
    "Always 1; where a host is reached and stands, for joins.",
)
HOST_ROLE: Final = _add(
    "boks_host_role",
    "boks_domain host role",
    "1 for the role that the host says it has (BOKSINIT; server there means replica), 0 for the others.",
)
HOST_LAST_ATTEMPT: Final = _add(
    "boks_host_last_attempt_timestamp_seconds",
    "boks_domain host",
    "When this host was last asked, in Unix seconds by the exporter's clock.",
)
HOST_LAST_SUCCESS: Final = _add(
    "boks_host_last_success_timestamp_seconds",
    "boks_domain host",
    "When a look at this host last worked, in Unix seconds; absent before the first one.",
)
HOST_POLL_DURATION: Final = _add(
    "boks_host_poll_duration_seconds", "boks_domain host", "How long the last exchange with this host took."
)
HOST_POLLS: Final = _add("boks_host_polls_total", "boks_domain host", "Looks at this host since the exporter started.")
HOST_POLL_FAILURES: Final = _add(
    "boks_host_poll_failures_total",
    "boks_domain host reason",
    """Looks at this host that failed, by reason: dns, connect, timeout, host_key, auth, channel, exit_status, parse,
    too_large, cancelled.""",
)
HOST_RECONNECTS: Final = _add(
    "boks_host_reconnects_total", "boks_domain host", "Connections to this host made anew after the first one."
)
HOST_MEMORY_TOTAL: Final = _add(
    "boks_host_shared_memory_total_bytes",
    "boks_domain host",
    "BoKS's shared memory as dumpbase -m prints it; absent where it does not.",
)
HOST_MEMORY_FREE: Final = _add(
    "boks_host_shared_memory_free_bytes",
    "boks_domain host",
    "Free part of BoKS's shared memory; below 30 % is a warning, 50 % the aim (HS troubleshooting/312).",
)
HOST_ERRLOG_LINES: Final = _add(
    "boks_host_errlog_lines_total",
    "boks_domain host",
    "Lines of the host's boks_errlog; starts anew when the file is rotated.",
)
HOST_QUEUE_FILES: Final = _add(
    "boks_host_queue_files",
    "boks_domain host",
    "Files that wait in the master's spool (master_spool/dd_fcom_*).",
)
HOST_QUEUE_OLDEST: Final = _add(
    "boks_host_queue_oldest_timestamp_seconds",
    "boks_domain host",
    "When the oldest waiting file was written, in Unix seconds to the minute; absent if none waits.",
)
HOST_CHECKSUM: Final = _add(
    "boks_host_config_checksum_info",
    "boks_domain host name checksum",
    "Always 1; check sum (POSIX cksum) of what must be equal on all servers: method.conf and keys of ENV.",
)
TABLE_SEQUENCE: Final = _add(
    "boks_table_sequence",
    "boks_domain host table",
    """Sequence number of a table (T7) as boksdiag sequence prints it. Hosts are read at different instants: use
    boks_replica_lag_sequences and boks_replica_ahead_sequences instead of a difference of these.""",
)
TABLE_STAMP: Final = _add(
    "boks_table_stamp_timestamp_seconds",
    "boks_domain host table",
    """The date that boksdiag sequence prints beside a table, read as days and time since 1970 (inferred, not
    documented); equal on a sound replica and its master.""",
)

# -- replicas ---------------------------------------------------------------------------------------------------------

REPLICA_LAG: Final = _add(
    "boks_replica_lag_sequences",
    "boks_domain host",
    """Updates that the replica's worst table certainly lacks: the master had them before the replica was read. Absent
    if that cannot be proven.""",
)
REPLICA_AHEAD: Final = _add(
    "boks_replica_ahead_sequences",
    "boks_domain host",
    """Updates that the replica's worst table has and the master, read afterwards, still had not. Never caused by
    timing. Absent if that cannot be proven.""",
)
REPLICA_LAG_SECONDS: Final = _add(
    "boks_replica_lag_seconds",
    "boks_domain host",
    """Age of the oldest update that the replica has not got, from when its number first showed on the master; exact to
    one poll interval. 0 if none is missing, absent if unknown. Needs no clock on the hosts.""",
)
REPLICA_TABLE_LAG: Final = _add(
    "boks_replica_table_lag_sequences",
    "boks_domain host table",
    "boks_replica_lag_sequences of one table; only tables that lag unless all are asked for.",
)
REPLICA_TABLE_AHEAD: Final = _add(
    "boks_replica_table_ahead_sequences",
    "boks_domain host table",
    "boks_replica_ahead_sequences of one table; only tables that are ahead unless all are asked for.",
)
REPLICA_BEHIND_BEST: Final = _add(
    "boks_replica_behind_best_sequences",
    "boks_domain host",
    """Updates that the replica's worst table is behind the most advanced server that answers. Lives on when the master
    is dead. Not bracketed: while updates are written, a few are under way.""",
)
REPLICA_STAMP_MISMATCH: Final = _add(
    "boks_replica_stamp_mismatch_tables",
    "boks_domain host",
    "Tables whose stamp is not the master's; absent if no stamp could be compared.",
)
REPLICA_MISSING: Final = _add(
    "boks_replica_missing_tables",
    "boks_domain host",
    "Tables that the master has and the replica does not show; absent if that could not be compared.",
)
REPLICA_STATE: Final = _add(
    "boks_replica_state",
    "boks_domain host state",
    """1 for the exporter's verdict, 0 for the others: ok, loading, lagging, ahead, diverged, down, unreachable,
    unlisted, unknown.""",
)
REPLICA_STATUS: Final = _add(
    "boks_replica_reported_status",
    "boks_domain host status",
    "1 for the status in the master's boksdiag list (ok, loading, down; other for any other word), 0 for the others.",
)
REPLICA_LAST_PACKET: Final = _add(
    "boks_replica_last_packet_timestamp_seconds",
    "boks_domain host",
    "When the master last sent this replica a packet, from the list's age; rule of thumb: minutes (K1256).",
)
REPLICA_LAST_FAILURE: Final = _add(
    "boks_replica_last_failure_timestamp_seconds",
    "boks_domain host",
    "When the master last failed to update this replica, from the list's age; absent if never.",
)
REPLICA_LAST_SYNC: Final = _add(
    "boks_replica_last_sync_timestamp_seconds",
    "boks_domain host",
    """When a database update was last sent to this replica, from the list's age. On an idle database it grows old on
    every replica: compare them with one another.""",
)
REPLICA_PACKETS: Final = _add(
    "boks_replica_packets",
    "boks_domain host",
    "The list's count, undocumented; behaves as a packet counter that can be reset.",
)
REPLICA_PROMOTABLE: Final = _add(
    "boks_replica_promotable",
    "boks_domain host",
    "1 if nothing that can be judged from outside speaks against promoting it, 0 if something does.",
)

# -- domains ----------------------------------------------------------------------------------------------------------

DOMAIN_STATE: Final = _add(
    "boks_domain_state",
    "boks_domain state",
    "1 for the exporter's verdict, 0 for the others: ok, degraded, no_master, several_masters, unknown.",
)
DOMAIN_MASTERS: Final = _add(
    "boks_domain_masters",
    "boks_domain",
    "Hosts that say they are master: one is right, none and several are two different emergencies.",
)
DOMAIN_HOSTS: Final = _add("boks_domain_hosts", "boks_domain", "Hosts that are looked at.")
DOMAIN_REPLICAS: Final = _add("boks_domain_replicas", "boks_domain state", "Replicas by state.")
DOMAIN_UNRESOLVED: Final = _add(
    "boks_domain_unresolved_replicas",
    "boks_domain",
    "Names in the master's list that no known host bears; absent if the list could not be read.",
)
SITE_REPLICAS: Final = _add(
    "boks_site_replicas",
    "boks_domain site state",
    "Replicas of a site by state; K1456 asks for one at each location at least.",
)
SECTION_REPLICAS: Final = _add(
    "boks_section_replicas",
    "boks_domain section state",
    "Replicas of a network section by state; K1456 asks for one in each.",
)
ROUND_DURATION: Final = _add("boks_round_duration_seconds", "boks_domain", "How long the last round took.")
ROUND_INTERVAL: Final = _add("boks_round_interval_seconds", "boks_domain", "Configured time between two rounds.")
ROUND_LAST: Final = _add(
    "boks_round_last_timestamp_seconds", "boks_domain", "When the last round ended, in Unix seconds."
)
ROUND_SKEW: Final = _add(
    "boks_round_skew_seconds",
    "boks_domain",
    "Time between the first and the last reading of the master in the last round; absent without a second reading.",
)
ROUNDS: Final = _add("boks_rounds_total", "boks_domain", "Rounds since the exporter started.")
ROUND_OVERRUNS: Final = _add(
    "boks_round_overruns_total", "boks_domain", "Rounds that took longer than the interval; the next one came later."
)
