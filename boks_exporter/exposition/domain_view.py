"""The content of a page: the newest round of each domain, and the counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from boks_exporter.errors import FailureReason
from boks_exporter.exposition.failover_activity import Operations
from boks_exporter.health import DomainHealth, Timeline
from boks_exporter.model import ConnectionFacts, DomainSnapshot, FailedPoll, HostName, Seconds, Timestamp
from boks_exporter.replication import DomainComparison, History, MasterTerm


class Tables(StrEnum):
    """Which tables' raw numbers are published."""

    ALL = "all"
    WORST = "worst"


class TableLag(StrEnum):
    """Which tables' lag and ahead are published."""

    NONZERO = "nonzero"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpositionOptions:
    """How much of the tables to publish; a large domain has thousands of them."""

    tables: Tables = Tables.ALL
    table_lag: TableLag = TableLag.NONZERO


@dataclass(frozen=True, slots=True)
class HostCounters:
    """Counters of one host since the exporter started."""

    polls: int = 0
    failures: Mapping[FailureReason, int] = field(default_factory=dict)
    reconnects: int = 0
    last_attempt: Timestamp | None = None
    last_success: Timestamp | None = None
    has_unrestricted_key: bool | None = None
    """Whether the monitoring key gives a shell; None where there is no key."""
    refuses_logins: bool | None = None
    """Whether only a kept connection still works; None where connections are not kept."""
    connection: ConnectionFacts | None = None
    last_failures: tuple[FailedPoll, ...] = ()
    """The last failed polls, oldest first."""


@dataclass(frozen=True, slots=True)
class DomainCounters:
    """Counters of one domain since the exporter started."""

    interval_seconds: Seconds
    rounds: int = 0
    overruns: int = 0
    hosts: Mapping[HostName, HostCounters] = field(default_factory=dict)
    insecure_host_keys: bool = False


@dataclass(frozen=True)
class DomainView:
    """One domain as of its newest round."""

    snapshot: DomainSnapshot
    comparison: DomainComparison
    health: DomainHealth
    counters: DomainCounters
    options: ExpositionOptions = field(default_factory=ExpositionOptions)
    evidence_since: Timestamp | None = None
    """The first recorded round: what was proven before it is not known."""
    notes: tuple[str, ...] = ()
    """What a reader must know about the source of the view, such as a state file that could not be read."""
    operations: Operations | None = None
    """Failover runs and maintenance; None where no journal is configured."""
    timeline: Timeline = field(default_factory=Timeline)
    """The last day, this round included; empty in a one-shot poll."""
    terms: Mapping[HostName, MasterTerm] = field(default_factory=dict)
    """The hosts that are master, or were when they last answered."""
    history: History | None = None
    """What earlier rounds recorded; None in a one-shot poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterInfo:
    """The exporter itself."""

    version: str
    revision: str
    python: str
    reload_successful: bool = True
    reload_success_at: Timestamp | None = None
