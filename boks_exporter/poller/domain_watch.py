"""One monitored domain: its history, its counters and its newest view."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from boks_exporter.config import CloserPolls, DomainSettings
from boks_exporter.exposition import DomainView, ExpositionOptions
from boks_exporter.health import (
    Judgement,
    LastRound,
    StateChange,
    Timeline,
    extended,
    judge_again,
    judge_continued,
    judge_once,
    judge_round,
)
from boks_exporter.loggers import structlog
from boks_exporter.model import DomainName, DomainSnapshot, HostName, Seconds
from boks_exporter.observe import (
    PATIENCE_SECONDS,
    Clock,
    Knowledge,
    Limiter,
    RareSections,
    RoundOptions,
    configured_names,
    observe,
)
from boks_exporter.poller.counters import Counters
from boks_exporter.poller.state_changes import changes, continued
from boks_exporter.poller.state_database import PersistedState
from boks_exporter.replication import (
    Clearance,
    History,
    clearance_times,
    hosts_of,
    not_named_for,
    recorded_hosts,
    renamed,
    seen_beside,
)
from boks_exporter.transport.base import Transport

Clearances: TypeAlias = Callable[[DomainName], Awaitable[Sequence[Clearance]]]
"""Reads what clears evidence in a domain."""

OnChange: TypeAlias = Callable[[DomainName, StateChange], None]
"""Receives each change of a domain, in order; must return immediately."""

JUDGED_AT_ONCE: Final = 100
"""Hosts that are judged without a pause, which takes at most 20 ms."""

CLOCK_STEP_SECONDS: Final[Seconds] = 1.0
"""A difference between the Unix clock and the monotonic one from which it is a step and no drift."""

ROUND_SHARE: Final = 0.95
"""The share of the interval that a round may take."""

_log = structlog.get_logger(__name__)


class DomainWatch:
    """Poll one domain, round after round; the newest view is published by one assignment."""

    def __init__(
        self, domain: DomainSettings, transport: Transport, clock: Clock, kept: PersistedState | None = None
    ) -> None:
        """Start with the stored state, or with none; settings and transport may be replaced between rounds."""
        self.domain = domain
        self.transport = transport
        self.options = ExpositionOptions()
        self.clearances: Clearances | None = None
        self.closer_polls = CloserPolls.AUTO
        self.on_change: OnChange | None = None
        self.rare = RareSections()
        self.view: DomainView | None = None
        self.history = (kept or PersistedState()).history
        self.timeline: Timeline = (kept or PersistedState()).timeline
        self._before = self.history
        self._is_first = self.history.begun_at is None
        self._clock = clock
        self._clock_offset = clock.now() - clock.monotonic()
        self._known = Knowledge(
            last_known_master=(kept or PersistedState()).last_known_master, discovered=hosts_of(self.history.discovered)
        )
        self._tally = Counters()
        self._named_by: DomainSettings | None = None

    def __repr__(self) -> str:
        """Return the domain and how far it is."""
        return f"<DomainWatch {self.domain.name} rounds={self._tally.rounds}>"

    @property
    def kept(self) -> PersistedState:
        """Return what is kept across a restart."""
        return PersistedState(self.history, self._known.last_known_master, self.timeline)

    def apply_settings(self, domain: DomainSettings, transport: Transport, options: ExpositionOptions) -> bool:
        """Apply a configuration; removed hosts leave the view. Return whether the set of hosts changed."""
        before, self.domain = self.domain, domain
        self.transport, self.options = transport, options
        removed = set(_names(before)) - set(_names(domain))
        if self.view and not domain.discover:
            removed |= {host.name for host in self.view.snapshot.hosts if host.discovered}
        if self.view and removed:
            self.view = self._view_without(self.view, removed)
        return (before.hosts, before.discover, before.address_template) != (
            domain.hosts,
            domain.discover,
            domain.address_template,
        )

    def _view_without(self, view: DomainView, removed: Collection[HostName]) -> DomainView:
        snapshot = view.snapshot.without(removed)
        interval = view.counters.interval_seconds
        recorded = LastRound(self._before, self.history)
        judged = judge_again(snapshot, recorded, self.domain.thresholds, exact_to=interval)
        hosts = {name: counters for name, counters in view.counters.hosts.items() if name not in removed}
        counters = replace(view.counters, hosts=hosts)
        return replace(view, snapshot=snapshot, comparison=judged.comparison, health=judged.health, counters=counters)

    async def run_round(
        self,
        limiter: Limiter,
        interval: Seconds,
        *,
        once: bool = False,
        publish: Callable[[], None] | None = None,
        patience: Seconds = PATIENCE_SECONDS,
        deadline: Seconds | None = None,
    ) -> DomainView:
        """Run one round and publish its view; a one-shot poll (`once`) has no history.

        While a round waits for hosts that hang, `publish` is called with what the others show.
        """
        is_set = self._follow_the_clock()
        preview = partial(self._preview, interval, publish) if publish and not is_set else None
        limit = None if once else ROUND_SHARE * interval
        options = RoundOptions(self.closer_polls, preview, self.rare, patience, limit, deadline)
        domain = self.domain
        self._follow_the_configuration(domain)
        known = self._knowledge(domain)
        snapshot = await observe(domain, self.transport, self._clock, known, limiter, options)
        if removed := set(_names(domain)) - set(_names(self.domain)):
            snapshot = snapshot.without(removed)  # by a reload during the round
        thresholds = self.domain.thresholds
        if once:
            judged = judge_once(snapshot, thresholds, exact_to=interval)
        else:
            judge = partial(judge_round, exact_to=interval, clearances=await self._clearances())
            judged = await _judged(partial(judge, snapshot, self.history, thresholds), snapshot)
            if late := set(_names(domain)) - set(_names(self.domain)) - removed:  # by a reload meanwhile
                snapshot = snapshot.without(late)
                judged = judge(snapshot, self.history, self.domain.thresholds)
        self._log_dropped(snapshot, judged.history)
        self._before, self.history = self.history, judged.history
        self._known = known.after(snapshot)
        self._tally.count(snapshot, self.transport)
        counters = self._tally.counters(interval, self.domain.transport)
        if not once:
            before_round = self.timeline
            self.timeline = extended(before_round, snapshot, judged.comparison, judged.health, interval)
            self._pass_on(frozenset(before_round.events))
        view = DomainView(snapshot, judged.comparison, judged.health, counters, self.options, self.history.begun_at)
        history = None if once else self.history
        view = replace(view, timeline=self.timeline, terms=self.history.terms, history=history)
        before, self.view = self.view, view
        if not once:
            self._log_changes(before, view)
        return view

    def _log_dropped(self, snapshot: DomainSnapshot, history: History) -> None:
        """Log the discovered hosts that a round has dropped."""
        for host in history.discovered.keys() ^ self.history.discovered.keys():
            if snapshot.host(host) is None:
                _log.info("discovered_host_dropped", boks_domain=snapshot.domain, host=host)

    def _log_changes(self, before: DomainView | None, view: DomainView) -> None:
        """Log what a round has changed, and from when on evidence is recorded."""
        if before is None and self._is_first:
            _log.info("evidence_begins", boks_domain=self.domain.name, since=self.history.begun_at)
        for event, facts in changes(before, view):
            log = _log.info if facts.get("state") == "ok" else _log.warning
            log(event, boks_domain=self.domain.name, **facts)

    def _pass_on(self, known: Collection[StateChange]) -> None:
        """Pass on the changes of this round, previews included: the timeline is extended once a round."""
        for change in self.timeline.events if self.on_change else ():
            if self.on_change and change not in known:
                self.on_change(self.domain.name, change)

    def _knowledge(self, domain: DomainSettings) -> Knowledge:
        """Add which discovered hosts may be dropped, and which hosts were masters at the same time."""
        known = self.history.discovered
        now = self._clock.now()
        return replace(
            self._known,
            forgettable=not_named_for(known, known, now, domain.discovered_seconds),
            seen_beside=seen_beside(self.history.terms),
        )

    async def _preview(self, interval: Seconds, publish: Callable[[], None], read: DomainSnapshot) -> None:
        """Publish a view in which hosts that were not read yet keep their last outcome, with its own time.

        Nothing is recorded: the end of the round judges the same readings again.
        """
        if (view := self.view) is None:
            return
        snapshot = continued(view.snapshot, read)
        recorded = LastRound(self._before, self.history)
        thresholds = self.domain.thresholds
        judged = await _judged(
            partial(judge_continued, snapshot, read, recorded, thresholds, exact_to=interval), snapshot
        )
        if self.view is not view:
            return  # a reload has removed hosts meanwhile
        counters = self._tally.preview(view.counters, read)
        self.view = replace(
            view, snapshot=snapshot, comparison=judged.comparison, health=judged.health, counters=counters
        )
        publish()

    async def _clearances(self) -> Sequence[Clearance]:
        """Read what clears evidence, where there is any to clear.

        The history has the time of each entry, which moves along with a step of the clock as the evidence does: an
        entry would otherwise clear what is proven after it, once the clock has been set back.
        """
        if self.clearances is None or not (self.history.evidence or seen_beside(self.history.terms)):
            return ()
        entries = await self.clearances(self.domain.name)
        times = clearance_times(entries, self.history.clearances, self._clock.now())
        self.history = replace(self.history, clearances=times)
        return tuple(replace(entry, at=at) for entry, at in times.items())

    def overran(self) -> None:
        """Count a round that took longer than the interval."""
        self._tally.overruns += 1

    def _follow_the_configuration(self, domain: DomainSettings) -> None:
        """Record what is known of a host under the name that the configuration has for it since."""
        if domain is self._named_by:
            return
        self._named_by = domain
        found = {*recorded_hosts(self.history), *self._known.hosts}
        if names := configured_names(found, domain.hosts, self.history.addresses):
            self._before, self.history = renamed(self._before, names), renamed(self.history, names)
            self._known = self._known.renamed(names)

    def _follow_the_clock(self) -> bool:
        """Move the history by a step of the clock; a step of an hour would otherwise age every update by one.

        Return whether the clock was set: the times of the last round's readings then have no order with the next ones.
        """
        offset = self._clock.now() - self._clock.monotonic()
        step, self._clock_offset = offset - self._clock_offset, offset
        is_set = abs(step) > CLOCK_STEP_SECONDS
        if is_set:
            _log.warning("clock_was_set", boks_domain=self.domain.name, by_seconds=round(step, 3))
            self._before, self.history = self._before.shifted(step), self.history.shifted(step)
            self.timeline = self.timeline.shifted(step)
            self.rare.follow_clock(step)
            self._known = replace(self._known, master_reports=())
        return is_set


async def _judged(judge: Callable[[], Judgement], snapshot: DomainSnapshot) -> Judgement:
    """Judge a round; polls and answers of other domains go on while many hosts are judged."""
    return judge() if len(snapshot.hosts) < JUDGED_AT_ONCE else await asyncio.to_thread(judge)


def _names(domain: DomainSettings) -> Iterator[HostName]:
    return (host.name for host in domain.hosts)
