"""Claims about a domain that observing can prove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from boks_exporter.model import HostName


class ClaimKind(StrEnum):
    """Every kind of claim; `host` is the host that it is about, `other` the one that it is compared with."""

    IS_MASTER_ALONE = "is_master_alone"
    REPORTS_MASTER = "reports_master"
    IS_REPLICA = "is_replica"
    IS_CLIENT = "is_client"
    IS_STOPPED = "is_stopped"
    IS_STARTED = "is_started"
    IS_OUT = "is_out"
    NOBODY_IS_MASTER = "nobody_is_master"
    NO_MASTER_BUT_FENCED = "no_master_but_fenced"
    MAY_START_AS_MASTER = "may_start_as_master"
    NO_OTHER_MASTER = "no_other_master"
    MASTER_IS_SOUND = "master_is_sound"
    IS_MASTER_BESIDE = "is_master_beside"
    HAS_SHM_SIZE = "has_shm_size"
    HAS_NO_DATABASE = "has_no_database"
    HAS_DATABASE = "has_database"
    IS_REGISTERED = "is_registered"
    IS_LISTED_OK = "is_listed_ok"
    IS_EQUAL = "is_equal"
    IS_QUIET = "is_quiet"
    IS_AS_ADVANCED = "is_as_advanced"
    IS_BEST = "is_best"
    MAY_BE_REMOVED = "may_be_removed"
    NONE_IS_AHEAD = "none_is_ahead"
    DOMAIN_IS_SOUND = "domain_is_sound"
    OTHERS_ARE_BACK = "others_are_back"
    ERROR_LOG_IS_CLEAN = "error_log_is_clean"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about named hosts, or about roles in a table."""

    kind: ClaimKind
    host: HostName
    other: HostName | None = None
    number: int | None = None

    def with_hosts(self, hosts: Mapping[str, HostName]) -> "Claim":
        """Replace hosts by others."""
        return replace(self, host=hosts[self.host], other=hosts[self.other] if self.other else None)

    def with_number(self, number: int | None) -> "Claim":
        """Fill in the number that a claim of its kind is about."""
        return replace(self, number=number) if self.kind is ClaimKind.HAS_SHM_SIZE else self

    def __str__(self) -> str:
        return SENTENCES[self.kind].format(host=self.host, other=self.other, number=self.number)


SENTENCES = {
    ClaimKind.IS_MASTER_ALONE: "{host} reports that it is master, runs, and no other host reports it",
    ClaimKind.REPORTS_MASTER: "{host} reports that it is master",
    ClaimKind.IS_REPLICA: "{host} reports that it is a replica",
    ClaimKind.IS_CLIENT: "{host} reports that it is a client",
    ClaimKind.IS_STOPPED: "BoKS is stopped on {host}",
    ClaimKind.IS_STARTED: "BoKS runs on {host}",
    ClaimKind.IS_OUT: "{host} reports that it is a client, and BoKS is stopped on it",
    ClaimKind.MAY_START_AS_MASTER: "{host} reports that it is master, no other host does, and the old one is out",
    ClaimKind.NO_OTHER_MASTER: "no other host than {host} that answers reports that it is master",
    ClaimKind.NO_MASTER_BUT_FENCED: "no host reports that it is master, and the old one is out or will be fenced",
    ClaimKind.NOBODY_IS_MASTER: "no host reports that it is master, and the old one is out",
    ClaimKind.MASTER_IS_SOUND: "{host} is the only master, runs, and shows its list and numbers",
    ClaimKind.IS_MASTER_BESIDE: "{host} is master, runs, shows its numbers, and no host but {other} reports it as well",
    ClaimKind.HAS_SHM_SIZE: "SHM_SIZE is {number} on {host}",
    ClaimKind.HAS_NO_DATABASE: "no database is left on {host}",
    ClaimKind.HAS_DATABASE: "{host} has a database",
    ClaimKind.IS_REGISTERED: "the database of {other} has {host} as BOKSREPLICA",
    ClaimKind.IS_LISTED_OK: "{other} lists {host} as OK",
    ClaimKind.IS_EQUAL: "every number of {host} is that of {other}, or lies between two readings of it",
    ClaimKind.IS_QUIET: "every number of {host} is that of {other}, which wrote nothing between two readings",
    ClaimKind.IS_AS_ADVANCED: "{host} has every update that {other} had when it was stopped",
    ClaimKind.IS_BEST: "no server that answers is more advanced than {host}",
    ClaimKind.MAY_BE_REMOVED: "{host} is a client, {other} is the only master, and has every update that {host} has",
    ClaimKind.NONE_IS_AHEAD: "no replica is ahead of {host}",
    ClaimKind.DOMAIN_IS_SOUND: "every replica that answered before is OK under {host}",
    ClaimKind.OTHERS_ARE_BACK: "every replica that was OK before is OK under {host} again",
    ClaimKind.ERROR_LOG_IS_CLEAN: "the last 30 lines of the error log of {host} are harmless",
}
