"""Rounds one after another, recorded in a timeline."""

from dataclasses import replace

from boks_exporter.exposition import DomainView
from boks_exporter.health import Thresholds, Timeline, extended, judge_round
from boks_exporter.model import DomainSnapshot
from boks_exporter.replication import History

INTERVAL = 30.0


def moved(snapshot: DomainSnapshot, by: float) -> DomainSnapshot:
    """Move a round in time; the numbers stay."""
    return replace(
        snapshot,
        started_at=snapshot.started_at + by,
        finished_at=snapshot.finished_at + by,
        outcomes=tuple(
            replace(one, started_at=one.started_at + by, finished_at=one.finished_at + by) for one in snapshot.outcomes
        ),
        master_readings=tuple(
            replace(one, started_at=one.started_at + by, finished_at=one.finished_at + by)
            for one in snapshot.master_readings
        ),
        listing=snapshot.listing and replace(snapshot.listing, read_at=snapshot.listing.read_at + by),
    )


def after(*rounds: tuple[float, DomainSnapshot], begin: Timeline | None = None, interval: float = INTERVAL) -> Timeline:
    """Record rounds at their times."""
    timeline = begin or Timeline()
    judgements = {id(snapshot): judge_round(snapshot, History(), Thresholds()) for _, snapshot in rounds}
    for at, snapshot in rounds:
        shown = moved(snapshot, at)
        judged = judgements[id(snapshot)]
        replicas = tuple(replace(one, read_at=one.read_at + at) for one in judged.comparison.replicas)
        comparison = replace(judged.comparison, replicas=replicas)
        timeline = extended(timeline, shown, comparison, judged.health, interval)
    return timeline


def with_past(view: DomainView, *rounds: tuple[float, DomainView]) -> DomainView:
    """Add a past to a view: rounds at times before it, in seconds; the last one is the view itself."""
    past = [(-before, earlier.snapshot) for before, earlier in rounds]
    timeline = after(*past, interval=3600.0)
    now = extended(timeline, view.snapshot, view.comparison, view.health, 3600.0)
    return replace(view, timeline=now)
