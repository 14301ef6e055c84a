"""What speaks against a run: the closed set of names that `--accept` takes, and one finding."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from boks_exporter.model import HostName, Seconds


class Level(StrEnum):
    """What a finding does: it refuses, something is not known, or it is only told."""

    REFUSE = "refuse"
    UNKNOWN = "unknown"
    NOTE = "note"


class Guard(StrEnum):
    """Every finding that there can be."""

    UNKNOWN_HOST = "unknown_host"
    RUN_OPEN = "run_open"
    HOST_LOCKED = "host_locked"
    HOST_BUSY = "host_busy"
    GATE_NOT_READY = "gate_not_ready"
    LOCK_INCOMPLETE = "lock_incomplete"
    COOL_DOWN = "cool_down"
    LAST_RUN_FAILED = "last_run_failed"
    STALE_LOOK = "stale_look"
    SEVERAL_MASTERS = "several_masters"
    MASTER_EXISTS = "master_exists"
    NO_MASTER = "no_master"
    MASTER_UNSOUND = "master_unsound"
    HOSTS_NOT_ASKED = "hosts_not_asked"
    OLD_MASTER_REACHABLE = "old_master_reachable"
    OLD_MASTER_UNPROVEN = "old_master_unproven"
    WRONG_ROLE = "wrong_role"
    UNREACHABLE = "unreachable"
    DAEMONS_STOPPED = "daemons_stopped"
    DAEMONS_RUNNING = "daemons_running"
    INCOMPLETE_COPY = "incomplete_copy"
    UNSOUND_COPY = "unsound_copy"
    ERROR_LOG = "error_log"
    BEHIND_BEST = "behind_best"
    BEHIND_LAST_MASTER = "behind_last_master"
    UPDATES_ONLY_HERE = "updates_only_here"
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
    """What a guard watches, why, and whether somebody may accept what it finds."""

    meaning: str
    reason: str
    acceptable: bool


_NEVER: Final = False
_MAY: Final = True

RULES: Final[dict[Guard, GuardRule]] = {
    Guard.UNKNOWN_HOST: GuardRule("the host is one of the domain's", "a typing error must not change a host", _NEVER),
    Guard.RUN_OPEN: GuardRule("no other run of the domain is open", "two runs must not interleave", _NEVER),
    Guard.HOST_LOCKED: GuardRule("no other run holds a host's lock", "two operators must not interleave", _NEVER),
    Guard.HOST_BUSY: GuardRule("no change still runs on a host", "it must end before another begins", _NEVER),
    Guard.GATE_NOT_READY: GuardRule(
        "the operator's gate works on every host that is changed",
        "what would fail in the middle is asked for at the beginning",
        _NEVER,
    ),
    Guard.LOCK_INCOMPLETE: GuardRule(
        "every other server that answers can be locked", "another operator could work on it meanwhile", _MAY
    ),
    Guard.COOL_DOWN: GuardRule(
        "masters did not change a short time ago", "one change after the other hides what is wrong", _MAY
    ),
    Guard.LAST_RUN_FAILED: GuardRule(
        "the last run of the domain succeeded", "why it failed should be known before another begins", _MAY
    ),
    Guard.STALE_LOOK: GuardRule("the host was looked at just now", "old facts are no facts", _NEVER),
    Guard.SEVERAL_MASTERS: GuardRule(
        "at most one host says it is master", "with two masters nothing is safe but to retire one", _NEVER
    ),
    Guard.MASTER_EXISTS: GuardRule("before a promotion no host says it is master", "two masters would exist", _NEVER),
    Guard.NO_MASTER: GuardRule("there is a master", "the procedure needs one that works", _NEVER),
    Guard.MASTER_UNSOUND: GuardRule(
        "the master answers, runs, and shows its list and numbers", "copies would be made of what is not sound", _NEVER
    ),
    Guard.HOSTS_NOT_ASKED: GuardRule(
        "every known host could be asked whether it is master", "one that could not might be", _MAY
    ),
    Guard.OLD_MASTER_REACHABLE: GuardRule(
        "no replica reaches the old master's port", "it may live on, and two masters would exist", _NEVER
    ),
    Guard.OLD_MASTER_UNPROVEN: GuardRule(
        "the old master is proven to be out, or every replica agrees that it is gone",
        "whoever accepts it must have seen that the machine is off",
        _MAY,
    ),
    Guard.WRONG_ROLE: GuardRule(
        "the host has the role that the procedure begins with", "anything else is no legal transition", _NEVER
    ),
    Guard.UNREACHABLE: GuardRule("the host can be looked at", "what cannot be seen cannot be proven", _NEVER),
    Guard.DAEMONS_STOPPED: GuardRule("BoKS runs on the host", "a replica that stands still gets no updates", _MAY),
    Guard.DAEMONS_RUNNING: GuardRule(
        "BoKS is stopped on an old master that is retired over SSH",
        "while it runs it answers as a master beside the new one",
        _MAY,
    ),
    Guard.INCOMPLETE_COPY: GuardRule(
        "the copy has every table and is not loading", "what it lacks would be lost everywhere", _NEVER
    ),
    Guard.UNSOUND_COPY: GuardRule(
        "the copy is no worse than the procedure can take", "its data would become everybody's", _MAY
    ),
    Guard.ERROR_LOG: GuardRule("the last lines of its error log are harmless", "K1456 looks there first", _MAY),
    Guard.BEHIND_BEST: GuardRule(
        "no reachable server is more advanced", "the updates that only the other one has would be lost", _MAY
    ),
    Guard.BEHIND_LAST_MASTER: GuardRule(
        "it has what the last known master had", "updates that nobody else has would be lost", _MAY
    ),
    Guard.UPDATES_ONLY_HERE: GuardRule(
        "the master has every update that the host has", "its database is moved aside, and they with it", _MAY
    ),
    Guard.STALE_DATABASE: GuardRule(
        "a client that becomes a replica has no old database",
        "stale files make a replica that is ahead (K1262); they are moved aside",
        _MAY,
    ),
    Guard.LAST_COPY: GuardRule(
        "another sound copy is left beside the master's", "without it the master's would be the only one", _MAY
    ),
    Guard.NOT_REGISTERED: GuardRule(
        "the database has the host as BOKSREPLICA", "the master would not send it anything (K1456)", _MAY
    ),
    Guard.BRIDGE: GuardRule(
        "BRIDGE_ACCEPT_MASTER_IPS, where set, admits the candidate", "others would refuse it (HS hotfix/105)", _MAY
    ),
    Guard.SHM_SIZE: GuardRule(
        "SHM_SIZE is the same on all servers", "a copy may be incomplete otherwise (HS troubleshooting/312)", _MAY
    ),
    Guard.METHOD_CONF: GuardRule(
        "method.conf is the same on all servers", "agents of the odd one are refused (HS troubleshooting/237)", _MAY
    ),
    Guard.PROMOTION_NEVER: GuardRule("the configuration lets it become master", "somebody had a reason", _MAY),
    Guard.PROMOTION_PREFERENCE: GuardRule("no preferred host is as good", "somebody had a reason", _MAY),
    Guard.SITE: GuardRule("its site keeps a sound replica", "logins there would depend on the network", _MAY),
}
"""The closed set with its reasons; docs/failover.md is made from it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: figures as they are, unrounded, with their source and age."""

    guard: Guard
    level: Level
    sentence: str
    host: HostName | None = None
    value: str | None = None
    limit: str | None = None
    source: str | None = None
    age_seconds: Seconds | None = None

    @property
    def acceptable(self) -> bool:
        """Tell whether somebody may accept it, by its name and with a reason."""
        return RULES[self.guard].acceptable

    @property
    def matters(self) -> bool:
        """Tell whether it stands in the way until it is accepted."""
        return self.level is not Level.NOTE
