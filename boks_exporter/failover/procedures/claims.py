"""Claims about a domain that observing can prove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from boks_exporter.model import HostName


class ClaimKind(StrEnum):
    """Every kind of claim; `host` is the host that it is about, `other` the one that it is compared with."""

    sentence: str

    def __new__(cls, name: str, sentence: str = "") -> Self:
        kind = str.__new__(cls, name)
        kind._value_, kind.sentence = name, sentence
        return kind

    IS_MASTER_ALONE = "is_master_alone", "{host} reports that it is master, runs, and no other host reports it"
    IS_ONLY_MASTER = "is_only_master", "{host} reports that it is master, and no other host does"
    REPORTS_MASTER = "reports_master", "{host} reports that it is master"
    IS_REPLICA = "is_replica", "{host} reports that it is a replica"
    IS_CLIENT = "is_client", "{host} reports that it is a client"
    IS_STOPPED = "is_stopped", "BoKS is stopped on {host}"
    IS_STARTED = "is_started", "BoKS runs on {host}"
    IS_OUT = "is_out", "{host} reports that it is a client, and BoKS is stopped on it"
    NOBODY_IS_MASTER = "nobody_is_master", "no host reports that it is master, and the old one is out"
    NO_MASTER_BUT_FENCED = (
        "no_master_but_fenced",
        "no host reports that it is master, and the old one is out or will be fenced",
    )
    MAY_START_AS_MASTER = (
        "may_start_as_master",
        "{host} reports that it is master, no other host does, and the old one is out",
    )
    NO_OTHER_MASTER = "no_other_master", "no other host than {host} that answers reports that it is master"
    MASTER_IS_SOUND = "master_is_sound", "{host} is the only master, runs, and shows its list and numbers"
    IS_MASTER_BESIDE = (
        "is_master_beside",
        "{host} is master, runs, shows its numbers, and no host but {other} reports it as well",
    )
    HAS_SHM_SIZE = "has_shm_size", "SHM_SIZE is {number} on {host}"
    HAS_NO_DATABASE = "has_no_database", "no database is left on {host}"
    HAS_DATABASE = "has_database", "{host} has a database"
    IS_REGISTERED = "is_registered", "the database of {other} has {host} as BOKSREPLICA"
    IS_LISTED_OK = "is_listed_ok", "{other} lists {host} as OK"
    IS_EQUAL = "is_equal", "every number of {host} is that of {other}, or lies between two readings of it"
    IS_QUIET = "is_quiet", "every number of {host} is that of {other}, which wrote nothing between two readings"
    IS_AS_ADVANCED = "is_as_advanced", "{host} has every update that {other} had when it was stopped"
    IS_BEST = "is_best", "no server that answers is more advanced than {host}"
    MAY_BE_REMOVED = (
        "may_be_removed",
        "{host} is a client, {other} is the only master, and has every update that {host} has",
    )
    NONE_IS_AHEAD = "none_is_ahead", "no replica is ahead of {host}"
    DOMAIN_IS_SOUND = "domain_is_sound", "every replica that answered before is OK under {host}"
    OTHERS_ARE_BACK = "others_are_back", "every replica that was OK before is OK under {host} again"
    ERROR_LOG_IS_CLEAN = "error_log_is_clean", "the last 30 lines of the error log of {host} are harmless"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about named hosts, or about roles in a table."""

    kind: ClaimKind
    host: HostName
    other: HostName | None = None
    number: int | None = None

    @property
    def second(self) -> HostName:
        """The other host of a claim about two."""
        return self.other or ""

    def with_hosts(self, hosts: Mapping[str, HostName]) -> "Claim":
        """Replace hosts by others."""
        return replace(self, host=hosts[self.host], other=hosts[self.other] if self.other else None)

    def with_number(self, number: int | None) -> "Claim":
        """Fill in the number that a claim of its kind is about."""
        return replace(self, number=number) if self.kind is ClaimKind.HAS_SHM_SIZE else self

    def __str__(self) -> str:
        number = "the master's" if self.number is None else self.number
        return self.kind.sentence.format(host=self.host, other=self.other, number=number)
