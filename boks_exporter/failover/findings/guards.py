"""The closed set of guards: the names that `--accept` takes, with their reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Guard(StrEnum):
    """Every finding that there can be."""

    UNKNOWN_HOST = "unknown_host"
    OTHER_HOST = "other_host"
    UNCONFIGURED_SERVER = "unconfigured_server"
    RUN_OPEN = "run_open"
    HOST_LOCKED = "host_locked"
    HOST_BUSY = "host_busy"
    GATE_NOT_READY = "gate_not_ready"
    ODD_FILES = "odd_files"
    PARTIAL_DATABASE = "partial_database"
    LOCK_INCOMPLETE = "lock_incomplete"
    COOL_DOWN = "cool_down"
    LAST_RUN_FAILED = "last_run_failed"
    CLOCK_SET_BACK = "clock_set_back"
    FROZEN = "frozen"
    UNDER_MAINTENANCE = "under_maintenance"
    STALE_LOOK = "stale_look"
    SEVERAL_MASTERS = "several_masters"
    MASTER_EXISTS = "master_exists"
    NO_MASTER = "no_master"
    MASTER_UNSOUND = "master_unsound"
    HOSTS_NOT_ASKED = "hosts_not_asked"
    OLD_MASTER_REACHABLE = "old_master_reachable"
    OLD_MASTER_UNPROVEN = "old_master_unproven"
    SUCCESSOR_UNKNOWN = "successor_unknown"
    WRONG_ROLE = "wrong_role"
    UNREACHABLE = "unreachable"
    DAEMONS_STOPPED = "daemons_stopped"
    DAEMONS_RUNNING = "daemons_running"
    INCOMPLETE_COPY = "incomplete_copy"
    UNREAD_TABLES = "unread_tables"
    UNSOUND_COPY = "unsound_copy"
    ERROR_LOG = "error_log"
    BEHIND_BEST = "behind_best"
    BEHIND_LAST_MASTER = "behind_last_master"
    UPDATES_ONLY_HERE = "updates_only_here"
    FORK_POINT_UNKNOWN = "fork_point_unknown"
    STALE_DATABASE = "stale_database"
    LAST_COPY = "last_copy"
    NOT_REGISTERED = "not_registered"
    BRIDGE = "bridge"
    SHM_SIZE = "shm_size"
    METHOD_CONF = "method_conf"
    PROMOTION_NEVER = "promotion_never"
    PROMOTION_PREFERENCE = "promotion_preference"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class GuardRule:
    """What a guard checks, why, whether its findings can be accepted, and why.

    They cannot be accepted where two masters could exist, where the last advanced copy could be lost, or where nothing
    could be proven afterwards. A fact that is only unknown can be accepted by a person who knows it otherwise.
    """

    meaning: str
    reason: str
    acceptable: bool
    because: str
