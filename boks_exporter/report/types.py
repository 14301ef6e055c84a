"""Types of the stable JSON report of `status`, `check` and `/api/v1/status`; null means unknown."""

from typing import NotRequired, TypedDict


class TableReport(TypedDict):
    """One table of one host; `lag` and `ahead` are null on a master and where they cannot be proven."""

    sequence: int
    lag: int | None
    ahead: int | None
    lag_possible: NotRequired[int | None]
    ahead_possible: NotRequired[int | None]


class HostReport(TypedDict):
    """One host."""

    host: str
    role: str
    state: str
    reason: str
    lag_sequences: int | None
    ahead_sequences: int | None
    lag_seconds: float | None
    tables: dict[str, TableReport]
    evidence: list[str]
    address: str
    site: str
    section: str
    behind_best_sequences: int | None
    missing_tables: list[str] | None
    stamp_mismatch_tables: list[str] | None
    reported_status: str | None
    reported_status_word: str | None
    last_packet_timestamp_seconds: float | None
    last_failure_timestamp_seconds: float | None
    last_sync_timestamp_seconds: float | None
    last_attempt_timestamp_seconds: float | None
    last_success_timestamp_seconds: float | None
    promotable: bool | None
    promotable_reasons: list[str]
    gate_version: str | None
    lag_possible_sequences: NotRequired[int | None]
    ahead_possible_sequences: NotRequired[int | None]
    evidence_timestamp_seconds: NotRequired[dict[str, float]]
    since_timestamp_seconds: NotRequired[float | None]
    since_is_exact: NotRequired[bool]


class EventReport(TypedDict):
    """One change: of a host's state, or without a host of the domain's state or of its masters."""

    timestamp_seconds: float
    event: str
    domain: str
    host: str | None
    was: str | None
    state: str
    reason: str


class EventsReport(TypedDict):
    """The changes of all domains, oldest first."""

    events: list[EventReport]


class GroupReport(TypedDict):
    """One site or section: how many of its replicas are ok, out of how many."""

    name: str
    verdict: str
    replicas: int
    replicas_ok: int


class UnreadReport(TypedDict):
    """Lines of one form that could not be read: the section, the first line, how many, and the hosts."""

    section: str
    line: str
    lines: int
    hosts: list[str]


class WindowReport(TypedDict):
    """One maintenance window."""

    host: str
    started_timestamp_seconds: float
    until_timestamp_seconds: float
    owner: str
    reason: str
    run: str | None


class KnownHostReport(TypedDict):
    """A host with its role when it last answered, and the first failed poll since."""

    host: str
    port: int
    role: str
    discovered: bool
    failing_since_timestamp_seconds: float | None


class KnownReadingReport(TypedDict):
    """The last numbers of a host that does not show them now, and the stamps of their generations."""

    host: str
    read_timestamp_seconds: float
    sequences: dict[str, int]
    stamps: dict[str, float | None]


class KnowledgeReport(TypedDict):
    """What was known before: the last master, roles, readings, and the servers that only a list named."""

    last_known_master: str | None
    hosts: list[KnownHostReport]
    readings: list[KnownReadingReport]
    unresolved_timestamp_seconds: dict[str, float]


class DomainReport(TypedDict):
    """One domain."""

    domain: str
    masters: list[str]
    state: str
    reason: str
    hosts: list[HostReport]
    unresolved: list[str]
    unread_lines: list[UnreadReport]
    sites: list[GroupReport]
    sections: list[GroupReport]
    last_round_timestamp_seconds: float
    maintenance: list[WindowReport] | None
    evidence_since_timestamp_seconds: NotRequired[float | None]
    notes: NotRequired[list[str]]
    knowledge: NotRequired[KnowledgeReport]


class StatusReport(TypedDict):
    """The whole answer."""

    domains: list[DomainReport]
