"""What a domain and its hosts were during the last day: states, lag, events; bounded, whatever happens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from boks_exporter.health.domain import DomainHealth
from boks_exporter.health.hosts import HostVerdict
from boks_exporter.model import DomainSnapshot, HostName, Role, Seconds, Timestamp
from boks_exporter.replication import DomainComparison, ReplicaComparison

KEPT_SECONDS: Final[Seconds] = 86400.0
SLOT_SECONDS: Final[Seconds] = 300.0
"""The worst lag of each slot is kept."""
MAX_SPANS: Final = 120
MAX_EVENTS: Final = 500
NOT_POLLED: Final = ""
"""The state of a time without rounds, as while the exporter was stopped."""
_GAP_INTERVALS: Final = 4


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A state from a moment on, until the next span begins."""

    since: Timestamp
    state: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """One change: of a host's state, of the domain's, or of the masters."""

    at: Timestamp
    event: str
    host: HostName | None
    was: str | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class LastKnown:
    """What was known of a host when it was last compared with a master, or was the master."""

    at: Timestamp
    role: Role
    lag: int | None = None
    lag_possible: int | None = None
    lag_seconds: Seconds | None = None
    ahead: int | None = None
    ahead_possible: int | None = None


@dataclass(frozen=True, slots=True)
class HostTimeline:
    """One host: its states, oldest first, and the worst lag of each slot by the slot's number."""

    spans: tuple[StateSpan, ...] = ()
    lags: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    known: LastKnown | None = None

    @property
    def since(self) -> Timestamp | None:
        """Since when the state is what it is; times without rounds in between do not end it."""
        return since_of(self.spans)


_NO_HOST: Final = HostTimeline()

_SharedLags: TypeAlias = dict[tuple[int, int], Mapping[int, int]]
"""The lags of hosts after a round, by the identity of those before it and the lag that was added."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One domain. `revision` changes when something other than the current slot did."""

    hosts: Mapping[HostName, HostTimeline] = field(default_factory=lambda: MappingProxyType({}))
    domain: tuple[StateSpan, ...] = ()
    masters: tuple[StateSpan, ...] = ()
    """The masters, as names joined by a comma."""
    events: tuple[StateChange, ...] = ()
    begun_at: Timestamp | None = None
    seen_at: Timestamp | None = None
    revision: Timestamp = 0.0

    def host(self, name: HostName) -> HostTimeline:
        """Return a host's part, empty where there is none."""
        return self.hosts.get(name, _NO_HOST)

    @property
    def since(self) -> Timestamp | None:
        """Since when the domain's state is what it is."""
        return since_of(self.domain)

    def is_at_least(self, since: Timestamp | None, interval: Seconds) -> bool:
        """Return whether a state may have begun earlier, before the exporter recorded anything."""
        return since is not None and self.begun_at is not None and since - self.begun_at <= interval

    def shifted(self, by: Seconds) -> "Timeline":
        """Move all times by a step of the exporter's clock."""

        def moved(spans: Iterable[StateSpan]) -> tuple[StateSpan, ...]:
            return tuple(replace(span, since=span.since + by) for span in spans)

        slots = round(by / SLOT_SECONDS)
        hosts = {
            name: HostTimeline(
                moved(host.spans),
                {slot + slots: lag for slot, lag in host.lags.items()},
                host.known and replace(host.known, at=host.known.at + by),
            )
            for name, host in self.hosts.items()
        }
        return replace(
            self,
            hosts=hosts,
            domain=moved(self.domain),
            masters=moved(self.masters),
            events=tuple(replace(event, at=event.at + by) for event in self.events),
            begun_at=None if self.begun_at is None else self.begun_at + by,
            seen_at=None if self.seen_at is None else self.seen_at + by,
            revision=self.revision + by,
        )


def since_of(spans: tuple[StateSpan, ...]) -> Timestamp | None:
    """Return when the last state began; times without rounds in between do not end it."""
    since = None
    state = next((span.state for span in reversed(spans) if span.state != NOT_POLLED), None)
    for span in reversed(spans):
        if span.state == NOT_POLLED:
            continue
        if span.state != state:
            break
        since = span.since
    return since


def extended(
    timeline: Timeline, snapshot: DomainSnapshot, comparison: DomainComparison, health: DomainHealth, interval: Seconds
) -> Timeline:
    """Record a round."""
    now = snapshot.finished_at
    gap = _gap(timeline, now, interval)
    events = tuple(_events(timeline, snapshot, health))
    shared: _SharedLags = {}
    hosts = {
        verdict.host: _host(timeline.host(verdict.host), verdict, comparison.replica(verdict.host), now, gap, shared)
        for verdict in health.hosts
    }
    is_new_slot = timeline.seen_at is None or _slot(timeline.seen_at) != _slot(now)
    return Timeline(
        hosts=hosts,
        domain=_spans(timeline.domain, str(health.state), now, gap),
        masters=_spans(timeline.masters, ",".join(snapshot.masters), now, None),
        events=(*timeline.events, *events)[-MAX_EVENTS:],
        begun_at=snapshot.started_at if timeline.begun_at is None else timeline.begun_at,
        seen_at=now,
        revision=now if events or is_new_slot else timeline.revision,
    )


def _gap(timeline: Timeline, now: Timestamp, interval: Seconds) -> Timestamp | None:
    """Return since when there were no rounds; None where there was no gap."""
    seen_at = timeline.seen_at
    return seen_at if seen_at is not None and now - seen_at > _GAP_INTERVALS * interval else None


def _host(
    before: HostTimeline,
    verdict: HostVerdict,
    compared: ReplicaComparison | None,
    now: Timestamp,
    gap: Timestamp | None,
    shared: _SharedLags,
) -> HostTimeline:
    return HostTimeline(
        spans=_spans(before.spans, str(verdict.state), now, gap),
        lags=_lags(before.lags, compared.lag if compared else None, now, shared),
        known=_known(before.known, verdict, compared, now),
    )


def _spans(before: tuple[StateSpan, ...], state: str, now: Timestamp, gap: Timestamp | None) -> tuple[StateSpan, ...]:
    """Add a state where it changed, and drop what ended before the last day; at most `MAX_SPANS` are kept."""
    spans = before
    if gap is not None and spans:
        spans = (*spans, StateSpan(gap, NOT_POLLED))
    if not spans or spans[-1].state != state:
        spans = (*spans, StateSpan(now, state))
    if len(spans) == 1:  # as of most hosts: a round does nothing more for them
        return spans
    oldest = now - KEPT_SECONDS
    first = next((index for index, span in enumerate(spans[1:]) if span.since > oldest), len(spans) - 1)
    return spans[_first_of_state(spans, first) :][-MAX_SPANS:]


def _first_of_state(spans: tuple[StateSpan, ...], first: int) -> int:
    """Keep the beginning of the state that still lasts."""
    since = since_of(spans)
    begun = next((index for index, span in enumerate(spans) if span.since == since), first)
    return min(first, begun)


def _lags(before: Mapping[int, int], lag: int | None, now: Timestamp, shared: _SharedLags) -> Mapping[int, int]:
    """Record the worst lag of the slot; most rounds change nothing, and copy nothing.

    Hosts with the same past keep sharing it: most never lag, and a day of 1,000 of them would take 20 megabytes.
    """
    newest, oldest = _slot(now), _slot(now - KEPT_SECONDS)
    if lag is None or before.get(newest, -1) >= lag:
        return before
    key = id(before), lag
    if key not in shared:
        shared[key] = {slot: worst for slot, worst in before.items() if slot > oldest} | {newest: lag}
    return shared[key]


def _known(
    before: LastKnown | None, verdict: HostVerdict, compared: ReplicaComparison | None, now: Timestamp
) -> LastKnown | None:
    if verdict.role is Role.MASTER:
        return LastKnown(now, verdict.role)
    if compared is None or (compared.lag is None and compared.lag_possible is None):
        return before
    return LastKnown(
        at=compared.read_at,
        role=verdict.role,
        lag=compared.lag,
        lag_possible=compared.lag_possible,
        lag_seconds=compared.lag_seconds,
        ahead=compared.ahead,
        ahead_possible=compared.ahead_possible,
    )


def _events(before: Timeline, snapshot: DomainSnapshot, health: DomainHealth) -> Iterator[StateChange]:
    """Yield what changed since the round before."""
    now = snapshot.finished_at
    was = _last(before.domain)
    if was != health.state:
        yield StateChange(now, "domain_state_changed", None, was, str(health.state), health.reason)
    masters = ",".join(snapshot.masters)
    if before.masters and before.masters[-1].state != masters:
        were = before.masters[-1].state.replace(",", ", ")
        reason = f"masters now: {masters.replace(',', ', ') or 'none'}; before: {were or 'none'}"
        yield StateChange(now, "masters_changed", None, before.masters[-1].state, masters, reason)
    for verdict in health.hosts:
        was = _last(before.host(verdict.host).spans)
        if was != verdict.state:
            yield StateChange(now, "host_state_changed", verdict.host, was, str(verdict.state), verdict.reason)


def _last(spans: tuple[StateSpan, ...]) -> str | None:
    return next((span.state for span in reversed(spans) if span.state != NOT_POLLED), None)


def _slot(moment: Timestamp) -> int:
    return int(moment // SLOT_SECONDS)
