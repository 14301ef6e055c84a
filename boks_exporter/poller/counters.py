"""Counters of a domain and its hosts."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import DomainCounters, HostCounters
from boks_exporter.model import (
    ConnectionFacts,
    DomainSnapshot,
    FailedPoll,
    HostName,
    HostOutcome,
    Observed,
    Seconds,
    Timestamp,
)
from boks_exporter.remote.settings import SshSettings, TransportSettings
from boks_exporter.transport.base import Transport


@runtime_checkable
class KeepsConnections(Protocol):
    """A transport that keeps connections."""

    def reconnects(self, host: HostName) -> int:
        """Return the number of connections to a host after the first one."""
        ...


_FAILURES_KEPT: Final = 5


@runtime_checkable
class DescribesConnections(Protocol):
    """A transport that can describe the connection that it keeps to a host."""

    def connection(self, host: HostName, now: Timestamp) -> ConnectionFacts | None:
        """Describe the connection; None where there is none."""
        ...


@runtime_checkable
class LogsIn(Protocol):
    """A transport that logs in with a key."""

    def is_unrestricted(self, host: HostName) -> bool:
        """Return whether the key gives a shell on this host."""
        ...

    def is_login_refused(self, host: HostName) -> bool:
        """Return whether the host refuses new logins while its kept connection still works."""
        ...


@dataclass
class _HostCounters:
    polls: int = 0
    failures: Counter[FailureReason] = field(default_factory=Counter)
    last_attempt: Timestamp | None = None
    last_success: Timestamp | None = None
    reconnects: int = 0
    has_unrestricted_key: bool | None = None
    refuses_logins: bool | None = None
    connection: ConnectionFacts | None = None
    last_failures: tuple[FailedPoll, ...] = ()


@dataclass
class Counters:
    """Counters of one domain; a removed host's counters are removed with it."""

    rounds: int = 0
    overruns: int = 0
    hosts: dict[HostName, _HostCounters] = field(default_factory=dict)

    def count(self, snapshot: DomainSnapshot, transport: Transport) -> None:
        """Count one round."""
        self.rounds += 1
        self.hosts = {host.name: self.hosts.get(host.name, _HostCounters()) for host in snapshot.hosts}
        connections = transport if isinstance(transport, KeepsConnections) else None
        described = transport if isinstance(transport, DescribesConnections) else None
        logins = transport if isinstance(transport, LogsIn) else None
        for outcome in snapshot.outcomes:
            tally = self.hosts[outcome.host]
            tally.polls += 1
            tally.last_attempt = outcome.started_at
            if (reason := failure_of(outcome)) is None:
                tally.last_success = outcome.finished_at
            else:
                tally.failures[reason] += 1
                failed = FailedPoll(outcome.finished_at, reason, _detail(outcome))
                tally.last_failures = (*tally.last_failures, failed)[-_FAILURES_KEPT:]
            if connections:
                tally.reconnects = connections.reconnects(outcome.host)
            if described:
                tally.connection = described.connection(outcome.host, snapshot.finished_at)
            if logins:
                tally.has_unrestricted_key = logins.is_unrestricted(outcome.host)
                tally.refuses_logins = logins.is_login_refused(outcome.host)

    def preview(self, known: DomainCounters, read: DomainSnapshot) -> DomainCounters:
        """Return the counters of the last view with the times of what was read since."""
        hosts = dict(known.hosts)
        for outcome in read.outcomes:
            before = hosts.get(outcome.host, HostCounters())
            success = outcome.finished_at if failure_of(outcome) is None else before.last_success
            hosts[outcome.host] = replace(before, last_attempt=outcome.started_at, last_success=success)
        return replace(known, hosts=hosts)

    def counters(self, interval: Seconds, transport: TransportSettings) -> DomainCounters:
        """Freeze the counters for one view."""
        return DomainCounters(
            interval_seconds=interval,
            rounds=self.rounds,
            overruns=self.overruns,
            hosts={name: _frozen(tally) for name, tally in self.hosts.items()},
            insecure_host_keys=isinstance(transport, SshSettings) and transport.insecure_ignore_host_keys,
        )


def failure_of(outcome: HostOutcome) -> FailureReason | None:
    """Return why a poll failed; of a reply, the reason of the first essential section without a fact."""
    if not isinstance(outcome, Observed):
        return outcome.reason
    return next((fault.reason for fault in outcome.essential_faults), None)


def _detail(outcome: HostOutcome) -> str:
    """Return why a poll failed, in words."""
    if not isinstance(outcome, Observed):
        return outcome.detail
    return "; ".join(f"{fault.section}: {fault.detail}" for fault in outcome.essential_faults)


def _frozen(tally: _HostCounters) -> HostCounters:
    return HostCounters(
        polls=tally.polls,
        failures=dict(tally.failures),
        reconnects=tally.reconnects,
        has_unrestricted_key=tally.has_unrestricted_key,
        refuses_logins=tally.refuses_logins,
        last_attempt=tally.last_attempt,
        last_success=tally.last_success,
        connection=tally.connection,
        last_failures=tally.last_failures,
    )
